/* walk.h - resolve a path component by component: openat2(2) by hand.
 * SPDX-License-Identifier: Apache-2.0
 *
 * What dir.h promises, for kernels without openat2. Of use to dir.c only; these
 * functions speak errno, dir.c turns it into struct err.
 */
#ifndef BASE_WALK_H
#define BASE_WALK_H

#include "base/auto.h"

#include <stdbool.h>
#include <sys/types.h>

/* Open PATH with open(2)'s FLAGS and MODE: beneath ROOT without following any
 * link (ELOOP; leaving ROOT is EXDEV), or else in ROOT as if it were "/". -1
 * with errno. */
MUST_CHECK int walk_open(int root, const char *path, bool is_beneath, int flags,
			 mode_t mode);

/* dir_resolve_in_root with errno instead of an error. */
MUST_CHECK char *walk_resolve(int root, const char *path, bool *exists);

#endif
