/* sqblocks.c - where the blocks of a file of a squashfs image are.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "squash/sqblocks.h"

#include "format/bytes.h"

#define WORD_BYTES 4
#define PAGE_STEPS (SQREAD_META / sizeof(struct step))
#define PAGE_BLOCKS ((uint64_t)PAGE_STEPS * SQBLOCKS_STEP)
#define PAGE_BITS 14 /* of a key: which page; the rest is the inode's */

/* What is known of a block: its place, and that of its word. */
struct step {
	uint64_t data;
	uint64_t offset : 16;
	uint64_t block : 48;
};

/* How a page is filled: from a step that comes BEFORE blocks before it. */
struct paging {
	struct sqread *read;
	struct step from;
	uint64_t before;
	uint64_t n; /* blocks of the file from the page's first on */
};

uint64_t sqblocks_count(const struct sqfile *f, const struct sqnode *node)
{
	uint64_t size = f->read.block_size;

	return node->size / size +
	       (node->fragment == SQNODE_NONE && node->size % size);
}

static uint32_t word_bytes(uint32_t word)
{
	return word & ~SQREAD_PLAIN;
}

/* Pass over N blocks. */
static int pass(struct sqblocks *b, uint64_t n)
{
	while (n) {
		const unsigned char *p;
		size_t got;
		int error = sqmeta_items(&b->meta, WORD_BYTES, n, &p, &got);

		if (error)
			return error;
		for (size_t i = 0; i < got; i++)
			b->data += word_bytes(bytes_get32(p + i * WORD_BYTES));
		n -= got;
	}
	return 0;
}

static int start(struct sqblocks *b, struct sqread *r, const struct step *s)
{
	b->data = s->data;
	return sqmeta_init(&b->meta, r, s->block, s->offset);
}

static struct step step_of(const struct sqblocks *b)
{
	return (struct step){
		.data = b->data,
		.block = b->meta.at,
		.offset = b->meta.offset,
	};
}

static int fill_steps(struct sqblocks *b, uint64_t n, struct sqslot *slot)
{
	struct step *steps = (struct step *)(void *)slot->bytes;
	int error = 0;
	size_t i;

	for (i = 0; i < PAGE_STEPS && i * SQBLOCKS_STEP < n && !error; i++) {
		if (i)
			error = pass(b, SQBLOCKS_STEP);
		steps[i] = step_of(b);
	}
	slot->n = i * sizeof(*steps);
	return error;
}

static int fill_page(void *ctx, uint64_t key, struct sqslot *slot)
{
	const struct paging *p = ctx;
	struct sqblocks b;
	int error = start(&b, p->read, &p->from);

	(void)key;
	if (!error)
		error = pass(&b, p->before);
	if (!error)
		error = fill_steps(&b, p->n, slot);
	sqmeta_clear(&b.meta);
	return error;
}

/* The step before block I, which is behind the first of them. */
static int find_step(struct sqfile *f, const struct sqnode *node, uint64_t i,
		     struct step *out)
{
	struct paging paging = { .read = &f->read, .from = *out };
	struct sqcache_filler filler = { fill_page, &paging };
	uint64_t n = sqblocks_count(f, node);

	if (i / PAGE_BLOCKS >> PAGE_BITS)
		return -EFBIG;
	for (uint64_t page = 0; page <= i / PAGE_BLOCKS; page++) {
		bool is_last = page == i / PAGE_BLOCKS;
		size_t k = is_last ? i % PAGE_BLOCKS / SQBLOCKS_STEP
				   : PAGE_STEPS - 1;
		uint64_t key = node->ref << PAGE_BITS | page;
		const struct step *steps;
		struct sqslot *slot;
		bool is_there;
		int error;

		paging.n = n - page * PAGE_BLOCKS;
		error = sqcache_get(f->read.meta,
				    sqread_key(SQREAD_BLOCKS, key), &filler,
				    &slot);
		if (error)
			return error;
		steps = (const struct step *)(void *)slot->bytes;
		is_there = (k + 1) * sizeof(*steps) <= slot->n;
		if (is_there)
			*out = steps[k];
		sqcache_unpin(slot);
		if (!is_there) /* the file has changed since it was filled */
			return -EIO;
		paging.from = *out;
		paging.before = SQBLOCKS_STEP;
	}
	return 0;
}

int sqblocks_init(struct sqblocks *b, struct sqfile *f,
		  const struct sqnode *node, uint64_t i)
{
	struct step step = {
		.data = node->data,
		.block = node->list.block,
		.offset = node->list.offset,
	};
	int error = 0;

	b->meta.slot = NULL;
	if (i >= SQBLOCKS_STEP)
		error = find_step(f, node, i, &step);
	if (!error)
		error = start(b, &f->read, &step);
	if (!error)
		error = pass(b, i % SQBLOCKS_STEP);
	return error;
}

int sqblocks_next(struct sqblocks *b, uint64_t *at, uint32_t *word)
{
	const unsigned char *p;
	int error = sqmeta_take(&b->meta, WORD_BYTES, &p);

	if (error)
		return error;
	*at = b->data;
	*word = bytes_get32(p);
	b->data += word_bytes(*word);
	return 0;
}
