/* sqfsruns.c - blocks of content to a squashfs image, each run of them once.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A file's blocks are written as they come. With the last of them it is known
 * whether the same ones, one behind the other, are there already; then they
 * are taken back. Blocks with the same checksum are found in a hash table. The
 * checksum has no key, so an image can have many that differ and have the same:
 * what is compared for one file has a limit, and beyond it the file is stored
 * again.
 */
#include "config.h"

#include "layer/sqfsruns.h"

#include "base/mem.h"
#include "base/sip.h"

#include <sqfs/block.h>
#include <string.h>

#define BITS_MIN 10
#define EQUAL_MAX 4096        /* blocks of one checksum that are looked at */
#define DIFFERENT_MAX 8       /* runs that only seemed to be the same */
#define PIECE 8192            /* bytes that are compared at once */

struct block {
	uint64_t at;
	uint32_t size; /* with the bit */
	uint32_t sum;  /* of what it is when it is not compressed */
};

struct runs {
	sqfs_block_writer_t base; /* first: what the library is given */
	struct sqfsfile *file;
	sqfs_frag_table_t *fragments;
	struct block *blocks;
	size_t n, cap;
	size_t first;    /* block of the file under way */
	uint64_t start;  /* where it is or would be */
	uint32_t *slots; /* a hash table, of 2 ** bits: index of a block + 1 */
	size_t n_slots;  /* that are taken */
	unsigned bits;
	uint64_t key;
};

static bool is_equal(const struct block *a, const struct block *b)
{
	return a->sum == b->sum && a->size == b->size;
}

static size_t mask(const struct runs *w)
{
	return ((size_t)1 << w->bits) - 1;
}

/* Where to begin to look for B. Multiply-shift hashing with an odd factor that
 * the image can't know. */
static size_t slot(const struct runs *w, const struct block *b)
{
	uint64_t h = (uint64_t)b->size << 32 | b->sum;

	return (size_t)((h * w->key) >> (64 - w->bits));
}

/* Blocks of one checksum stand in the order in which they came. */
static void enter(struct runs *w, size_t i)
{
	size_t at = slot(w, &w->blocks[i]);
	size_t n = 0;

	for (; w->slots[at]; at = (at + 1) & mask(w)) {
		n += is_equal(&w->blocks[w->slots[at] - 1], &w->blocks[i]);
		if (n == EQUAL_MAX)
			return;
	}
	w->slots[at] = (uint32_t)i + 1;
	w->n_slots++;
}

static void grow(struct runs *w)
{
	uint32_t *old = w->slots;
	size_t n = (size_t)1 << w->bits;

	if (w->n_slots < n / 2)
		return;
	w->bits++;
	w->n_slots = 0;
	w->slots = xcalloc(2 * n, sizeof(*w->slots));
	/* In order: a run of slots may go around the end of the table. */
	for (size_t i = 0; i < w->first; i++)
		enter(w, i);
	free(old);
}

/* The file's blocks stay. */
static void keep(struct runs *w)
{
	for (; w->first < w->n; w->first++) {
		grow(w);
		enter(w, w->first);
	}
}

/* Are N bytes at A and B the same? 1, 0 or a code of the library. */
static int same_bytes(struct runs *w, uint64_t a, uint64_t b, uint64_t n)
{
	unsigned char x[PIECE], y[PIECE];
	sqfs_file_t *file = &w->file->base;

	while (n) {
		size_t k = n < PIECE ? (size_t)n : PIECE;
		int code = file->read_at(file, a, x, k);

		if (!code)
			code = file->read_at(file, b, y, k);
		if (code)
			return code;
		if (memcmp(x, y, k) != 0)
			return 0;
		a += k;
		b += k;
		n -= k;
	}
	return 1;
}

/* Do the blocks from I on look like those of the file? */
static bool looks_same(const struct runs *w, size_t i)
{
	for (size_t k = 0; w->first + k < w->n; k++)
		if (!is_equal(&w->blocks[i + k], &w->blocks[w->first + k]))
			return false;
	return true;
}

static uint64_t bytes_of_file(const struct runs *w)
{
	uint64_t n = 0;

	for (size_t i = w->first; i < w->n; i++)
		n += SQFS_ON_DISK_BLOCK_SIZE(w->blocks[i].size);
	return n;
}

/* The first block of a run like the file's, *I: 1, 0 if there is none, or a
 * code of the library. */
static int find(struct runs *w, size_t *i)
{
	const struct block *b = &w->blocks[w->first];
	uint64_t bytes = bytes_of_file(w);
	unsigned n_different = 0;

	for (size_t at = slot(w, b); w->slots[at]; at = (at + 1) & mask(w)) {
		int got;

		*i = w->slots[at] - 1;
		if (!is_equal(&w->blocks[*i], b) || !looks_same(w, *i))
			continue;
		got = same_bytes(w, w->blocks[*i].at, b->at, bytes);
		if (got)
			return got;
		if (++n_different == DIFFERENT_MAX)
			return 0;
	}
	return 0;
}

/* The file is complete: *AT is where its blocks are. */
static int finish(struct runs *w, uint32_t flags, sqfs_u64 *at)
{
	size_t n = w->n - w->first;
	size_t i = 0;
	int got;

	*at = 0;
	if (!n)
		return 0;
	got = flags & SQFS_BLK_DONT_DEDUPLICATE ? 0 : find(w, &i);
	if (got < 0)
		return got;
	*at = w->blocks[got ? i : w->first].at;
	if (!got) {
		keep(w);
		return 0;
	}
	/* The run may go on in the file's own blocks. */
	w->n = i + n > w->first ? i + n : w->first;
	uint64_t end = w->start + bytes_of_file(w);

	keep(w);
	return w->file->base.truncate(&w->file->base, end);
}

static int write_block(sqfs_block_writer_t *base, void *user, sqfs_u32 size,
		       sqfs_u32 sum, sqfs_u32 flags, const sqfs_u8 *data,
		       sqfs_u64 *at)
{
	struct runs *w = (struct runs *)base;
	struct block b = { w->file->size, size, sum };
	int code = 0;

	if (!(flags & SQFS_BLK_IS_COMPRESSED))
		b.size |= SQFSFILE_PLAIN;
	if (flags & SQFS_BLK_FIRST_BLOCK) {
		w->first = w->n;
		w->start = b.at;
	}
	*at = b.at;
	if (size && !(flags & SQFS_BLK_IS_SPARSE)) {
		code = w->file->base.write_at(&w->file->base, b.at, data, size);
		if (code)
			return code;
		if (flags & SQFS_BLK_FRAGMENT_BLOCK)
			return sqfs_frag_table_set(w->fragments,
						   (sqfs_u32)(uintptr_t)user,
						   b.at, b.size);
		w->blocks = mem_grow(w->blocks, &w->cap, w->n + 1, sizeof(b));
		w->blocks[w->n++] = b;
	}
	return flags & SQFS_BLK_LAST_BLOCK ? finish(w, flags, at) : 0;
}

static sqfs_u64 count(const sqfs_block_writer_t *base)
{
	const struct runs *w = (const struct runs *)base;

	return w->n;
}

static void destroy(sqfs_object_t *base)
{
	struct runs *w = (struct runs *)base;

	free(w->blocks);
	free(w->slots);
	free(w);
}

sqfs_block_writer_t *sqfsruns_new(struct sqfsfile *file,
				  sqfs_frag_table_t *fragments)
{
	struct runs *w = xcalloc(1, sizeof(*w));

	w->base = (sqfs_block_writer_t){
		.base = { .destroy = destroy },
		.write_data_block = write_block,
		.get_block_count = count,
	};
	w->file = file;
	w->fragments = fragments;
	w->bits = BITS_MIN;
	w->slots = xcalloc((size_t)1 << BITS_MIN, sizeof(*w->slots));
	w->key = sip_key().word[0] | 1;
	return &w->base;
}
