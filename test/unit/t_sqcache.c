/* t_sqcache.c - tests of squash/sqcache.c: what stays, what goes, who waits.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/pool.h"
#include "squash/sqcache.h"
#include "tap.h"

#include <stdatomic.h>
#include <string.h>

#define SIZE 64

/* Fills with the key; counts; odd keys from 1000 on fail. */
static atomic_int fills;

static int fill(void *ctx, uint64_t key, struct sqslot *slot)
{
	(void)ctx;
	atomic_fetch_add(&fills, 1);
	if (key > 1000 && key % 2)
		return -EIO;
	memset(slot->bytes, (int)key, SIZE);
	memcpy(slot->bytes, &key, sizeof(key));
	slot->n = SIZE;
	return 0;
}

static const struct sqcache_filler filler = { fill, NULL };

static bool is_right(const struct sqslot *s, uint64_t key)
{
	uint64_t found;

	memcpy(&found, s->bytes, sizeof(found));
	return found == key && s->n == SIZE &&
	       s->bytes[SIZE - 1] == (unsigned char)key;
}

/* Get and unpin. */
static bool look(struct sqcache *c, uint64_t key)
{
	struct sqslot *s;
	bool good;

	if (sqcache_get(c, key, &filler, &s))
		return false;
	good = is_right(s, key);
	sqcache_unpin(s);
	return good;
}

static void test_hits(void)
{
	struct sqcache *c = sqcache_new(SIZE, 8, 1);
	struct sqslot *s;

	fills = 0;
	ok(!sqcache_find(c, 1), "nothing is there");
	ok(look(c, 1) && look(c, 2) && look(c, 1), "two blocks");
	is_num(fills, 2, "are each filled once");
	s = sqcache_find(c, 2);
	ok(s && is_right(s, 2), "found");
	sqcache_unpin(s);
	is_num(sqcache_get(c, 1001, &filler, &s), -EIO, "one that fails");
	ok(!sqcache_find(c, 1001), "is not kept");
	is_num(sqcache_get(c, 1001, &filler, &s), -EIO, "and tried again");
	is_num(fills, 4, "with one more fill");
	sqcache_free(c);
	sqcache_free(NULL);
}

static void test_bound(void)
{
	struct sqcache *c = sqcache_new(SIZE, 8, 1);
	bool good = true;

	for (uint64_t key = 0; key < 100; key++)
		good = good && look(c, key) && look(c, 7777776);
	ok(good, "a hundred blocks through eight");
	fills = 0;
	ok(look(c, 7777776), "what is asked for often");
	is_num(fills, 0, "stays");
	for (uint64_t key = 0; key < 100; key++) {
		struct sqslot *s = sqcache_find(c, key);

		if (s)
			sqcache_unpin(s);
		fills += s != NULL;
	}
	is_num(fills, 7, "of the others seven are left");
	sqcache_free(c);
}

/* More than there is room for: they get it, and it goes again. */
static void test_pins(void)
{
	struct sqcache *c = sqcache_new(SIZE, 4, 1);
	struct sqslot *s[20];
	int kept = 0;
	bool good = true;

	for (uint64_t i = 0; i < 20; i++)
		good = good && !sqcache_get(c, i, &filler, &s[i]);
	for (uint64_t i = 0; i < 20; i++)
		good = good && is_right(s[i], i);
	ok(good, "twenty are pinned at once");
	for (uint64_t i = 0; i < 20; i++)
		sqcache_unpin(s[i]);
	ok(look(c, 100), "and no more");
	for (uint64_t i = 0; i <= 100; i++) {
		struct sqslot *one = sqcache_find(c, i);

		kept += one != NULL;
		if (one)
			sqcache_unpin(one);
	}
	is_num(kept, 4, "four are left");
	sqcache_free(c);
}

static int hammer(void *arg, struct err *e)
{
	struct sqcache *c = arg;
	uint64_t key = (uint64_t)(uintptr_t)&key;

	for (int i = 0; i < 20000; i++) {
		struct sqslot *s;
		int error;

		key = key * 6364136223846793005u + 1442695040888963407u;
		error = sqcache_get(c, 900 + (key >> 33) % 200, &filler, &s);
		if (error) {
			if ((key >> 33) % 200 > 100 && (key >> 33) % 2)
				continue;
			return err_set(e, ERR_SYS, "an error for a good key");
		}
		if (!is_right(s, 900 + (key >> 33) % 200))
			return err_set(e, ERR_SYS, "another block");
		sqcache_unpin(s);
	}
	return 0;
}

static void test_threads(void)
{
	struct sqcache *c = sqcache_new(SIZE, 32, 4);
	AUTO(pool) struct pool *p = pool_new();
	struct err e = { 0 };
	int rc = 0;

	for (int i = 0; i < 4 && !rc; i++)
		rc = pool_start(p, hammer, c, &e);
	if (!rc)
		rc = pool_join(p, &e);
	ok(!rc, "four threads: %s", e.msg);
	sqcache_free(c);
}

/* One fills while all others wait for it. */
struct slow {
	struct sqcache *cache;
	atomic_int waiting, filled;
	int result;
};

static int fill_slowly(void *ctx, uint64_t key, struct sqslot *slot)
{
	struct slow *s = ctx;

	/* Three are on their way: how many wait already does not matter. */
	while (atomic_load(&s->waiting) < 4)
		;
	atomic_fetch_add(&s->filled, 1);
	memset(slot->bytes, (int)key, SIZE);
	slot->n = SIZE;
	return s->result;
}

static int wait_for_it(void *arg, struct err *e)
{
	struct slow *s = arg;
	struct sqcache_filler f = { fill_slowly, s };
	struct sqslot *slot;
	int error;

	atomic_fetch_add(&s->waiting, 1);
	error = sqcache_get(s->cache, 5, &f, &slot);
	if (!error)
		sqcache_unpin(slot);
	return error == s->result ? 0 : err_set(e, ERR_SYS, "got %d", error);
}

static void test_waiting(int result, int most)
{
	struct slow s = { .cache = sqcache_new(SIZE, 8, 1), .result = result };
	AUTO(pool) struct pool *p = pool_new();
	struct err e = { 0 };
	int rc = 0;

	for (int i = 0; i < 4 && !rc; i++)
		rc = pool_start(p, wait_for_it, &s, &e);
	if (!rc)
		rc = pool_join(p, &e);
	ok(!rc, "all get %d: %s", result, e.msg);
	ok(s.filled >= 1 && s.filled <= most, "filled %d times", s.filled);
	sqcache_free(s.cache);
}

int main(void)
{
	test_hits();
	test_bound();
	test_pins();
	test_threads();
	test_waiting(0, 1);
	test_waiting(-EIO, 4);
	return tap_done();
}
