/* t_sqfsdata.c - tests of layer/sqfswrite.c: content of files, in hard times.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "sqfstest.h"

#include <time.h>

/* --- contents with the same checksum */

#define P1 2654435761u
#define P2 2246822519u

static uint32_t inverse(uint32_t odd)
{
	uint32_t x = odd;

	for (int i = 0; i < 5; i++)
		x *= 2 - odd * x;
	return x;
}

static uint32_t lane(uint32_t v, uint32_t word)
{
	v += word * P2;
	return (v << 13 | v >> 19) * P1;
}

/* Content I of SIZE bytes, of which the first 32 are never the same. All have
 * the same xxh32, if SAME: the words 0 and 4 go into one lane, and what the
 * first does to it the other takes back. */
static void content_make(unsigned char *p, size_t size, uint32_t i, bool same)
{
	uint32_t v = lane(P1 + P2, i);
	uint32_t other = same ? (12345 - v) * inverse(P2) : i * P1;
	uint32_t x = 1;

	for (size_t k = 0; k < size; k++)
		p[k] = (unsigned char)((x = x * 1664525 + 1013904223) >> 24);
	memcpy(p, &i, sizeof(i));
	memcpy(p + 16, &other, sizeof(other));
}

struct copies {
	unsigned char bytes[4096];
	size_t size;
	bool is_done;
};

static int copies_data(void *ctx, const void **p, size_t *n, uint64_t *offset,
		       struct err *e)
{
	struct copies *c = ctx;

	(void)e;
	*p = c->bytes;
	*n = c->size;
	*offset = 0;
	c->is_done = !c->is_done;
	return c->is_done;
}

/* The bytes of an image with N contents of SIZE bytes, each TIMES times. */
static uint64_t contents(uint32_t n, size_t size, bool same, int times)
{
	struct sqfswrite_opts o = { "zstd", 0, 4096, 2, 0 };
	struct copies c = { .size = size };
	struct entries r = { .data = copies_data, .ctx = &c };
	struct entry x = { .name = (char *)"f", .size = size };
	struct sqfswrite_stats stats;
	struct err e = { 0 };
	uint64_t bytes = 0;
	AUTO(plant) struct plant p;
	autofd int fd = memory();

	plant_init(&p);
	AUTO(sqfswrite) struct sqfswrite *w = sqfswrite_new(fd, 0, &o, &e);

	for (int k = 0; k < times; k++)
		for (uint32_t i = 0; i < n; i++) {
			void *handle;

			content_make(c.bytes, size, i, same);
			if (sqfswrite_put(w, &x, &r, &handle, &e))
				abort();
		}
	if (sqfswrite_finish(w, p.tree, &bytes, &stats, &e))
		ok(false, "%s", e.msg);
	return bytes;
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void test_same_checksum(uint32_t n, size_t size, const char *what)
{
	double start = seconds();
	uint64_t once = contents(n, size, false, 1);
	double middle = seconds();
	uint64_t same = contents(n, size, true, 1);
	double end = seconds();

	ok(end - middle < 5 * (middle - start) + 1, "%s: %.2f s and %.2f s",
	   what, middle - start, end - middle);
	ok(same < once + once / 20 && once < same + same / 20,
	   "nearly the same size: %" PRIu64 " and %" PRIu64, once, same);
}

int main(void)
{
	AUTO(strlist) struct strlist all = { 0 };

	sqfswrite_compressors(&all);
	if (!all.n) {
		ok(true, "no squashfs in this build");
		return tap_done();
	}
	test_same_checksum(40000, 32, "ends of files with one checksum");
	test_same_checksum(3000, 4096, "blocks with one checksum");
	is_num((long long)contents(3000, 32, false, 3),
	       (long long)contents(3000, 32, false, 1), "ends are stored once");
	is_num((long long)contents(3000, 4096, false, 3),
	       (long long)contents(3000, 4096, false, 1),
	       "blocks are stored once");
	return tap_done();
}
