/* arena.c - chunks in a list, the one being filled in front.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/arena.h"

#include "base/mem.h"

#include <stdint.h>
#include <string.h>

#define FIRST_BYTES ((size_t)64 << 10)

#define UNIT 8 /* sizes are rounded up to it */
/* Things up to so many units are used again: a name and a symlink's target. */
#define GIVEN_UNITS 576

struct arena_chunk {
	struct arena_chunk *next;
	size_t size; /* of all, this header included */
};

static void add_chunk(struct arena *a, size_t n)
{
	size_t last = a->chunks ? a->chunks->size : FIRST_BYTES / 2;
	size_t size = last < MEM_HUGE ? last * 2 : MEM_HUGE;
	struct arena_chunk *c;

	if (n > SIZE_MAX / 2)
		mem_fail("an arena's chunk");
	if (size < n + sizeof(*c))
		size = n + sizeof(*c);
	c = mem_huge(size);
	*c = (struct arena_chunk){ .next = a->chunks, .size = size };
	a->chunks = c;
	a->room = size - sizeof(*c);
	a->bytes += size;
}

static size_t round_up(size_t n)
{
	return n ? (n + UNIT - 1) & ~(size_t)(UNIT - 1) : UNIT;
}

/* The list of things of N bytes; NULL: there is none. */
static void **given(const struct arena *a, size_t n)
{
	return a->given && n / UNIT < GIVEN_UNITS ? &a->given[n / UNIT] : NULL;
}

void *arena_take(struct arena *a, size_t n)
{
	n = round_up(n);
	void **list = given(a, n);

	if (list && *list) {
		void *p = *list;

		*list = *(void **)p;
		return p;
	}
	if (!a->chunks || n > a->room)
		add_chunk(a, n);
	char *p = (char *)a->chunks + a->chunks->size - a->room;

	a->room -= n;
	return p;
}

void *arena_copy(struct arena *a, const void *p, size_t n)
{
	void *to = arena_take(a, n);

	if (n)
		memcpy(to, p, n);
	return to;
}

void arena_give(struct arena *a, void *p, size_t n)
{
	n = round_up(n);
	if (!a->given)
		a->given = xcalloc(GIVEN_UNITS, sizeof(*a->given));
	void **list = given(a, n);

	if (!list)
		return;
	*(void **)p = *list;
	*list = p;
}

void arena_clear(struct arena *a)
{
	struct arena_chunk *next;

	for (struct arena_chunk *c = a->chunks; c; c = next) {
		next = c->next;
		free(c);
	}
	free(a->given);
	*a = (struct arena){ 0 };
}
