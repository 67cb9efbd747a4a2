/* treewalk.h - look at everything below a directory of the store, following
 * nothing.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef IMAGE_TREEWALK_H
#define IMAGE_TREEWALK_H

#include "base/err.h"

#include <sys/stat.h>

#define TREEWALK_DEPTH 256 /* one descriptor each */
#define TREEWALK_SKIP 1    /* from a visit: do not go into this one */

struct treewalk_entry {
	const char *path; /* from the start, with its name; for messages */
	int dir;          /* NAME is in there */
	const char *name;
	const struct stat *st; /* as lstat(2) */
};

/* Call VISIT for NAME in DIR, and if that is a directory for all below it, a
 * directory before what is in it; -1 ends the walk. What has gone meanwhile is
 * left out, a directory that can't be read is an error (ERR_SYS), deeper than
 * TREEWALK_DEPTH is ERR_LIMIT. */
MUST_CHECK int treewalk(int dir, const char *name,
			int (*visit)(void *ctx,
				     const struct treewalk_entry *entry,
				     struct err *e),
			void *ctx, struct err *e);

#endif
