/* t_arena.c - tests of base/arena.c.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/arena.h"

#include "tap.h"

#include <stdint.h>

#define N_THINGS 100000

/* Things of many sizes keep what was written to them. */
static void test_many(void)
{
	AUTO(arena) struct arena a = { 0 };
	static unsigned char *things[N_THINGS];
	size_t n_bad = 0;

	for (size_t i = 0; i < N_THINGS; i++) {
		things[i] = arena_take(&a, i % 300 + 1);
		n_bad += (uintptr_t)things[i] % 8 != 0;
		memset(things[i], (int)(i & 0xff), i % 300 + 1);
	}
	is_num((long long)n_bad, 0, "all are aligned");
	for (size_t i = 0; i < N_THINGS; i++)
		for (size_t k = 0; k < i % 300 + 1; k++)
			n_bad += things[i][k] != (i & 0xff);
	is_num((long long)n_bad, 0, "none touches another");
}

static void test_sizes(void)
{
	AUTO(arena) struct arena a = { 0 };
	char *empty = arena_copy(&a, NULL, 0);
	char *small = arena_copy(&a, "abc", 4);
	char *big = arena_take(&a, (size_t)5 << 20);

	ok(empty != NULL, "nothing is something");
	memset(big, 1, (size_t)5 << 20);
	is(small, "abc", "a big one beside a small one");
	arena_clear(&a);
	ok(!a.chunks && !a.room, "cleared");
	is(arena_copy(&a, "x", 2), "x", "and used again");
}

static void test_given(void)
{
	AUTO(arena) struct arena a = { 0 };
	char *x = arena_take(&a, 100);
	char *y = arena_take(&a, 20);
	char *z = arena_take(&a, 99);

	arena_give(&a, x, 100);
	arena_give(&a, y, 20);
	arena_give(&a, z, 99);
	ok(arena_take(&a, 97) == z, "one of the same size is used again");
	ok(arena_take(&a, 104) == x, "and another");
	ok(arena_take(&a, 24) == y, "and one of another size");
	char *more = arena_take(&a, 100);

	ok(more != x && more != y && more != z, "then a new one");
	size_t bytes = a.bytes;

	for (int i = 0; i < 100000; i++)
		arena_give(&a, arena_take(&a, 4000), 4000);
	ok(a.bytes == bytes, "%zu bytes, whatever comes and goes", bytes);
	arena_give(&a, arena_take(&a, 5 << 20), 5 << 20);
	ok(a.bytes >= 5 << 20, "a big one is not");
}

int main(void)
{
	test_many();
	test_sizes();
	test_given();
	return tap_done();
}
