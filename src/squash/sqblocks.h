/* sqblocks.h - where the blocks of a file of a squashfs image are.
 * SPDX-License-Identifier: Apache-2.0
 *
 * An inode lists the blocks' sizes only, so where one is must be summed up.
 * For large files the sums of each SQBLOCKS_STEP blocks are kept in the cache
 * of tables, a page of them at a time.
 */
#ifndef SQUASH_SQBLOCKS_H
#define SQUASH_SQBLOCKS_H

#include "squash/sqimage.h"
#include "squash/sqmeta.h"
#include "squash/sqnode.h"

#define SQBLOCKS_STEP 1024

/* Somebody who reads the list. */
struct sqblocks {
	struct sqmeta meta;
	uint64_t data; /* where the next block is in the image */
};

/* How many blocks the file NODE has; its tail, if in a fragment, is none. */
uint64_t sqblocks_count(const struct sqfile *f, const struct sqnode *node);
/* Begin at block I, which is one of them. Like sqmeta_init, whose clearing B
 * needs. 0, -EIO, -EFBIG (no file has so many), -ENOMEM. */
MUST_CHECK int sqblocks_init(struct sqblocks *b, struct sqfile *f,
			     const struct sqnode *node, uint64_t i);
/* The next block: where it is, and its word. */
MUST_CHECK int sqblocks_next(struct sqblocks *b, uint64_t *at, uint32_t *word);

#endif
