/* arena.h - memory for many small things that are given back all at once.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A thing costs its size and nothing more, neither when it is made nor when all
 * go. Chunks grow from 64 KiB to 2 MiB, which the kernel may back with one huge
 * page each. What is given back before is used again for things of the same
 * size. Aborts when memory is out, as mem.h. For one thread.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/auto.h"

#include <stddef.h>

struct arena {
	struct arena_chunk *chunks;
	size_t room;  /* bytes left in the first of them */
	size_t bytes; /* of all chunks */
	void **given; /* lists of what was given back, by size; may be NULL */
};

/* N bytes, aligned for anything up to 8 bytes; not zeroed. */
void *arena_take(struct arena *a, size_t n);
/* A copy of the N bytes at P. */
void *arena_copy(struct arena *a, const void *p, size_t n);
/* P, N bytes that were taken, are not used any more. */
void arena_give(struct arena *a, void *p, size_t n);
/* All is given back; the arena is empty. */
void arena_clear(struct arena *a);
AUTO_DEFINE(arena, struct arena, arena_clear)

#endif
