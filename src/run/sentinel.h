/* sentinel.h - a file system that tells of a container's end by its own.
 * SPDX-License-Identifier: Apache-2.0
 *
 * inotify(7) reports that a file system was unmounted, and a watch does not
 * keep it mounted. So an empty tmpfs is mounted in the container's namespace
 * and nowhere else: the kernel unmounts it with the namespace, when the last
 * process in that has ended, be it a grandchild that nobody knew.
 *
 * It lies below the root, where no path leads and /proc/self/mountinfo does
 * not look; to unmount the root over it takes a capability that the command
 * does not have, and in a namespace of its own finds locked.
 */
#ifndef RUN_SENTINEL_H
#define RUN_SENTINEL_H

#include "base/err.h"
#include "run/root.h"

/* In place of root_enter: the same with such a file system, which the inotify
 * descriptor WATCH will tell of. */
MUST_CHECK int sentinel_enter(struct root *r, int watch, struct err *e);

#endif
