/* meter.h - how fast a number grows, over the last seconds.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A window instead of a decaying average: what stands still for as long as the
 * window shows a rate of nothing, and an early burst is forgotten.
 */
#ifndef IMAGE_METER_H
#define IMAGE_METER_H

#include <stddef.h>
#include <stdint.h>

#define METER_WINDOW_MS 3000
#define METER_STEP_MS 200 /* how often it is meant to be asked */
#define METER_SAMPLES (METER_WINDOW_MS / METER_STEP_MS + 1)
#define METER_UNKNOWN (-1)

struct meter { /* zeroed to begin with */
	struct meter_sample {
		int64_t ms;
		uint64_t bytes;
	} v[METER_SAMPLES];
	size_t n;
};

/* BYTES are there at NOW_MS, of any clock that does not go back. Fewer than
 * before begin anew, as does a gap longer than the window: we were stopped. */
void meter_add(struct meter *m, int64_t now_ms, uint64_t bytes);
/* Bytes a second; METER_UNKNOWN while there is too little to tell from. */
int64_t meter_rate(const struct meter *m);

#endif
