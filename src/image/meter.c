/* meter.c - how fast a number grows, over the last seconds.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "image/meter.h"

#include <string.h>

/* The first answers arrive in bursts, which say nothing. */
#define LEAST_MS 500

void meter_add(struct meter *m, int64_t now_ms, uint64_t bytes)
{
	size_t old = 0;

	if (m->n && bytes < m->v[m->n - 1].bytes)
		m->n = 0;
	while (old < m->n && now_ms - m->v[old].ms > METER_WINDOW_MS)
		old++;
	if (!old && m->n == METER_SAMPLES)
		old = 1;
	m->n -= old;
	memmove(m->v, m->v + old, m->n * sizeof *m->v);
	m->v[m->n++] = (struct meter_sample){ .ms = now_ms, .bytes = bytes };
}

int64_t meter_rate(const struct meter *m)
{
	const struct meter_sample *last;
	double rate;
	int64_t ms;

	if (!m->n)
		return METER_UNKNOWN;
	last = &m->v[m->n - 1];
	ms = last->ms - m->v->ms;
	if (ms < LEAST_MS)
		return METER_UNKNOWN;
	rate = (double)(last->bytes - m->v->bytes) * 1000 / (double)ms;
	return rate < (double)INT64_MAX ? (int64_t)rate : INT64_MAX;
}
