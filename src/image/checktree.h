/* checktree.h - what may be wrong inside a tree of the store: check.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef IMAGE_CHECKTREE_H
#define IMAGE_CHECKTREE_H

#include "base/err.h"

#include <stdbool.h>
#include <sys/stat.h>

/* FOUND is told of each finding; PATH begins with NAME. IS_SHARED: other owners
 * are to be expected. */
struct checktree {
	bool repair;
	bool is_shared;
	void (*found)(void *ctx, const char *path, const char *what,
		      bool is_repaired);
	void *ctx;
};

/* Look at NAME in DIR and all below it. */
MUST_CHECK int checktree(const struct checktree *c, int dir, const char *name,
			 struct err *e);
/* Give NAME in DIR, which was seen as ST, the mode MODE; follows no link. */
bool checktree_set_mode(int dir, const char *name, const struct stat *st,
			mode_t mode);

#endif
