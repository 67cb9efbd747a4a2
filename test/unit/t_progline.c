/* t_progline.c - image/progline and image/meter: lines of a width, from
 * numbers; rates; times.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/str.h"
#include "image/meter.h"
#include "image/progline.h"
#include "tap.h"

#define MIB (1ULL << 20)
#define HEX "0123456789abcdef0123456789abcdef"

// clang-format off
static const struct progline three[] = {
	{ "layer 1 of 3", HEX, NULL, 64 * MIB, 16 * MIB, 4 * MIB },
	{ "layer 2 of 3", HEX, NULL, 999 * MIB, 1, METER_UNKNOWN },
	{ "layer 3 of 3", HEX, NULL, 1000, 0, 0 },
};
static const struct progline waits[] = {
	{ "layer 1 of 3", HEX, "waiting for ch-pull 4711 on node17", 64 * MIB, 16 * MIB, 4 * MIB },
};
static const struct progline odd[] = {
	{ "registry.example.org:5000/a/very/long/name:tag", HEX, NULL, 64 * MIB, 64 * MIB, 1 },
	{ "a\nb\x1b[2J", "", NULL, 0, 5000, 1000 },
	{ "\xe5\xb1\xa4\xe5\xb1\xa4\xe5\xb1\xa4\xe5\xb1\xa4\xe5\xb1\xa4\xe5\xb1\xa4", "", NULL, 0, 0, METER_UNKNOWN },
};
static const struct progline total =
	{ "total", "", NULL, 1063 * MIB, 16 * MIB, 4 * MIB };
static const struct progline unpacking =
	{ "total", "", "unpacking", 100 * MIB, 100 * MIB, 0 };
static const struct progline looking = { "total", "", "looking", 0, 0, METER_UNKNOWN };
static const struct progline nothing = { "total", "", NULL, 0, 0, METER_UNKNOWN };

static const struct {
	const struct progline *v;
	size_t n;
	const struct progline *total;
	size_t columns, rows;
	const char *want;
} blocks[] = {
	{ three, 3, &total, 80, 24,
	  "layer 1 of 3  0123456789ab   16 MiB of  64 MiB  4.0 MiB/s  13 s left\n"
	  "layer 2 of 3  0123456789ab      1 B of 999 MiB\n"
	  "layer 3 of 3  0123456789ab      0 B of 1.0 KiB      0 B/s\n"
	  "total                        16 MiB of 1.0 GiB  4.0 MiB/s  4 min left" },
	{ three, 3, &total, 40, 24,
	  "layer 1 of 3   25%  13 s left\n"
	  "layer 2 of 3    0%\n"
	  "layer 3 of 3    0%\n"
	  "total           1%  4 min left" },
	{ three, 1, &total, 200, 24,
	  "layer 1 of 3  0123456789ab  [#######.......................]   16 MiB of  64 MiB  4.0 MiB/s  13 s left\n"
	  "total                       [..............................]   16 MiB of 1.0 GiB  4.0 MiB/s  4 min left" },
	{ three, 1, &total, 60, 24,
	  "layer 1 of 3   16 MiB of  64 MiB  13 s left\n"
	  "total          16 MiB of 1.0 GiB  4 min left" },
	{ three, 3, &total, 20, 24,
	  "layer 1 of 3   25%\n"
	  "layer 2 of 3    0%\n"
	  "layer 3 of 3    0%\n"
	  "total           1%" },
	{ three, 3, &total, 19, 24, "total    1%" },
	{ three, 3, &total, 8, 24, ".    1%" },
	{ three, 3, &total, 7, 24, "" },
	{ three, 3, &total, 40, 5,
	  "layer 1 of 3   25%  13 s left\n"
	  "layer 2 of 3    0%\n"
	  "layer 3 of 3    0%\n"
	  "total           1%  4 min left" },
	{ three, 3, &total, 40, 4,
	  "layer 1 of 3   25%  13 s left\n"
	  "and 2 more\n"
	  "total           1%  4 min left" },
	{ three, 3, &total, 40, 3,
	  "and 3 more\n"
	  "total    1%  4 min left" },
	{ three, 3, &total, 40, 2, "total    1%  4 min left" },
	{ three, 3, &total, 40, 1, "" },
	{ waits, 1, &total, 80, 24,
	  "layer 1 of 3   16 MiB of  64 MiB  waiting for ch-pull 4711 on node17\n"
	  "total          16 MiB of 1.0 GiB  4.0 MiB/s  4 min left" },
	{ waits, 1, &total, 40, 24,
	  "layer 1 of 3   25%  waiting for ch-p...\n"
	  "total           1%  4 min left" },
	{ waits, 1, &total, 24, 24,
	  "layer 1 of 3   25%\n"
	  "total           1%" },
	{ NULL, 0, &unpacking, 80, 24,
	  "total                100 MiB of 100 MiB  unpacking" },
	{ NULL, 0, &unpacking, 15, 24, "total  100%" },
	{ NULL, 0, &looking, 80, 24,
	  "total  looking" },
	{ NULL, 0, &nothing, 80, 24, "" },
	{ odd, 3, &total, 80, 24,
	  "registry.examp.../long/name:tag   64 MiB of  64 MiB\n"
	  "a\\x0ab\\x1b[2J                    4.9 KiB\n"
	  "\xe5\xb1\xa4\xe5\xb1\xa4\xe5\xb1\xa4\xe5\xb1\xa4\xe5\xb1\xa4\xe5\xb1\xa4\n"
	  "total                             16 MiB of 1.0 GiB  4 min left" },
	{ odd, 3, &total, 24, 24,
	  "regis...me:tag  100%\n"
	  "a\\x0ab\\x1b[2J\n"
	  "\xe5\xb1\xa4...\xe5\xb1\xa4\xe5\xb1\xa4\n"
	  "total             1%" },
	{ odd + 1, 1, &total, 90, 24,
	  "a\\x0ab\\x1b[2J                4.9 KiB             1.0 KiB/s\n"
	  "total                         16 MiB of 1.0 GiB  4.0 MiB/s  4 min left" },
};

static const struct { uint64_t size, received; int64_t rate, want; } lefts[] = {
	{ 100, 0, 10, 11 },
	{ 100, 100, 10, 0 },
	{ 100, 200, 10, 0 },
	{ 100, 99, 10, 1 },
	{ 100, 0, 0, -1 },
	{ 100, 0, METER_UNKNOWN, -1 },
	{ 0, 50, 10, -1 },
	{ 359000, 0, 1, 359001 },
	{ 360000, 0, 1, -1 },
	{ UINT64_MAX, 0, 1, -1 },
	{ UINT64_MAX, 0, INT64_MAX, 3 },
};

static const struct { int64_t ms; const char *want; } times[] = {
	{ 0, "0.00 s" },
	{ 4, "0.00 s" },
	{ 20, "0.02 s" },
	{ 994, "0.99 s" },
	{ 995, "1.0 s" },
	{ 2900, "2.9 s" },
	{ 9949, "9.9 s" },
	{ 9950, "10 s" },
	{ 12400, "12 s" },
	{ 59499, "59 s" },
	{ 59500, "1 min" },
	{ 3900000, "1 h 05 min" },
};

static const struct {
	struct { int64_t ms; uint64_t bytes; } v[5];
	int64_t want;
	const char *what;
} meters[] = {
	{ { { 0, 0 } }, METER_UNKNOWN, "one sample tells nothing" },
	{ { { 0, 0 }, { 200, 900 } }, METER_UNKNOWN, "nor do 200 ms" },
	{ { { 0, 0 }, { 500, 500 } }, 1000, "half a second does" },
	{ { { 0, 5000 }, { 1000, 5700 } }, 700, "what was there does not count" },
	{ { { 0, 0 }, { 500, 9000 }, { 3400, 9000 } }, 0, "a burst is forgotten" },
	{ { { 0, 0 }, { 1000, 900 }, { 2000, 100 } }, METER_UNKNOWN, "fewer: anew" },
	{ { { 0, 0 }, { 1000, 900 }, { 90000, 1000 } }, METER_UNKNOWN, "a long stop: anew" },
	{ { { 0, 0 }, { 1000, 1ULL << 62 } }, 1LL << 62, "no overflow" },
	{ { { 0, 0 }, { 500, UINT64_MAX } }, INT64_MAX, "nor here" },
};
// clang-format on

static void test_block(size_t i)
{
	AUTO(strlist) struct strlist lines = { 0 };
	autostr char *what = str_fmt("%zu lines at %zu by %zu", blocks[i].n,
				     blocks[i].columns, blocks[i].rows);
	autostr char *got = NULL;
	size_t longest = 0;

	progline_block(blocks[i].v, blocks[i].n, blocks[i].total,
		       blocks[i].columns, blocks[i].rows, &lines);
	got = strlist_join(&lines, "\n");
	is(got, blocks[i].want, what);
	for (size_t k = 0; k < lines.n; k++)
		if (strlen(lines.v[k]) > longest)
			longest = strlen(lines.v[k]);
	ok(longest < blocks[i].columns && lines.n < blocks[i].rows,
	   "... and they fit");
}

/* Whatever the size: nothing is wider or higher. */
static void test_sizes(void)
{
	bool fits = true;

	for (size_t columns = 1; columns < 260; columns++) {
		for (size_t rows = 1; rows < 7; rows++) {
			AUTO(strlist) struct strlist l = { 0 };

			progline_block(odd, 3, &unpacking, columns, rows, &l);
			progline_block(waits, 1, &unpacking, columns, 9, &l);
			fits = fits && l.n < rows + 3;
			for (size_t k = 0; k < l.n; k++)
				fits = fits && strlen(l.v[k]) < columns;
		}
	}
	ok(fits, "every size is respected");
}

static void test_meter(size_t i)
{
	struct meter m = { 0 };

	for (size_t k = 0; k < 5; k++)
		if (!k || meters[i].v[k].ms)
			meter_add(&m, meters[i].v[k].ms, meters[i].v[k].bytes);
	is_num(meter_rate(&m), meters[i].want, meters[i].what);
}

/* The window slides: 30 s at one rate, then twice that. */
static void test_window(void)
{
	struct meter m = { 0 };
	uint64_t bytes = 0;
	int64_t ms = 0;

	is_num(meter_rate(&m), METER_UNKNOWN, "an empty meter");
	for (; ms < 30000; ms += METER_STEP_MS, bytes += 200)
		meter_add(&m, ms, bytes);
	is_num(meter_rate(&m), 1000, "a steady rate");
	for (; ms < 34000; ms += METER_STEP_MS, bytes += 400)
		meter_add(&m, ms, bytes);
	is_num(meter_rate(&m), 2000, "another, after the window");
}

int main(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(blocks); i++)
		test_block(i);
	test_sizes();
	for (size_t i = 0; i < ARRAY_SIZE(lefts); i++) {
		struct progline l = { .size = lefts[i].size,
				      .received = lefts[i].received,
				      .rate = lefts[i].rate };

		is_num(progline_left(&l), lefts[i].want, "time left");
	}
	for (size_t i = 0; i < ARRAY_SIZE(times); i++) {
		autostr char *got = progline_time(times[i].ms);

		is(got, times[i].want, "a time");
	}
	for (size_t i = 0; i < ARRAY_SIZE(meters); i++)
		test_meter(i);
	test_window();
	return tap_done();
}
