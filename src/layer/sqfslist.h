/* sqfslist.h - the names in a directory of a squashfs image, one after the
 * other; part of sqfsread.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef LAYER_SQFSLIST_H
#define LAYER_SQFSLIST_H

#include "base/err.h"
#include "layer/sqfsimage.h"

#include <stdint.h>

/* Where one is in a directory. */
struct sqfslist {
	struct sqfsimage_place at;
	uint32_t left;      /* bytes */
	uint32_t in_header; /* names that the last header still covers */
	uint32_t block;     /* of their inodes */
	char last[SQFSIMAGE_NAME_MAX + 1];
};

/* Begin with those of DIR. */
void sqfslist_start(struct sqfslist *l, const struct sqfsimage_inode *dir);
/* The next one: 1, 0 at the end, -1 with E. Names are single components, other
 * than "." and "..", and ascend, so no two are the same. */
MUST_CHECK int sqfslist_next(struct sqfslist *l, struct sqfsimage *img,
			     struct sqfsimage_name *out, struct err *e);

#endif
