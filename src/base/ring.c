/* ring.c - fixed slots, two counters under one mutex, no copying.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A slot's bytes are touched outside the mutex: by the producer while its
 * number is `pushed`, by reader i while it is `read[i]`. The counters are only
 * moved inside, which orders those accesses.
 */
#include "config.h"

#include "base/ring.h"

#include "base/mem.h"

#include <assert.h>
#include <pthread.h>
#include <stdint.h>

#define READERS_MAX 4

struct slot {
	size_t len;
	int mark;
};

struct ring {
	pthread_mutex_t mutex;
	pthread_cond_t has_room; /* the producer waits here */
	pthread_cond_t has_data; /* the readers wait here */
	char *bytes;
	struct slot *slots;
	size_t slot_bytes;
	unsigned n_slots;
	unsigned n_readers;
	uint64_t pushed;            /* slots published since the start */
	uint64_t read[READERS_MAX]; /* slots let go since the start */
	unsigned n_waiting;         /* readers asleep */
	bool is_producer_waiting;
	bool is_cancelled;
};

struct ring *ring_new(unsigned slots, size_t slot_bytes, unsigned readers)
{
	assert(slots > 0 && readers > 0 && readers <= READERS_MAX);
	assert(slot_bytes <= SIZE_MAX / slots);
	struct ring *r = xcalloc(1, sizeof(*r));

	r->n_slots = slots;
	r->slot_bytes = slot_bytes;
	r->n_readers = readers;
	r->bytes = mem_huge(slots * slot_bytes);
	r->slots = xcalloc(slots, sizeof(*r->slots));
	pthread_mutex_init(&r->mutex, NULL);
	pthread_cond_init(&r->has_room, NULL);
	pthread_cond_init(&r->has_data, NULL);
	return r;
}

void ring_free(struct ring *r)
{
	pthread_cond_destroy(&r->has_data);
	pthread_cond_destroy(&r->has_room);
	pthread_mutex_destroy(&r->mutex);
	free(r->slots);
	free(r->bytes);
	free(r);
}

/* With the mutex held: the slots that all readers have let go. */
static uint64_t n_free(const struct ring *r)
{
	uint64_t most = 0;

	for (unsigned i = 0; i < r->n_readers; i++)
		if (r->pushed - r->read[i] > most)
			most = r->pushed - r->read[i];
	return r->n_slots - most;
}

void *ring_slot(struct ring *r)
{
	void *slot = NULL;

	pthread_mutex_lock(&r->mutex);
	while (!r->is_cancelled && !n_free(r)) {
		r->is_producer_waiting = true;
		pthread_cond_wait(&r->has_room, &r->mutex);
		r->is_producer_waiting = false;
	}
	if (!r->is_cancelled)
		slot = r->bytes + r->pushed % r->n_slots * r->slot_bytes;
	pthread_mutex_unlock(&r->mutex);
	return slot;
}

void ring_push(struct ring *r, size_t len, int mark)
{
	assert(len <= r->slot_bytes);
	pthread_mutex_lock(&r->mutex);
	r->slots[r->pushed % r->n_slots] = (struct slot){
		.len = len,
		.mark = mark,
	};
	r->pushed++;
	if (r->n_waiting)
		pthread_cond_broadcast(&r->has_data);
	pthread_mutex_unlock(&r->mutex);
}

/* With the mutex held: reader I's next slot, if there is one. */
static bool get(const struct ring *r, unsigned i, const void **data,
		size_t *len, int *mark)
{
	size_t at = r->read[i] % r->n_slots;

	if (r->is_cancelled || r->read[i] == r->pushed)
		return false;
	*data = r->bytes + at * r->slot_bytes;
	*len = r->slots[at].len;
	*mark = r->slots[at].mark;
	return true;
}

bool ring_next(struct ring *r, unsigned i, const void **data, size_t *len,
	       int *mark)
{
	assert(i < r->n_readers);
	pthread_mutex_lock(&r->mutex);
	while (!r->is_cancelled && r->read[i] == r->pushed) {
		r->n_waiting++;
		pthread_cond_wait(&r->has_data, &r->mutex);
		r->n_waiting--;
	}
	bool is_running = get(r, i, data, len, mark);

	pthread_mutex_unlock(&r->mutex);
	return is_running;
}

bool ring_try(struct ring *r, unsigned i, const void **data, size_t *len,
	      int *mark)
{
	assert(i < r->n_readers);
	pthread_mutex_lock(&r->mutex);
	bool is_there = get(r, i, data, len, mark);

	pthread_mutex_unlock(&r->mutex);
	return is_there;
}

/* A producer that waits is woken when a quarter is free: where the readers are
 * the slower ones, a wake for each slot would be for nothing. */
void ring_release(struct ring *r, unsigned i)
{
	pthread_mutex_lock(&r->mutex);
	assert(r->read[i] < r->pushed);
	r->read[i]++;
	if (r->is_producer_waiting && n_free(r) >= (r->n_slots + 3) / 4)
		pthread_cond_signal(&r->has_room);
	pthread_mutex_unlock(&r->mutex);
}

void ring_cancel(struct ring *r)
{
	pthread_mutex_lock(&r->mutex);
	r->is_cancelled = true;
	pthread_cond_broadcast(&r->has_room);
	pthread_cond_broadcast(&r->has_data);
	pthread_mutex_unlock(&r->mutex);
}
