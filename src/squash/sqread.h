/* sqread.h - the bytes and blocks of a squashfs image, through its caches.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Places are bytes from the image's start. Nothing outside of it is read,
 * whatever they are. 0 or a negative errno value: -EIO for what is damaged, cut
 * off or outside, -ENOMEM.
 */
#ifndef SQUASH_SQREAD_H
#define SQUASH_SQREAD_H

#include "squash/sqcache.h"
#include "squash/sqcodec.h"

#define SQREAD_META 8192 /* bytes in a block of a table, when inflated */

/* What a reader of blocks needs to know of an image. */
struct sqread {
	int fd;
	uint64_t offset, size; /* where the image is in FD */
	uint32_t block_size;
	struct sqcodec *codec;
	struct sqcache *meta; /* blocks of SQREAD_META bytes */
	struct sqcache *data; /* blocks of BLOCK_SIZE bytes */
};

/* What the caches of an image hold is told apart by the two highest bits of the
 * key; the rest is a place or as its user likes. */
enum sqread_key {
	SQREAD_BLOCK,  /* of a table, inflated */
	SQREAD_PAGE,   /* of the image, as it is */
	SQREAD_BLOCKS, /* sqblocks.c's */
};
static inline uint64_t sqread_key(enum sqread_key kind, uint64_t rest)
{
	return (uint64_t)kind << 62 | rest;
}

MUST_CHECK int sqread_bytes(const struct sqread *r, uint64_t at, void *buf,
			    size_t n);

/* The block of a table at AT, pinned; its `next` is where the next one is. */
MUST_CHECK int sqread_meta(struct sqread *r, uint64_t at, struct sqslot **out);
/* Item I of the numbers (8 bytes each) that begin at AT: a table's index. */
MUST_CHECK int sqread_index(struct sqread *r, uint64_t at, uint64_t i,
			    uint64_t *out);

/* In the word that describes a block: it is not compressed. The rest says how
 * many bytes it has in the image; 0 is a hole. */
#define SQREAD_PLAIN (1u << 24)

/* A block of a file or of fragments. */
struct sqextent {
	uint64_t at;
	uint32_t n; /* bytes in the image */
	bool plain; /* not compressed */
};
/* From its word; false if it can't be. */
bool sqread_extent(const struct sqread *r, uint64_t at, uint32_t word,
		   struct sqextent *out);
/* The block X, which has exactly N bytes, to BUF. */
MUST_CHECK int sqread_block(struct sqread *r, const struct sqextent *x,
			    void *buf, size_t n);
/* The bytes from FROM on of the block X, N of them, to BUF; the block stays in
 * the cache. */
MUST_CHECK int sqread_part(struct sqread *r, const struct sqextent *x,
			   size_t from, void *buf, size_t n);

#endif
