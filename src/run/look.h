/* look.h - what a path is on the host and where it leads in the image.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Answers are facts for the plan and may be out of date when it is carried out:
 * every mount resolves its path again, inside the image (mnt.h). So the quick
 * way is good enough here, one system call for a component that was not seen
 * before.
 */
#ifndef RUN_LOOK_H
#define RUN_LOOK_H

#include "base/err.h"
#include "base/strlist.h"
#include "run/wants.h"

#include <stdbool.h>

/* An image being looked at. Zeroed but for fd is ready. */
struct look_image {
	int fd;               /* its directory, borrowed */
	struct strlist known; /* paths that are directories, not links */
	char *counted;        /* the directory that was counted last */
	size_t n_counted;
};

/* For struct look of wants.h. */
int look_on_host(void *ctx, const char *path, enum path_kind *kind);
char *look_real(void *ctx, const char *path);
/* CTX is a struct look_image. Fails only if something can't be read. */
int look_in_image(void *ctx, const char *path, bool in_place, struct spot *spot,
		  struct err *e);

void look_image_clear(struct look_image *l);
AUTO_DEFINE(look_image, struct look_image, look_image_clear)

#endif
