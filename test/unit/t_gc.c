/* t_gc.c - what is kept: --keep as text.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "image/gc.h"
#include "image/listing.h"

#include "tap.h"

#include <string.h>

static const struct {
	const char *text;
	uint64_t bytes;
	int64_t age_s;
} good[] = {
	{ "20G", 20ULL << 30, 0 }, { "1T", 1ULL << 40, 0 },
	{ "5MiB", 5 << 20, 0 },    { "10KB", 10 << 10, 0 },
	{ "12h", 0, 12 * 3600 },   { "7d", 0, 7 * 86400 },
	{ "2w", 0, 14 * 86400 },   { "0d", 0, 0 },
};

static const char *const bad[] = {
	"",    "30",   "30m", "30k", "G",           "d",
	"-1d", "1.5d", "1y",  "d7",  "9999999999w", "99999999999T",
};

static const struct {
	int64_t seconds;
	const char *want;
} ages[] = {
	{ -5, "0 seconds" },        { 0, "0 seconds" },
	{ 59, "59 seconds" },       { 60, "1 minute" },
	{ 7199, "1 hour" },         { 7200, "2 hours" },
	{ 86400, "1 day" },         { 10 * 86400, "10 days" },
	{ 14 * 86400, "2 weeks" },  { 59 * 86400, "8 weeks" },
	{ 60 * 86400, "2 months" }, { 729 * 86400, "24 months" },
	{ 730 * 86400, "2 years" },
};

int main(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		struct gc_opts o = { 0 };
		struct err e = { 0 };

		ok(!gc_parse_keep(good[i].text, &o, &e) &&
			   o.keep_bytes == good[i].bytes &&
			   o.keep_age_s == good[i].age_s,
		   "'%s' %s", good[i].text, e.msg);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct gc_opts o = { 0 };
		struct err e = { 0 };

		ok(gc_parse_keep(bad[i], &o, &e) && e.kind == ERR_USAGE &&
			   strstr(e.msg, "expected a size"),
		   "'%s': %s", bad[i], e.msg);
	}
	for (size_t i = 0; i < ARRAY_SIZE(ages); i++) {
		autostr char *got = listing_age(ages[i].seconds);

		is(got, ages[i].want, "age");
	}
	return tap_done();
}
