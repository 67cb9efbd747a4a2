/* aside.h - blobs and trees of a store set aside, and what becomes of them.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef IMAGE_ASIDE_H
#define IMAGE_ASIDE_H

#include "image/inventory.h"

#include <stdbool.h>

struct aside_opts {
	int64_t now_s;
	bool now; /* remove trees that others may run where we can't see it */
};

struct aside_done {
	size_t n_blobs; /* removed */
	size_t n_trees;
	size_t n_kept; /* trees; a note said why */
	uint64_t bytes;
};

/* Move the item to the store's tmp/, under a name that leftover.h knows. Gone
 * already is success. IS_BAD: it shall not be put back even if it is needed. */
MUST_CHECK int aside_put(const struct store *s, const struct item *it,
			 bool is_bad, int64_t now_s, struct err *e);

/* Put back what a name needs. */
MUST_CHECK int aside_restore(const struct store *s, struct err *e);

/* The same, then remove the rest, but for trees that are
 * in use. Any process may do that for what any other has set aside. ERR_FORMAT
 * if the needs of an image are not known; then nothing is removed. */
MUST_CHECK int aside_settle(const struct store *s, const struct aside_opts *o,
			    struct aside_done *done, struct err *e);

#endif
