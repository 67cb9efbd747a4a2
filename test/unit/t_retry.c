/* t_retry.c - the budget of tries.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "registry/retry.h"

#include "base/auto.h"

#include "tap.h"

/* With the pauses that a pull has where nothing is said. */
#define TRIES(n) ((struct retry){ .tries = (n), .pause_ms = RETRY_PAUSE_MS })

static void test_row(void)
{
	struct retry r = TRIES(3);
	int64_t now = 1000;
	int ms = retry_broke(&r, -1, now);

	ok(ms >= 375 && ms <= 625, "the first break costs a pause");
	is_num(r.hold_until, now + ms, "and all wait for it");
	is_num(retry_broke(&r, -1, now + 10), ms - 10,
	       "a break in the pause waits for its end");
	is_num(r.round, 1, "and costs no try");
	now = r.hold_until;
	ms = retry_broke(&r, -1, now);
	ok(ms >= 750 && ms <= 1250, "the next pause is longer");
	is_num(retry_broke(&r, -1, now + ms), -1, "the third break is the end");
}

static void test_refill(void)
{
	struct retry r = TRIES(2);
	int ms = retry_broke(&r, -1, 1000);

	retry_refill(&r);
	is_num(r.hold_until, 1000 + ms, "progress does not end a pause");
	ok(retry_broke(&r, -1, 1000 + ms) > 0, "but gives a new row");
	is_num(retry_broke(&r, -1, 1000000), -1, "of no more tries");
	retry_reset(&r);
	ok(r.hold_until == 0 && r.round == 0, "another host: all is new");
}

static void test_retry_after(void)
{
	struct retry r = TRIES(2);
	int ms;

	retry_broke(&r, -1, 1000);
	ms = retry_broke(&r, 7, 1001);
	ok(ms >= 7000 && ms <= 7500, "Retry-After makes a pause longer");
	is_num(r.round, 1, "it is the same trouble");
	ms = retry_broke(&r, 1, 1002);
	ok(ms >= 6999, "a shorter one does not make it shorter");
	is_num(retry_broke(&r, RETRY_AFTER_MAX_S + 1, 1003), -1,
	       "what is too long is not waited for");
	r = TRIES(1);
	is_num(retry_broke(&r, 7, 1000), -1, "one try is one");
}

static void test_pauses(void)
{
	int low = 1 << 30, high = 0;

	for (int i = 0; i < 1000; i++) {
		struct retry r = TRIES(2);
		int ms = retry_broke(&r, -1, 1000);

		low = ms < low ? ms : low;
		high = ms > high ? ms : high;
	}
	ok(low >= 375 && high <= 625 && low < high, "at random");
	for (int round = 0; round < 100; round++) {
		struct retry r = TRIES(1000);

		r.round = round;
		high = retry_broke(&r, -1, 1000);
	}
	ok(high >= 11250 && high <= 18750, "not for ever");
	for (int i = 0; i < 100; i++) {
		struct retry r = TRIES(2);
		int ms = retry_broke(&r, RETRY_AFTER_MAX_S, 1000);

		low = ms < low || i == 0 ? ms : low;
		high = ms > high || i == 0 ? ms : high;
	}
	ok(low >= 60000 && high <= 60500, "never sooner than asked for");
}

/* Each pause is twice the one before, from whatever it begins with. */
static void test_first(void)
{
	static const int firsts[] = { 1, 2, 20, RETRY_PAUSE_MS,
				      RETRY_PAUSE_MAX_MS };

	for (size_t i = 0; i < ARRAY_SIZE(firsts); i++) {
		struct retry r = { .tries = 30, .pause_ms = firsts[i] };
		int64_t now = 1000, want = firsts[i];
		bool is_right = true;

		for (int round = 1; round < 30; round++) {
			int ms = retry_broke(&r, -1, now);

			is_right &= ms >= want * 3 / 4 && ms <= want * 5 / 4;
			now = r.hold_until;
			want = want * 2 < RETRY_PAUSE_MAX_MS
				       ? want * 2
				       : RETRY_PAUSE_MAX_MS;
		}
		ok(is_right, "pauses that begin with %d ms", firsts[i]);
		r = (struct retry){ .tries = 2, .pause_ms = firsts[i] };
		now = retry_broke(&r, 1, 1000);
		ok(now >= 1000 && now < 1000 + firsts[i],
		   "and Retry-After in their place");
	}
}

int main(void)
{
	test_pauses();
	test_first();
	test_row();
	test_refill();
	test_retry_after();
	return tap_done();
}
