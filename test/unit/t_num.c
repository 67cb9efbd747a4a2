/* t_num.c - base/num: numbers, sizes and times, what they refuse.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/num.h"
#include "tap.h"

#define KIB (1ULL << 10)
#define MIB (1ULL << 20)
#define GIB (1ULL << 30)
#define TIB (1ULL << 40)

/* WANT is the error's text if there is one. */
struct parse_case {
	const char *text;
	uint64_t value;
	const char *want;
};

// clang-format off
static const struct parse_case numbers[] = {
	{ "0", 0, NULL },
	{ "7", 7, NULL },
	{ "007", 7, NULL },
	{ "100", 100, NULL },
	{ "101", 0, "w: '101' is too large, the most is 100" },
	{ "18446744073709551616", 0, "w: '18446744073709551616' is too large, the most is 100" },
	{ "99999999999999999999999", 0, "w: '99999999999999999999999' is too large, the most is 100" },
	{ "", 0, "w: not a number: ''" },
	{ "-1", 0, "w: not a number: '-1'" },
	{ "+1", 0, "w: not a number: '+1'" },
	{ " 1", 0, "w: not a number: ' 1'" },
	{ "1 ", 0, "w: not a number: '1 '" },
	{ "1\n", 0, "w: not a number: '1\\x0a'" },
	{ "0x10", 0, "w: not a number: '0x10'" },
	{ "1e3", 0, "w: not a number: '1e3'" },
	{ "1.5", 0, "w: not a number: '1.5'" },
	{ "1,000", 0, "w: not a number: '1,000'" },
	{ "x", 0, "w: not a number: 'x'" },
	{ "\xd9\xa1", 0, "w: not a number: '\xd9\xa1'" }, /* Arabic-Indic one */
};

#define NOT_SIZE(t) "w: not a size: '" t "', expected a number and perhaps K, M, G or T"
static const struct parse_case sizes[] = {
	{ "0", 0, NULL },
	{ "512", 512, NULL },
	{ "4K", 4 * KIB, NULL },
	{ "4k", 4 * KIB, NULL },
	{ "4KB", 4 * KIB, NULL },
	{ "4KiB", 4 * KIB, NULL },
	{ "4kib", 4 * KIB, NULL },
	{ "3M", 3 * MIB, NULL },
	{ "2g", 2 * GIB, NULL },
	{ "2GiB", 2 * GIB, NULL },
	{ "1T", TIB, NULL },
	{ "16777215T", 16777215 * TIB, NULL },
	{ "16777216T", 0, "w: '16777216T' is too large" },
	{ "18446744073709551615", UINT64_MAX, NULL },
	{ "18446744073709551616", 0, "w: '18446744073709551616' is too large" },
	{ "", 0, NOT_SIZE("") },
	{ "G", 0, NOT_SIZE("G") },
	{ "4 G", 0, NOT_SIZE("4 G") },
	{ "4Gi", 0, NOT_SIZE("4Gi") },
	{ "4GG", 0, NOT_SIZE("4GG") },
	{ "4.2G", 0, NOT_SIZE("4.2G") },
	{ "-4G", 0, NOT_SIZE("-4G") },
	{ "12%", 0, NOT_SIZE("12%") },
};

#define NOT_TIME(t) "w: not a time: '" t "', expected a number and perhaps s, m or h"
static const struct parse_case times[] = {
	{ "0", 0, NULL },
	{ "90", 90, NULL },
	{ "90s", 90, NULL },
	{ "5m", 300, NULL },
	{ "2h", 7200, NULL },
	{ "1d", 0, NOT_TIME("1d") },
	{ "5M", 0, NOT_TIME("5M") },
	{ "", 0, NOT_TIME("") },
	{ "s", 0, NOT_TIME("s") },
	{ "-1s", 0, NOT_TIME("-1s") },
	{ "5124095576030431h", 18446744073709551600u, NULL },
	{ "5124095576030432h", 0, "w: '5124095576030432h' is too large" },
};

static const struct {
	uint64_t bytes;
	const char *want;
} texts[] = {
	{ 0, "0 B" },
	{ 1, "1 B" },
	{ 512, "512 B" },
	{ 999, "999 B" },
	{ 1000, "1.0 KiB" },
	{ 1023, "1.0 KiB" },
	{ 1024, "1.0 KiB" },
	{ 4300, "4.2 KiB" },
	{ 10188, "9.9 KiB" },
	{ 10189, "10 KiB" },
	{ 10239, "10 KiB" },
	{ 499 * MIB, "499 MiB" },
	{ 999 * KIB, "999 KiB" },
	{ 999 * KIB + 511, "999 KiB" },
	{ 999 * KIB + 512, "1.0 MiB" },
	{ 1023 * KIB, "1.0 MiB" },
	{ MIB, "1.0 MiB" },
	{ 3 * GIB / 2, "1.5 GiB" },
	{ 17 * TIB, "17 TiB" },
	{ 5 * KIB * TIB, "5.0 PiB" },
	{ UINT64_MAX, "16 EiB" },
};

static const struct {
	uint64_t seconds;
	const char *want;
} durations[] = {
	{ 0, "0 s" },
	{ 1, "1 s" },
	{ 59, "59 s" },
	{ 60, "1 min" },
	{ 89, "1 min" },
	{ 90, "2 min" },
	{ 3569, "59 min" },
	{ 3570, "1 h 00 min" },
	{ 3900, "1 h 05 min" },
	{ 86400, "24 h 00 min" },
	{ 257369, "71 h 29 min" },
	{ 257370, "3 days" },
	{ 1000000000, "11574 days" },
	{ UINT64_MAX, "213503982334601 days" },
};
// clang-format on

static int parse_number(const char *text, const char *what, uint64_t *out,
			struct err *e)
{
	return num_parse(text, 100, what, out, e);
}

static void test_parse(const struct parse_case *cases, size_t n,
		       int (*parse)(const char *, const char *, uint64_t *,
				    struct err *))
{
	for (size_t i = 0; i < n; i++) {
		const struct parse_case *c = &cases[i];
		struct err e = { 0 };
		uint64_t got = 4711;
		int rc = parse(c->text, "w", &got, &e);

		is(rc ? e.msg : NULL, c->want, c->text);
		if (rc)
			ok(e.kind == ERR_USAGE && got == 4711,
			   "an error is ERR_USAGE and sets nothing");
		else
			ok(got == c->value, "the value of '%s'", c->text);
	}
}

int main(void)
{
	struct err e = { 0 };
	uint64_t all = 0;

	test_parse(numbers, ARRAY_SIZE(numbers), parse_number);
	test_parse(sizes, ARRAY_SIZE(sizes), num_parse_size);
	test_parse(times, ARRAY_SIZE(times), num_parse_seconds);
	ok(!num_parse("18446744073709551615", UINT64_MAX, "w", &all, &e) &&
		   all == UINT64_MAX,
	   "all of 64 bits");
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		autostr char *got = num_size_text(texts[i].bytes);

		is(got, texts[i].want, "num_size_text");
	}
	for (size_t i = 0; i < ARRAY_SIZE(durations); i++) {
		autostr char *got = num_seconds_text(durations[i].seconds);

		is(got, durations[i].want, "num_seconds_text");
	}
	return tap_done();
}
