/* sqfsblocks.c - the content of a file in a squashfs image, block by block.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "layer/sqfsblocks.h"

#include "base/intr.h"
#include "base/mem.h"
#include "format/bytes.h"

#include <sqfs/block.h>

#define SIZES 1024            /* of blocks, read at once */
#define TABLE_MIN 3           /* bytes of a table's block with its header */

struct sqfsblocks {
	struct sqfsimage *img;
	struct sqfsimage_inode file;
	uint8_t *raw, *plain; /* of one block each */
	/* The last block of fragments. */
	uint8_t *fragments;
	uint32_t fragment;  /* its number */
	size_t n_fragments; /* bytes; 0: none */
	/* The list of sizes: those from SIZES_AT on that were read. */
	uint32_t sizes[SIZES];
	size_t n_sizes;
	uint64_t sizes_at;
	struct sqfsimage_place next_sizes;
	/* The next block. */
	uint64_t i;
	uint64_t at;
	bool has_tail; /* the fragment is still to come */
	struct extent *extents;
	size_t n_extents, cap_extents;
	bool has_holes;
	uint64_t budget; /* of sizes in the whole image */
};

struct sqfsblocks *sqfsblocks_new(struct sqfsimage *img)
{
	struct sqfsblocks *b = xcalloc(1, sizeof(*b));
	const struct sqfshdr *h = &img->hdr;

	b->img = img;
	b->raw = xmalloc(h->block_size);
	b->plain = xmalloc(h->block_size);
	b->fragments = xmalloc(h->block_size);
	/* Lists are apart from one another: all together are not longer than
	 * the inode table can be when it is decompressed. */
	b->budget = ((h->directories_at - h->inodes_at) / TABLE_MIN + 1) *
		    (SQFSIMAGE_META / sizeof(uint32_t));
	return b;
}

void sqfsblocks_free(struct sqfsblocks *b)
{
	free(b->raw);
	free(b->plain);
	free(b->fragments);
	free(b->extents);
	free(b);
}

static void rewind_sizes(struct sqfsblocks *b)
{
	b->next_sizes = b->file.sizes;
	b->sizes_at = 0;
	b->n_sizes = 0;
}

/* The size of block I, which is the one behind the last that was asked for, or
 * the first after rewind_sizes. */
static int size_of(struct sqfsblocks *b, uint64_t i, uint32_t *size,
		   struct err *e)
{
	sqfs_meta_reader_t *m = b->img->blocks;

	if (i - b->sizes_at >= b->n_sizes) {
		uint64_t left = b->file.n_blocks - i;

		b->sizes_at = i;
		b->n_sizes = left < SIZES ? (size_t)left : SIZES;
		if (intr_check(e) ||
		    sqfsimage_seek(b->img, m, b->next_sizes, e) ||
		    sqfsimage_get(b->img, m, b->sizes,
				  b->n_sizes * sizeof(*b->sizes), e))
			return -1;
		b->next_sizes = sqfsimage_tell(m);
	}
	*size = bytes_get32(&b->sizes[i - b->sizes_at]);
	return 0;
}

/* Bytes of the file in block I. */
static size_t bytes_in(const struct sqfsblocks *b, uint64_t i)
{
	uint32_t block = b->img->hdr.block_size;
	uint64_t left = b->file.size - i * block;

	return left < block ? (size_t)left : block;
}

static void add_extent(struct sqfsblocks *b, uint64_t at, uint64_t n)
{
	struct extent *last =
		b->n_extents ? &b->extents[b->n_extents - 1] : NULL;

	if (last && b->n_extents == ENTRY_EXTENTS_MAX) {
		last->n = b->file.size - last->at;
		return;
	}
	if (last && last->at + last->n == at) {
		last->n += n;
		return;
	}
	b->extents = mem_grow(b->extents, &b->cap_extents, b->n_extents + 1,
			      sizeof(*b->extents));
	b->extents[b->n_extents++] = (struct extent){ at, n };
}

/* The blocks are where blocks can be; which of them are there? */
static int scan(struct sqfsblocks *b, struct err *e)
{
	uint64_t end = b->img->hdr.inodes_at;
	uint64_t at = b->file.start;
	uint32_t block = b->img->hdr.block_size;
	uint32_t size;

	if (b->file.n_blocks > b->budget)
		return sqfsimage_bad(e,
				     "a file of %llu blocks, which it can't "
				     "have",
				     (unsigned long long)b->file.n_blocks);
	b->budget -= b->file.n_blocks;
	for (uint64_t i = 0; i < b->file.n_blocks; i++) {
		uint32_t n;

		if (size_of(b, i, &size, e))
			return -1;
		n = SQFS_ON_DISK_BLOCK_SIZE(size);
		if (size >= 2 * SQFSFILE_PLAIN || n > block ||
		    (n && (at > end || n > end - at)))
			return sqfsimage_bad(e, "a block outside of it");
		at += n;
		if (n)
			add_extent(b, i * block, bytes_in(b, i));
		else
			b->has_holes = true;
	}
	return 0;
}

int sqfsblocks_open(struct sqfsblocks *b, const struct sqfsimage_inode *i,
		    struct err *e)
{
	uint32_t block = b->img->hdr.block_size;

	b->file = *i;
	b->n_extents = 0;
	b->has_holes = false;
	b->has_tail = i->n_blocks * block < i->size;
	b->i = 0;
	b->at = i->start;
	rewind_sizes(b);
	if (scan(b, e))
		return -1;
	if (b->has_tail)
		add_extent(b, i->n_blocks * block, i->size % block);
	/* A list that was read at once need not be read again. */
	if (i->n_blocks > SIZES)
		rewind_sizes(b);
	return 0;
}

bool sqfsblocks_extents(const struct sqfsblocks *b, const struct extent **v,
			size_t *n)
{
	*v = b->has_holes ? b->extents : NULL;
	*n = b->has_holes ? b->n_extents : 0;
	return b->has_holes;
}

/* Entry I of the table of fragments, whose blocks are listed at its end. */
static int find_fragment(struct sqfsblocks *b, uint32_t i, uint64_t *at,
			 uint32_t *size, struct err *e)
{
	struct sqfsimage *img = b->img;
	struct sqfsimage_place place = {
		.offset = i % SQFSIMAGE_IN_BLOCK * 16,
	};
	unsigned char raw[16];

	if (i >= img->hdr.n_fragments)
		return sqfsimage_bad(e, "fragment %u of %u", i,
				     img->hdr.n_fragments);
	if (sqfsimage_u64(img,
			  img->hdr.fragments_at + i / SQFSIMAGE_IN_BLOCK * 8,
			  &place.block, e) ||
	    sqfsimage_seek(img, img->fragments, place, e) ||
	    sqfsimage_get(img, img->fragments, raw, sizeof(raw), e))
		return -1;
	*at = bytes_get64(raw);
	*size = bytes_get32(raw + 8);
	return 0;
}

static int load_fragments(struct sqfsblocks *b, uint32_t i, struct err *e)
{
	uint64_t at = 0;
	uint32_t size = 0;

	if (b->n_fragments && b->fragment == i)
		return 0;
	b->n_fragments = 0;
	b->fragment = i;
	if (find_fragment(b, i, &at, &size, e))
		return -1;
	return sqfsimage_block(b->img, at, size, b->raw, b->fragments,
			       b->img->hdr.block_size, &b->n_fragments, e);
}

static int tail(struct sqfsblocks *b, const void **p, size_t *n,
		uint64_t *offset, struct err *e)
{
	uint32_t block = b->img->hdr.block_size;
	size_t from = b->file.fragment_offset;

	b->has_tail = false;
	*n = (size_t)(b->file.size % block);
	*offset = b->file.n_blocks * block;
	if (load_fragments(b, b->file.fragment, e))
		return -1;
	if (from > b->n_fragments || *n > b->n_fragments - from)
		return sqfsimage_bad(e, "the end of a file is outside of its "
					"fragment");
	*p = b->fragments + from;
	return 1;
}

int sqfsblocks_next(struct sqfsblocks *b, const void **p, size_t *n,
		    uint64_t *offset, struct err *e)
{
	uint32_t size = 0;
	uint64_t i;
	size_t want;

	do {
		if (b->i == b->file.n_blocks)
			return b->has_tail ? tail(b, p, n, offset, e) : 0;
		i = b->i++;
		if (size_of(b, i, &size, e))
			return -1;
	} while (SQFS_IS_SPARSE_BLOCK(size));
	want = bytes_in(b, i);
	if (sqfsimage_block(b->img, b->at, size, b->raw, b->plain, want, n, e))
		return -1;
	if (*n != want)
		return sqfsimage_bad(e,
				     "expected a block of %zu bytes, found "
				     "%zu",
				     want, *n);
	b->at += SQFS_ON_DISK_BLOCK_SIZE(size);
	*p = b->plain;
	*offset = i * b->img->hdr.block_size;
	return 1;
}
