/* sqcache.h - blocks that are kept while there is room, for many threads.
 * SPDX-License-Identifier: Apache-2.0
 *
 * All have the same size. What is looked at is pinned and not copied; a block
 * that one thread is about to fill is waited for by the others, so none is
 * filled twice. The least lately used goes first (CLOCK). Memory is bounded by
 * the number of blocks or, if that is more, by how many are pinned at once.
 */
#ifndef SQUASH_SQCACHE_H
#define SQUASH_SQCACHE_H

#include "base/auto.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sqcache;

struct sqslot {
	unsigned char *bytes;
	size_t n;      /* how many there are */
	uint64_t next; /* for who fills it */

	/* sqcache.c's */
	uint64_t key;
	struct sqslot *chain; /* others of that hash */
	atomic_uint pins;
	int error;
	bool filling, used, hashed;
};

/* Fill SLOT, whose bytes have room for a block, with what KEY stands for: 0 or
 * a negative errno value, which all that wait get; the block is then forgotten.
 * Called without a lock held, so it may use the cache for other keys. */
struct sqcache_filler {
	int (*fill)(void *ctx, uint64_t key, struct sqslot *slot);
	void *ctx;
};

/* For N blocks of SIZE bytes; SHARDS, a power of two, have locks of their own.
 */
struct sqcache *sqcache_new(size_t size, size_t n, unsigned shards);
/* When nothing is pinned any more. NULL is fine. */
void sqcache_free(struct sqcache *c);

/* The block of KEY, pinned, filled if it isn't there. 0 or -ENOMEM or what
 * filling returned. */
MUST_CHECK int sqcache_get(struct sqcache *c, uint64_t key,
			   const struct sqcache_filler *filler,
			   struct sqslot **out);
/* The same, but NULL if it isn't there. */
struct sqslot *sqcache_find(struct sqcache *c, uint64_t key);

/* The end of a pin. */
static inline void sqcache_unpin(struct sqslot *s)
{
	atomic_fetch_sub_explicit(&s->pins, 1, memory_order_release);
}

#endif
