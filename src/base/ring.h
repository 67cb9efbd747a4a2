/* ring.h - a bounded pipeline: one producer, several readers, fixed slots.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The producer fills slots in order; every reader sees every slot in order; a
 * slot is free again when all readers have let it go. Memory is SLOTS times
 * SLOT_BYTES, allocated once. Marks (a small integer sent instead of data)
 * let a stream be cut into messages: layer ends, end of all.
 */
#ifndef BASE_RING_H
#define BASE_RING_H

#include "base/auto.h"

#include <stdbool.h>
#include <stddef.h>

struct ring;

/* READERS is 1 to 4. */
struct ring *ring_new(unsigned slots, size_t slot_bytes, unsigned readers);
void ring_free(struct ring *r); /* after all threads have left it */
AUTO_DEFINE_PTR(ring, struct ring, ring_free)

/* Producer: wait for a free slot. NULL if the ring was cancelled. */
void *ring_slot(struct ring *r);
/* Publish the slot of the last ring_slot with LEN bytes (may be 0) and MARK;
 * 0 is the usual mark. */
void ring_push(struct ring *r, size_t len, int mark);

/* Reader I: wait for the next slot. False if the ring was cancelled. */
bool ring_next(struct ring *r, unsigned i, const void **data, size_t *len,
	       int *mark);
/* The same without waiting; false as well if there is none yet. */
bool ring_try(struct ring *r, unsigned i, const void **data, size_t *len,
	      int *mark);
/* Reader I: let the slot of the last ring_next or ring_try go. */
void ring_release(struct ring *r, unsigned i);

/* Wake everybody up and make every further wait fail. Idempotent. */
void ring_cancel(struct ring *r);

#endif
