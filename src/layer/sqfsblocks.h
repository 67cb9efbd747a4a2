/* sqfsblocks.h - the content of a file in a squashfs image, block by block;
 * part of sqfsread.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef LAYER_SQFSBLOCKS_H
#define LAYER_SQFSBLOCKS_H

#include "base/err.h"
#include "layer/entry.h"
#include "layer/sqfsimage.h"

#include <stdbool.h>
#include <stdint.h>

struct sqfsblocks;

/* For files of IMG, which must live as long. */
struct sqfsblocks *sqfsblocks_new(struct sqfsimage *img);
void sqfsblocks_free(struct sqfsblocks *b);
AUTO_DEFINE_PTR(sqfsblocks, struct sqfsblocks, sqfsblocks_free)

/* Begin with the file I. Its list of blocks is gone through once: they all lie
 * in the image, and it is known whether there are holes. */
MUST_CHECK int sqfsblocks_open(struct sqfsblocks *b,
			       const struct sqfsimage_inode *i, struct err *e);
/* If there are: the extents between them, B's until the next file. */
bool sqfsblocks_extents(const struct sqfsblocks *b, const struct extent **v,
			size_t *n);
/* The next piece of content, as entries.data in entry.h. */
MUST_CHECK int sqfsblocks_next(struct sqfsblocks *b, const void **p, size_t *n,
			       uint64_t *offset, struct err *e);

#endif
