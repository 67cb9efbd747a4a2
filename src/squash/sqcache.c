/* sqcache.c - blocks that are kept while there is room, for many threads.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A pin is taken under its shard's lock and given back without one: who has the
 * lock and sees none may take the block for another key.
 */
#include "config.h"

#include "squash/sqcache.h"

#include "base/mem.h"

#include <pthread.h>

/* On cache lines of its own, so that two shards don't share one. */
struct shard {
	_Alignas(64) pthread_mutex_t lock;
	pthread_cond_t filled;
	struct sqslot **heads; /* by hash */
	struct sqslot **slots; /* N of them, CAP may be */
	size_t n, max, hand, cap;
	unsigned n_waiting;
};

struct sqcache {
	size_t size;
	unsigned n_shards;
	size_t mask; /* of heads */
	struct shard *shards;
};

static uint64_t hash(uint64_t key)
{
	key *= UINT64_C(0x9e3779b97f4a7c15);
	key ^= key >> 32;
	key *= UINT64_C(0xd6e8feb86659fd93);
	return key ^ key >> 32;
}

struct sqcache *sqcache_new(size_t size, size_t n, unsigned shards)
{
	struct sqcache *c = xcalloc(1, sizeof(*c));
	void *p = NULL;

	c->size = size;
	c->n_shards = shards;
	while (c->mask + 1 < n / shards)
		c->mask = c->mask * 2 + 1;
	if (posix_memalign(&p, 64, shards * sizeof(*c->shards)))
		mem_fail("squashfs cache");
	c->shards = p;
	for (unsigned i = 0; i < shards; i++) {
		struct shard *s = &c->shards[i];

		*s = (struct shard){ .max = n / shards ? n / shards : 1 };
		s->heads = xcalloc(c->mask + 1, sizeof(struct sqslot *));
		pthread_mutex_init(&s->lock, NULL);
		pthread_cond_init(&s->filled, NULL);
	}
	return c;
}

static void slot_free(struct sqslot *s)
{
	free(s->bytes);
	free(s);
}

void sqcache_free(struct sqcache *c)
{
	if (!c)
		return;
	for (unsigned i = 0; i < c->n_shards; i++) {
		struct shard *s = &c->shards[i];

		for (size_t k = 0; k < s->n; k++)
			slot_free(s->slots[k]);
		free(s->slots);
		free(s->heads);
		pthread_cond_destroy(&s->filled);
		pthread_mutex_destroy(&s->lock);
	}
	free(c->shards);
	free(c);
}

/* The head of KEY's chain, and its shard. */
static struct sqslot **head_of(const struct sqcache *c, uint64_t key,
			       struct shard **shard)
{
	uint64_t h = hash(key);

	*shard = &c->shards[h & (c->n_shards - 1)];
	return &(*shard)->heads[h >> 32 & c->mask];
}

static void unhash(const struct sqcache *c, struct sqslot *slot)
{
	struct shard *shard;
	struct sqslot **p = head_of(c, slot->key, &shard);

	while (*p != slot)
		p = &(*p)->chain;
	*p = slot->chain;
	slot->hashed = false;
}

/* The hand goes round: who was used since it last came by gets another round.
 * NULL if all are pinned. */
static struct sqslot *victim(struct shard *s)
{
	for (size_t i = 0; i < 2 * s->n; i++) {
		struct sqslot *slot;

		s->hand = s->hand + 1 < s->n ? s->hand + 1 : 0;
		slot = s->slots[s->hand];
		if (atomic_load_explicit(&slot->pins, memory_order_acquire))
			continue;
		if (!slot->used)
			return slot;
		slot->used = false;
	}
	return NULL;
}

static struct sqslot *slot_new(struct shard *s, size_t size)
{
	struct sqslot *slot = calloc(1, sizeof(*slot));
	struct sqslot **slots = s->slots;

	if (slot && s->n == s->cap) {
		size_t cap = s->cap ? s->cap * 2 : 8;

		slots = realloc(slots, cap * sizeof(struct sqslot *));
		if (slots) {
			s->slots = slots;
			s->cap = cap;
		}
	}
	if (slot)
		slot->bytes = malloc(size);
	if (!slot || !slots || !slot->bytes) {
		if (slot)
			slot_free(slot);
		return NULL;
	}
	s->slots[s->n++] = slot;
	return slot;
}

/* While there are too many, because all were pinned for a time, one goes. */
static void shrink(const struct sqcache *c, struct shard *s)
{
	struct sqslot *slot = victim(s);

	if (!slot)
		return;
	if (slot->hashed)
		unhash(c, slot);
	s->slots[s->hand] = s->slots[--s->n];
	slot_free(slot);
}

/* A slot for KEY, pinned and in its chain, to be filled; NULL: no memory. */
static struct sqslot *claim(const struct sqcache *c, struct shard *s,
			    struct sqslot **head, uint64_t key)
{
	struct sqslot *slot = NULL;

	while (s->n > s->max) {
		size_t before = s->n;

		shrink(c, s);
		if (s->n == before)
			break;
	}
	if (s->n >= s->max)
		slot = victim(s);
	if (!slot)
		slot = slot_new(s, c->size);
	if (!slot)
		return NULL;
	if (slot->hashed)
		unhash(c, slot);
	slot->key = key;
	slot->n = 0;
	slot->error = 0;
	slot->filling = true;
	slot->hashed = true;
	slot->chain = *head;
	*head = slot;
	atomic_store_explicit(&slot->pins, 1, memory_order_relaxed);
	return slot;
}

/* Pin SLOT, which may be in the hands of another thread. */
static int join(struct shard *s, struct sqslot *slot)
{
	atomic_fetch_add_explicit(&slot->pins, 1, memory_order_relaxed);
	slot->used = true;
	while (slot->filling) {
		s->n_waiting++;
		pthread_cond_wait(&s->filled, &s->lock);
		s->n_waiting--;
	}
	return slot->error;
}

static int fill(const struct sqcache *c, struct shard *s, struct sqslot *slot,
		const struct sqcache_filler *filler)
{
	int error = filler->fill(filler->ctx, slot->key, slot);

	pthread_mutex_lock(&s->lock);
	slot->filling = false;
	slot->error = error;
	slot->used = !error;
	if (error)
		unhash(c, slot);
	if (s->n_waiting)
		pthread_cond_broadcast(&s->filled);
	pthread_mutex_unlock(&s->lock);
	return error;
}

static struct sqslot *look(struct sqslot *slot, uint64_t key)
{
	while (slot && slot->key != key)
		slot = slot->chain;
	return slot;
}

int sqcache_get(struct sqcache *c, uint64_t key,
		const struct sqcache_filler *filler, struct sqslot **out)
{
	struct shard *s;
	struct sqslot **head = head_of(c, key, &s);
	struct sqslot *slot;
	bool is_new = false;
	int error = 0;

	pthread_mutex_lock(&s->lock);
	slot = look(*head, key);
	if (slot) {
		error = join(s, slot);
	} else {
		slot = claim(c, s, head, key);
		is_new = slot;
	}
	pthread_mutex_unlock(&s->lock);
	if (!slot)
		return -ENOMEM;
	if (is_new)
		error = fill(c, s, slot, filler);
	if (error) {
		sqcache_unpin(slot);
		return error;
	}
	*out = slot;
	return 0;
}

struct sqslot *sqcache_find(struct sqcache *c, uint64_t key)
{
	struct shard *s;
	struct sqslot **head = head_of(c, key, &s);
	struct sqslot *slot;
	int error = 0;

	pthread_mutex_lock(&s->lock);
	slot = look(*head, key);
	if (slot)
		error = join(s, slot);
	pthread_mutex_unlock(&s->lock);
	if (!error)
		return slot;
	sqcache_unpin(slot);
	return NULL;
}
