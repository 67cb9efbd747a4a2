/* pull.h - an image from a registry, or from files, to the store, or straight
 * to a directory. SPDX-License-Identifier: Apache-2.0
 */
#ifndef IMAGE_PULL_H
#define IMAGE_PULL_H

#include "base/err.h"
#include "registry/client.h"

#include <stdbool.h>

struct pull_opts {
	const char *store;    /* path or NULL: the default */
	const char *platform; /* "linux/arm/v7"; NULL: this machine */
	int parallel;         /* downloads at once */
	bool force;           /* replace DEST if it is an image */
	const char *as_name;  /* what an image from files is called in the
			       * store; NULL: what it says itself */
	bool no_store;        /* with DEST, keep nothing of what is in files */
	struct client_opts client;
};

/* Pull REF into the store; it is named there only when all its blobs are
 * verified and there. With DEST flatten it there while it arrives, in one pass,
 * keeping nothing in the store. Either way, blobs that the store has are not
 * fetched again. REF may also name an image in files (name_is_files, carry.h).
 */
MUST_CHECK int pull(const char *ref, const char *dest,
		    const struct pull_opts *o, struct err *e);

#endif
