/* retry.h - how often and when a pull may ask again after something broke.
 * SPDX-License-Identifier: Apache-2.0
 *
 * One budget for all requests of a pull: manifests, tokens (http_do) and blobs
 * (fetch.c). What breaks is counted in a row, and all wait for one common
 * pause, so that a registry in trouble sees at most one request for each
 * connection and try, however many there are to be made.
 */
#ifndef REGISTRY_RETRY_H
#define REGISTRY_RETRY_H

#include <stdint.h>

#define RETRY_AFTER_MAX_S 60 /* a longer Retry-After is not waited for */
#define RETRY_PAUSE_MS 500   /* the first pause, where nothing else is said */
#define RETRY_PAUSE_MAX_MS 15000

struct retry {
	int tries;          /* in a row, the first one included */
	int pause_ms;       /* the first, 1 to RETRY_PAUSE_MAX_MS; the next ones
			     * are twice as long each, up to that */
	int round;          /* breaks in a row so far */
	int64_t hold_until; /* no request before, as clock_ms counts */
};

/* A request broke at NOW_MS; RETRY_AFTER_S as in struct http_head. Returns how
 * many milliseconds to wait from now on, or -1 when no try is left or the wait
 * would be longer than RETRY_AFTER_MAX_S. Pauses grow and are jittered, but are
 * never shorter than asked for. What breaks during the pause belongs to the
 * same trouble: it waits for the pause's end (or as long as Retry-After says)
 * and costs no try. */
int retry_broke(struct retry *r, int retry_after_s, int64_t now_ms);
/* It got on: what breaks next is a new trouble. A pause goes on. */
void retry_refill(struct retry *r);
/* All is different now (another host): a new row, and no pause. */
void retry_reset(struct retry *r);

#endif
