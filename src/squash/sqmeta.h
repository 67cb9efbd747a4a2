/* sqmeta.h - reading on in a table of a squashfs image, from block to block.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A reader of a table stands in a block, which it has pinned, so what it gives
 * out is not copied unless it stands in two blocks.
 */
#ifndef SQUASH_SQMETA_H
#define SQUASH_SQMETA_H

#include "squash/sqread.h"

#define SQMETA_TAKE_MAX 512 /* bytes at once */

struct sqmeta {
	struct sqread *read;
	struct sqslot *slot; /* NULL: none pinned */
	uint64_t at;         /* where that block is in the image */
	size_t offset;       /* in it */
	unsigned char joined[SQMETA_TAKE_MAX];
};

/* Begin at OFFSET of the block at AT of the image. Those that are made for each
 * request are not zeroed first, so this is to be called in any case; M may be
 * cleared after a failure, too. */
MUST_CHECK int sqmeta_init(struct sqmeta *m, struct sqread *r, uint64_t at,
			   size_t offset);
/* The same for item I of a table of items of SIZE bytes, which divides
 * SQREAD_META; TABLE is where the places of its blocks are listed. */
MUST_CHECK int sqmeta_init_item(struct sqmeta *m, struct sqread *r,
				uint64_t table, uint64_t i, size_t size);
void sqmeta_clear(struct sqmeta *m);

/* The next N bytes (at most SQMETA_TAKE_MAX) at *OUT, until the next call. */
MUST_CHECK int sqmeta_take(struct sqmeta *m, size_t n,
			   const unsigned char **out);
/* As many as can be had without copying of the next N items of SIZE bytes, at
 * least one; *GOT says how many. */
MUST_CHECK int sqmeta_items(struct sqmeta *m, size_t size, uint64_t n,
			    const unsigned char **out, size_t *got);
MUST_CHECK int sqmeta_skip(struct sqmeta *m, uint64_t n);
MUST_CHECK int sqmeta_copy(struct sqmeta *m, void *buf, size_t n);

#endif
