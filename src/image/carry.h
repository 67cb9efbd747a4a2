/* carry.h - ch-pull without a network: what import.h reads, named in the store
 * or unpacked.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef IMAGE_CARRY_H
#define IMAGE_CARRY_H

#include "base/err.h"
#include "image/progress.h"

#include <stdbool.h>

struct carry_opts {
	const char *store;    /* path or NULL: the default */
	const char *platform; /* for an index; NULL: this machine */
	const char *as_name;  /* what the image is called in the store; NULL:
			       * what it says itself */
	bool force;           /* replace DEST if it is an image */
	bool no_store;        /* with DEST, keep nothing in the store */
	struct progress *progress; /* told the end, too, once for each image */
};

/* TEXT names images in files (name_is_files). Without DEST all of them come
 * into the store under their names, or one under O's as_name. With DEST there
 * must be one, which is unpacked there (or written, if it is a SIF file); it is
 * in the store, too, unless O says no_store. ERR_USAGE if a name is needed. On
 * failure DEST is not there, and the store has no new name. */
MUST_CHECK int carry(const char *text, const char *dest,
		     const struct carry_opts *o, struct err *e);

#endif
