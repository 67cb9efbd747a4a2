/* mountname.h - which mount is a path on, in words for the user.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Asked inside the container, where the host's mounts are gone: the image's own
 * is found again by what the kernel tells of it (/proc/PID/mountinfo, proc(5)).
 */
#ifndef RUN_MOUNTNAME_H
#define RUN_MOUNTNAME_H

#include "base/auto.h"

/* The mount point, as TEXT, a mountinfo file, has it, of the mount that PATH is
 * on: absolute, clean, without symbolic links. If that mount shows a part of
 * the image, whose path on the host is IMAGE, or NULL, it is the mount point on
 * the host that IMAGE lies below. NULL if no mount fits. Pure. Caller frees. */
char *mountname_find(const char *text, const char *path, const char *image);
/* The same for PATH as it is; NULL also where there is no /proc. */
char *mountname(const char *path, const char *image);

#endif
