/* stores.h - where images are looked for: the user's own store, then those that
 * the site publishes and that are only read.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The own one comes first: who has pulled a newer image under the same name
 * wants to run that. Nothing is ever written to the others.
 */
#ifndef IMAGE_STORES_H
#define IMAGE_STORES_H

#include "image/store.h"

#define STORES_MAX 16

struct stores {
	struct store v[STORES_MAX]; /* v[0] is the own one, its fd -1 if there
				     * is none yet */
	size_t n;                   /* at least 1 when open */
};

/* Open the own store PATH (NULL: the default) and READONLY, directories with
 * ':' between them or NULL. One of READONLY that does not exist is a warning;
 * one that all can write to, or that is no store, an error. WRITE: the own one
 * is made if missing (store_open_write); otherwise it may be missing. On
 * failure nothing is open. */
MUST_CHECK int stores_open(struct stores *s, const char *path,
			   const char *readonly, bool write, struct err *e);
void stores_close(struct stores *s);
AUTO_DEFINE(stores, struct stores, stores_close)

/* As store_find, in all of them; *STORE (borrowed) is where OUT is. If none has
 * it for WANT the error is the own one's, or the first that has it for another
 * platform. */
MUST_CHECK int stores_find(const struct stores *s, const struct ref *ref,
			   const struct platform *want, struct descriptor *out,
			   const struct store **store, struct err *e);
/* As store_tree, in all of them. */
char *stores_tree(const struct stores *s, const struct digest *digest);
/* The first that has the blob (size right, sum not computed), or NULL. */
const struct store *stores_blob(const struct stores *s, const struct digest *d,
				uint64_t size);

#endif
