/* retry.c - how often and when a pull may ask again after something broke.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "registry/retry.h"

#include <sys/random.h>

/* Before the next try, at random within a quarter. Without randomness the pause
 * is merely less random. */
static int pause_ms(const struct retry *r, int retry_after_s, int64_t now_ms)
{
	unsigned dice = 0;
	int ms = r->pause_ms;

	for (int i = 1; i < r->round && ms < RETRY_PAUSE_MAX_MS; i++)
		ms *= 2;
	if (ms > RETRY_PAUSE_MAX_MS)
		ms = RETRY_PAUSE_MAX_MS;
	if (getrandom(&dice, sizeof(dice), GRND_NONBLOCK) < 0)
		dice = (unsigned)now_ms;
	if (retry_after_s < 0)
		return ms * 3 / 4 + (int)(dice % (unsigned)(ms / 2 + 1));
	return retry_after_s * 1000 + (int)(dice % (unsigned)r->pause_ms);
}

int retry_broke(struct retry *r, int retry_after_s, int64_t now_ms)
{
	int64_t until;

	if (retry_after_s > RETRY_AFTER_MAX_S)
		return -1;
	if (now_ms >= r->hold_until && ++r->round >= r->tries)
		return -1;
	if (now_ms >= r->hold_until || retry_after_s >= 0) {
		until = now_ms + pause_ms(r, retry_after_s, now_ms);
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
