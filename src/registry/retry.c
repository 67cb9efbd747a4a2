/* retry.c - how often and when a pull may ask again after something broke.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "registry/retry.h"

#include <sys/random.h>

#define PAUSE_FIRST_MS 500
#define PAUSE_MAX_MS 15000

/* Before try ROUND + 1 (ROUND from 1), at random within a quarter. Without
 * randomness the pause is merely less random. */
static int pause_ms(int round, int retry_after_s, int64_t now_ms)
{
	unsigned dice = 0;
	int ms = PAUSE_MAX_MS;

	if (round < 6)
		ms = PAUSE_FIRST_MS << (round - 1);
	if (getrandom(&dice, sizeof(dice), GRND_NONBLOCK) < 0)
		dice = (unsigned)now_ms;
	if (retry_after_s < 0)
		return ms * 3 / 4 + (int)(dice % (unsigned)(ms / 2));
	return retry_after_s * 1000 + (int)(dice % PAUSE_FIRST_MS);
}

int retry_broke(struct retry *r, int retry_after_s, int64_t now_ms)
{
	int64_t until;

	if (retry_after_s > RETRY_AFTER_MAX_S)
		return -1;
	if (now_ms >= r->hold_until && ++r->round >= r->tries)
		return -1;
	if (now_ms >= r->hold_until || retry_after_s >= 0) {
		until = now_ms + pause_ms(r->round ? r->round : 1,
					  retry_after_s, now_ms);
		if (until > r->hold_until)
			r->hold_until = until;
	}
	return (int)(r->hold_until - now_ms);
}

void retry_refill(struct retry *r)
{
	r->round = 0;
}

void retry_reset(struct retry *r)
{
	r->round = 0;
	r->hold_until = 0;
}
