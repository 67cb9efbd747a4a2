/* t_parts.c - the pieces of a blob: who gets which, what is summed up when.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "registry/parts.h"

#include "tap.h"

#include <sys/mman.h>

#define TEXT "0123456789abcdefghijklmnopqrstuvwxyz"
#define SIZE (sizeof(TEXT) - 1)

static const struct parts_plan plan = { .piece = 10, .fast_rate = UINT64_MAX };

static uint64_t told, told_all;

static void on_progress(void *ctx, uint64_t prefix, uint64_t received)
{
	(void)ctx;
	told = prefix;
	told_all = received;
}

static struct fetch_item item_of(uint64_t have)
{
	struct fetch_item item = { .size = SIZE,
				   .have = have,
				   .fd = memfd_create("blob", MFD_CLOEXEC),
				   .name = "blob",
				   .progress = on_progress };
	char hex[HASH_HEX_MAX];
	ssize_t n = pwrite(item.fd, TEXT, have < SIZE ? have : SIZE, 0);

	if (n < 0)
		abort();
	hash_buffer(HASH_SHA256, TEXT, SIZE, hex);
	digest_set(&item.digest, HASH_SHA256, hex);
	return item;
}

/* N bytes arrive for C. */
static void arrive(struct parts *p, struct piece *c, size_t n)
{
	struct err e = { 0 };

	if (parts_write(p, c, &TEXT[c->at], n, &e))
		ok(false, "%s", e.msg);
}

static void sum(struct parts *p)
{
	struct err e = { 0 };

	if (parts_sum(p, &e))
		ok(false, "%s", e.msg);
}

static void test_stream(void)
{
	struct fetch_item item = item_of(0);
	struct parts p = { 0 };
	struct err e = { 0 };
	struct piece *c;

	is_num(parts_begin(&p, &item, &e), 0, "begin");
	c = parts_front(&p, &plan);
	ok(c && c->from == 0 && c->to == SIZE, "one stream gets all");
	ok(!parts_front(&p, &plan), "once");
	arrive(&p, c, SIZE);
	ok(!parts_lags(&p) && !parts_complete(&p), "summed up, not ended");
	parts_release(&p, c);
	ok(parts_complete(&p), "ended");
	is_num(parts_verify(&p, &e), 0, "and right");
	ok(told == SIZE && told_all == SIZE, "which is told");
	parts_clear(&p);
	close(item.fd);
}

static void test_split(void)
{
	struct fetch_item item = item_of(0);
	struct parts p = { 0 };
	struct err e = { 0 };
	struct piece *a, *b, *c, *d;

	is_num(parts_begin(&p, &item, &e), 0, "begin");
	a = parts_front(&p, &plan);
	ok(!parts_more(&p, &plan, 3, 1), "nothing has come: no split");
	arrive(&p, a, 2);
	b = parts_more(&p, &plan, 3, p.since_ms);
	ok(b && a->to == 12 && b->from == 12 && b->to == 22, "a split");
	c = parts_more(&p, &plan, 3, p.since_ms);
	ok(c && c->from == 22 && c->to == 32, "one more");
	ok(!parts_more(&p, &plan, 3, p.since_ms), "but not four of three");
	arrive(&p, b, 10);
	parts_release(&p, b);
	ok(!parts_lags(&p) && parts_prefix(&p) == 2, "out of order: no sum");
	ok(!parts_more(&p, &plan, 3, p.since_ms), "not further ahead");
	arrive(&p, a, 10);
	is_num((long long)parts_prefix(&p), 22, "the gap is closed");
	parts_tell(&p);
	ok(told == 12 && told_all == 22, "what is not summed is not told");
	parts_release(&p, a);
	ok(parts_lags(&p), "the sum lags behind");
	arrive(&p, c, 1);
	sum(&p);
	ok(p.summed == 23 && !parts_lags(&p), "and comes after");
	d = parts_more(&p, &plan, 3, p.since_ms);
	ok(d && d->from == 32 && d->to == SIZE, "the last");
	arrive(&p, d, 4);
	arrive(&p, c, 9);
	parts_release(&p, c);
	ok(!parts_complete(&p), "one is still taken");
	parts_release(&p, d);
	sum(&p);
	ok(parts_complete(&p) && !parts_verify(&p, &e), "all is right");
	parts_clear(&p);
	close(item.fd);
}

static void test_join(void)
{
	struct fetch_item item = item_of(0);
	struct parts p = { 0 };
	struct err e = { 0 };
	struct piece *a, *b;

	is_num(parts_begin(&p, &item, &e), 0, "begin");
	a = parts_front(&p, &plan);
	arrive(&p, a, 2);
	b = parts_more(&p, &plan, 3, p.since_ms);
	arrive(&p, b, 3);
	parts_release(&p, b);
	ok(!parts_is_sole(&p, a), "two pieces");
	parts_join(&p);
	ok(parts_is_sole(&p, a) && a->to == SIZE, "one stream again");
	is_num((long long)p.received, 2, "what was ahead is forgotten");
	ok(!parts_more(&p, &plan, 3, p.since_ms), "and no split any more");
	parts_restart(&p);
	ok(a->at == 0 && !p.summed && !parts_more(&p, &plan, 3, p.since_ms),
	   "from the start");
	arrive(&p, a, SIZE);
	parts_release(&p, a);
	ok(parts_complete(&p) && !parts_verify(&p, &e), "all is right");
	parts_clear(&p);
	close(item.fd);
}

static void test_have(void)
{
	struct fetch_item item = item_of(7);
	struct parts p = { 0 };
	struct err e = { 0 };
	struct piece *a;

	told = 0;
	is_num(parts_begin(&p, &item, &e), 0, "begin");
	is_num((long long)told, 7, "what is had is told at once");
	ok(parts_lags(&p), "it is to be summed up");
	a = parts_front(&p, &plan);
	is_num((long long)a->at, 7, "the rest is asked for");
	arrive(&p, a, 3);
	sum(&p);
	arrive(&p, a, SIZE - 10);
	parts_release(&p, a);
	ok(parts_complete(&p) && !parts_verify(&p, &e), "all is right");
	parts_clear(&p);
	close(item.fd);
}

static void test_worth(void)
{
	struct fetch_item item = { .size = 1 << 30, .fd = -1 };
	struct parts_plan def = PARTS_PLAN_DEFAULT;
	// clang-format off
	static const struct {
		uint64_t at, arrived;
		int64_t ms;
		bool worth;
	} rows[] = {
		{ 1 << 20, 1 << 20, 499, false }, /* too early */
		{ 1 << 20, 1 << 20, 500, true },
		{ 100 << 20, 100 << 20, 1000, false }, /* fast enough */
		{ 60 << 20, 60 << 20, 1000, true },
		{ (1 << 30) - (33 << 20), 60 << 20, 1000, false }, /* soon */
		{ (1 << 30) - (33 << 20), 60 << 20, 6000, true },
		{ (1 << 30) - (32 << 20), 1, 60000, false }, /* two pieces */
	};
	// clang-format on

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct parts p = { 0 };
		struct err e = { 0 };

		is_num(parts_begin(&p, &item, &e), 0, "begin");
		parts_front(&p, &def);
		p.since_ms = 1000;
		p.first->at = rows[i].at;
		p.arrived = rows[i].arrived;
		ok(!parts_more(&p, &def, 4, 1000 + rows[i].ms) ==
			   !rows[i].worth,
		   "worth a split: row %zu", i);
		parts_clear(&p);
	}
}

static void test_etag(void)
{
	struct parts p = { 0 };

	ok(parts_same(&p, NULL, 0) && parts_same(&p, "\"a\"", 5), "the first");
	ok(parts_same(&p, "\"a\"", 9) && parts_same(&p, NULL, 9), "the same");
	ok(parts_same(&p, "W/\"b\"", 9), "a weak one says nothing");
	ok(parts_same(&p, "\"b\"", 0), "from the start: a new one");
	ok(!parts_same(&p, "\"a\"", 1), "another");
	ok(parts_same(&p, "\"c\"", 1), "that happens once");
	parts_clear(&p);
}

int main(void)
{
	test_stream();
	test_split();
	test_join();
	test_have();
	test_worth();
	test_etag();
	return tap_done();
}
