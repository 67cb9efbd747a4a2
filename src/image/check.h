/* check.h - is a store what it should be, and what can be put right?
 * SPDX-License-Identifier: Apache-2.0
 *
 *	each blob is what its name says
 *	each name's documents, configuration and layers are there
 *	each tree has its record, of the manifest that it is named after
 *	nothing is there that is unknown
 *	nothing in a tree is set-user-ID, a device or somebody else's, and its
 *	directories can be read, written and searched by their owner
 */
#ifndef IMAGE_CHECK_H
#define IMAGE_CHECK_H

#include "base/str.h"
#include "image/store.h"

#include <stdint.h>

struct check_opts {
	int64_t now_s;
	bool quick;  /* no sums, and trees only by their record */
	bool repair; /* remove bad blobs and trees and the names that lack
		      * something, put modes right; the unknown stays */
};

struct check_result {
	struct str lines; /* one for each finding, harmless for a terminal */
	size_t n_found;
	size_t n_repaired; /* of those */
	size_t n_images, n_blobs, n_trees;
};

/* ERR_SYS, ERR_FORMAT if the store can't be read at all. The caller clears
 * OUT->lines in any case. */
MUST_CHECK int check(const struct store *s, const struct check_opts *o,
		     struct check_result *out, struct err *e);

#endif
