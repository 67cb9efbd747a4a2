/* num.c - text to numbers and sizes to text; strict, no locale.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/num.h"
#include "base/str.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

struct unit {
	const char *suffix;
	uint64_t factor;
};

// clang-format off
static const struct unit size_units[] = {
	{ "", 1 },
	{ "K", 1ULL << 10 }, { "KB", 1ULL << 10 }, { "KiB", 1ULL << 10 },
	{ "M", 1ULL << 20 }, { "MB", 1ULL << 20 }, { "MiB", 1ULL << 20 },
	{ "G", 1ULL << 30 }, { "GB", 1ULL << 30 }, { "GiB", 1ULL << 30 },
	{ "T", 1ULL << 40 }, { "TB", 1ULL << 40 }, { "TiB", 1ULL << 40 },
};

static const struct unit second_units[] = {
	{ "", 1 }, { "s", 1 }, { "m", 60 }, { "h", 3600 },
};
// clang-format on

/* What a number with a unit is called, and its units. */
struct scale {
	const char *noun, *suffixes;
	const struct unit *units;
	size_t n_units;
	int (*compare)(const char *, const char *);
};

static const struct scale sizes = { "size", "K, M, G or T", size_units,
				    ARRAY_SIZE(size_units), strcasecmp };
static const struct scale times = { "time", "s, m or h", second_units,
				    ARRAY_SIZE(second_units), strcmp };

static const struct unit *find_unit(const struct scale *scale,
				    const char *suffix)
{
	for (size_t i = 0; i < scale->n_units; i++)
		if (!scale->compare(scale->units[i].suffix, suffix))
			return &scale->units[i];
	return NULL;
}

/* Read the digits at *TEXT and advance behind them. False if there are none; a
 * number over UINT64_MAX sets *TOO_LARGE. */
static bool read_digits(const char **text, uint64_t *out, bool *too_large)
{
	const char *s = *text;

	*out = 0;
	*too_large = false;
	for (; *s >= '0' && *s <= '9'; s++)
		if (__builtin_mul_overflow(*out, 10, out) ||
		    __builtin_add_overflow(*out, *s - '0', out))
			*too_large = true;
	if (s == *text)
		return false;
	*text = s;
	return true;
}

static int parse_scaled(const struct scale *scale, const char *text,
			const char *what, uint64_t *out, struct err *e)
{
	const struct unit *unit = NULL;
	const char *s = text;
	bool too_large;
	uint64_t n;

	if (read_digits(&s, &n, &too_large))
		unit = find_unit(scale, s);
	if (!unit)
		return err_set(e, ERR_USAGE,
			       "%s: not a %s: '%s', expected a number and "
			       "perhaps %s",
			       what, scale->noun, text, scale->suffixes);
	if (too_large || __builtin_mul_overflow(n, unit->factor, &n))
		return err_set(e, ERR_USAGE, "%s: '%s' is too large", what,
			       text);
	*out = n;
	return 0;
}

int num_parse(const char *text, uint64_t max, const char *what, uint64_t *out,
	      struct err *e)
{
	const char *s = text;
	bool too_large;
	uint64_t n;

	if (!read_digits(&s, &n, &too_large) || *s)
		return err_set(e, ERR_USAGE, "%s: not a number: '%s'", what,
			       text);
	if (too_large || n > max)
		return err_set(e, ERR_USAGE,
			       "%s: '%s' is too large, the most is %" PRIu64,
			       what, text, max);
	*out = n;
	return 0;
}

int num_parse_size(const char *text, const char *what, uint64_t *out,
		   struct err *e)
{
	return parse_scaled(&sizes, text, what, out, e);
}

int num_parse_seconds(const char *text, const char *what, uint64_t *out,
		      struct err *e)
{
	return parse_scaled(&times, text, what, out, e);
}

/* The unit is the first in which the number, rounded, has three digits at
 * most: so 1000 bytes are "1.0 KiB" and not "1000 B". */
char *num_size_text(uint64_t bytes)
{
	static const char *const units[] = { "KiB", "MiB", "GiB",
					     "TiB", "PiB", "EiB" };
	uint64_t whole = bytes, tenths = 0;
	size_t i;

	if (bytes < 1000)
		return str_fmt("%" PRIu64 " B", bytes);
	for (i = 0; whole > 999; i++) {
		unsigned int shift = 10 * (i + 1);
		uint64_t rest = bytes & ((1ULL << shift) - 1);
		uint64_t half = 1ULL << (shift - 1);

		whole = (bytes >> shift) + (rest >= half);
		tenths = (bytes >> shift) * 10 + ((rest * 10 + half) >> shift);
	}
	if (tenths >= 100)
		return str_fmt("%" PRIu64 " %s", whole, units[i - 1]);
	return str_fmt("%" PRIu64 ".%" PRIu64 " %s", tenths / 10, tenths % 10,
		       units[i - 1]);
}

char *num_seconds_text(uint64_t seconds)
{
	uint64_t minutes = seconds / 60 + (seconds % 60 >= 30);
	uint64_t hours = minutes / 60 + (minutes % 60 >= 30);

	if (seconds < 60)
		return str_fmt("%" PRIu64 " s", seconds);
	if (minutes < 60)
		return str_fmt("%" PRIu64 " min", minutes);
	if (hours >= 72)
		return str_fmt("%" PRIu64 " days",
			       hours / 24 + (hours % 24 >= 12));
	return str_fmt("%" PRIu64 " h %02" PRIu64 " min", minutes / 60,
		       minutes % 60);
}
