/* target.h - an image that is to be written: where, and how.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef IMAGE_TARGET_H
#define IMAGE_TARGET_H

#include "image/dest.h"
#include "image/name.h"
#include "image/pack.h"

struct watch;

struct target {
	struct name name;
	struct dest dest; /* of a directory or a file, else DEST_INIT */
	struct pack pack;
	const char *store;               /* path or NULL: the default */
	const struct platform *platform; /* of images that do not say theirs */
	int tmpdir; /* for what must be put aside; borrowed */
	struct watch *watch; /* told of blobs that are copied (watch.h) */
};

#endif
