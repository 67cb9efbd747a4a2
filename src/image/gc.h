/* gc.h - free what no name in the store needs.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Safe while others pull, run, or collect: a blob or tree is first set aside
 * (leftover.h), then the names are read again, and what one of them needs by
 * now goes back. So a pull that finds, after it has named its image, that all
 * of its blobs are there, will keep them; what it does not find it fetches.
 * While something is on its way into the store, blobs are left alone. A tree
 * that runs is set aside as well, which does not disturb those in it, and stays
 * there until nobody uses it.
 */
#ifndef IMAGE_GC_H
#define IMAGE_GC_H

#include "base/str.h"
#include "image/catalog.h"

#include <stdbool.h>

struct gc_opts {
	int64_t now_s;       /* the time */
	uint64_t keep_bytes; /* the newest unneeded things up to that size */
	int64_t keep_age_s;  /* those younger than that */
	bool dry_run;        /* only list */
	bool now;            /* do not wait for other hosts */
	const struct digest *only; /* of all those, or NULL: everything */
	size_t n_only;
	const struct catalog *others; /* trees of their images stay; or NULL */
};

struct gc_done { /* in a dry run: would be */
	size_t n_blobs;
	size_t n_trees;
	size_t n_partial;
	size_t n_kept; /* trees that stay for now; a line said why */
	uint64_t bytes;
	bool is_busy; /* so blobs were left alone */
};

/* "20G" or "7d" (h, d and w) to the fields of O. ERR_USAGE. */
MUST_CHECK int gc_parse_keep(const char *text, struct gc_opts *o,
			     struct err *e);

/* LIST gets a line for each thing in a dry run. ERR_FORMAT: an image is damaged
 * so that nobody knows what it needs; nothing is removed then. */
MUST_CHECK int gc(const struct store *s, const struct gc_opts *o,
		  struct gc_done *done, struct str *list, struct err *e);

#endif
