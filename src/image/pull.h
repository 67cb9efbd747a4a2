/* pull.h - an image from a registry, or from files that were carried here, to
 * the store and to a directory.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef IMAGE_PULL_H
#define IMAGE_PULL_H

#include "base/err.h"
#include "image/progress.h"
#include "registry/client.h"

#include <stdbool.h>

struct pull_opts {
	const char *store;    /* path or NULL: the default */
	const char *readonly; /* stores that are only read, ':' between; NULL */
	const char *platform; /* "linux/arm/v7"; NULL: this machine */
	const char *as_name;  /* of what comes from files; NULL: as it says
			       * itself */
	int parallel;         /* downloads at once */
	bool force;           /* replace DEST if it is an image */
	bool no_store;        /* with DEST: keep nothing in the store */
	bool offline;         /* use what the stores have, ask nobody */
	bool is_part;         /* more is to come, so this is not the end */
	/* Set if DEST is for a SIF file and the image, which is in the store
	 * now, is none: DEST was not written, and more is to come. NULL: such a
	 * DEST is refused. */
	bool *is_left;
	struct client_opts client;
};

/* Pull TEXT (the grammar of name.h: a reference, or oci:, oci-archive:,
 * docker-archive:) into the store; it is named there only when all its blobs
 * are verified and there. With DEST also flatten it there while it arrives, in
 * one pass; a SIF file is copied there. Blobs that a store has are not fetched
 * again, an image that is unchanged costs one request, and one that somebody
 * else is pulling now is waited for. On failure the store has what it had
 * before, and what can be gone on with. P is told how far it is, and the
 * end. */
MUST_CHECK int pull(const char *text, const char *dest,
		    const struct pull_opts *o, struct progress *p,
		    struct err *e);

/* The digest that reference TEXT has now; with `offline` what it had when it
 * was pulled. */
MUST_CHECK int pull_digest(const char *text, const struct pull_opts *o,
			   struct digest *out, struct err *e);

#endif
