/* retry.c - how often and when a pull may ask again after something broke.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "registry/retry.h"

#include "registry/http.h"

int retry_broke(struct retry *r, int retry_after_s, int64_t now_ms)
{
	int64_t until;

	if (now_ms >= r->hold_until && ++r->round >= r->tries)
		return -1;
	if (now_ms >= r->hold_until || retry_after_s >= 0) {
		until = now_ms +
			http_pause_ms(r->round ? r->round : 1, retry_after_s);
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
