/* sqfstails.c - ends of files packed into blocks, each content once.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The sum of N bytes: each piece of 1 KiB becomes 128 bits by NH (Black et al.,
 * "UMAC", 1999), and those are coefficients of a polynomial that begins with N,
 * whose value modulo 2^61 - 1 at a secret place is taken. All that twice, under
 * other keys. Two contents of 1 MiB have the same sum with a probability of
 * less than (2^-64 + 3073 / 2^61)^2, which is 2^-98, whatever they are.
 */
#include "config.h"

#include "layer/sqfstails.h"

#include "base/mem.h"
#include "base/sip.h"

#include <sqfs/block.h>
#include <string.h>

#define PRIME ((UINT64_C(1) << 61) - 1)
#define PIECE 1024
#define WORDS (PIECE / sizeof(uint64_t))
#define PART 56 /* bits of a coefficient */
#define BITS_MIN 10

struct sum {
	uint64_t a, b;
};

struct tail {
	struct sum sum;
	uint32_t index; /* of its block + 1; 0: free */
	uint32_t offset;
};

struct sqfstails {
	sqfs_block_processor_t *data;
	sqfs_frag_table_t *table;
	struct sum key;
	uint64_t nh[WORDS + 2]; /* the second NH's begins with the third */
	struct tail *tails;     /* a hash table, of 2 ** bits */
	size_t n_tails;
	unsigned bits;
	uint32_t index; /* of the block under way */
	size_t n;       /* bytes in it */
	size_t size;    /* of a block */
	unsigned char block[];
};

struct sqfstails *sqfstails_new(size_t block, sqfs_block_processor_t *data,
				sqfs_frag_table_t *table)
{
	struct sqfstails *t = xcalloc(1, sizeof(*t) + block);
	struct sip_key key = sip_key();

	t->data = data;
	t->table = table;
	t->size = block;
	t->bits = BITS_MIN;
	t->tails = xcalloc((size_t)1 << BITS_MIN, sizeof(*t->tails));
	t->key = (struct sum){ key.word[0] & PRIME, key.word[1] & PRIME };
	for (size_t i = 0; i < ARRAY_SIZE(t->nh); i++)
		t->nh[i] = sip_sum(&key, i, NULL, 0);
	return t;
}

void sqfstails_free(struct sqfstails *t)
{
	free(t->tails);
	free(t);
}

/* A * K + WORD modulo PRIME, not quite reduced: less than 2^62, as A may be. */
static uint64_t step(uint64_t a, uint64_t k, uint64_t word)
{
	__uint128_t m = (__uint128_t)a * k;
	uint64_t r = ((uint64_t)m & PRIME) + (uint64_t)(m >> 61) + word;

	return (r & PRIME) + (r >> 61);
}

static uint64_t steps(uint64_t a, uint64_t k, __uint128_t x)
{
	const uint64_t mask = (UINT64_C(1) << PART) - 1;

	a = step(a, k, (uint64_t)x & mask);
	a = step(a, k, (uint64_t)(x >> PART) & mask);
	return step(a, k, (uint64_t)(x >> 2 * PART));
}

/* Up to WORDS words at P, an even number. */
static void add_piece(const struct sqfstails *t, struct sum *s,
		      const unsigned char *p, size_t words)
{
	const uint64_t *key = t->nh;
	__uint128_t a = 0;
	__uint128_t b = 0;
	uint64_t m[2];

	for (size_t i = 0; i < words; i += 2, key += 2, p += sizeof(m)) {
		memcpy(m, p, sizeof(m));
		a += (__uint128_t)(m[0] + key[0]) * (m[1] + key[1]);
		b += (__uint128_t)(m[0] + key[2]) * (m[1] + key[3]);
	}
	s->a = steps(s->a, t->key.a, a);
	s->b = steps(s->b, t->key.b, b);
}

/* Whoever is filled up with zeros is told from others by the length. */
static struct sum sum_of(const struct sqfstails *t, const unsigned char *p,
			 size_t n)
{
	struct sum s = { n, n };
	unsigned char last[PIECE] = { 0 };

	for (; n >= PIECE; n -= PIECE, p += PIECE)
		add_piece(t, &s, p, WORDS);
	memcpy(last, p, n);
	add_piece(t, &s, last, (n + 15) / 16 * 2);
	s.a %= PRIME;
	s.b %= PRIME;
	return s;
}

/* Where a tail with this sum is, or may be put. */
static struct tail *find(const struct sqfstails *t, struct sum s)
{
	size_t mask = ((size_t)1 << t->bits) - 1;
	size_t i = (size_t)s.a & mask;

	while (t->tails[i].index &&
	       (t->tails[i].sum.a != s.a || t->tails[i].sum.b != s.b))
		i = (i + 1) & mask;
	return &t->tails[i];
}

static void grow(struct sqfstails *t)
{
	struct tail *old = t->tails;
	size_t n = (size_t)1 << t->bits;

	if (t->n_tails < n / 4 * 3)
		return;
	t->bits++;
	t->tails = xcalloc(2 * n, sizeof(*t->tails));
	for (size_t i = 0; i < n; i++)
		if (old[i].index)
			*find(t, old[i].sum) = old[i];
	free(old);
}

int sqfstails_end(struct sqfstails *t)
{
	size_t n = t->n;

	t->n = 0;
	if (!n)
		return 0;
	return sqfs_block_processor_submit_block(
		t->data, (void *)(uintptr_t)t->index, SQFS_BLK_FRAGMENT_BLOCK,
		t->block, n);
}

int sqfstails_put(struct sqfstails *t, const void *p, size_t n, uint32_t *index,
		  uint32_t *offset)
{
	struct sum s = sum_of(t, p, n);
	struct tail *found;
	int code = 0;

	grow(t);
	found = find(t, s);
	if (!found->index) {
		if (n > t->size - t->n)
			code = sqfstails_end(t);
		if (!code && !t->n)
			code = sqfs_frag_table_append(t->table, 0, 0,
						      &t->index);
		if (code)
			return code;
		*found = (struct tail){ s, t->index + 1, (uint32_t)t->n };
		memcpy(t->block + t->n, p, n);
		t->n += n;
		t->n_tails++;
	}
	*index = found->index - 1;
	*offset = found->offset;
	return 0;
}
