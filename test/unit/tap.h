/* tap.h - the Test Anything Protocol in a page: ok, is, done.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A unit test is a program that calls these and ends with `return tap_done();`.
 * Data files are found through $TEST_DATA (set by make check).
 */
#ifndef TEST_TAP_H
#define TEST_TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int tap_n, tap_bad;

__attribute__((format(printf, 2, 3), unused)) static bool
tap_ok(bool good, const char *fmt, ...)
{
	va_list ap;

	printf("%sok %d - ", good ? "" : "not ", ++tap_n);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
	tap_bad += !good;
	return good;
}

__attribute__((unused)) static bool tap_is_str(const char *got,
					       const char *want,
					       const char *what)
{
	bool same = got && want ? !strcmp(got, want) : got == want;

	if (!tap_ok(same, "%s", what))
		printf("#   got:  %s\n#   want: %s\n", got ? got : "(null)",
		       want ? want : "(null)");
	return same;
}

__attribute__((unused)) static bool tap_is_num(long long got, long long want,
					       const char *what)
{
	if (!tap_ok(got == want, "%s", what))
		printf("#   got:  %lld\n#   want: %lld\n", got, want);
	return got == want;
}

__attribute__((unused)) static void tap_skip(const char *what, const char *why)
{
	printf("ok %d - %s # SKIP %s\n", ++tap_n, what, why);
}

/* Path of a data file: $TEST_DATA/NAME; caller frees. */
__attribute__((unused)) static char *tap_data(const char *name)
{
	const char *dir = getenv("TEST_DATA");
	char *p = NULL;

	if (asprintf(&p, "%s/%s", dir ? dir : "test/data", name) < 0)
		abort();
	return p;
}

static int tap_done(void)
{
	printf("1..%d\n", tap_n);
	return tap_bad != 0;
}

#define ok(good, ...) tap_ok(good, __VA_ARGS__)
#define is(got, want, what) tap_is_str(got, want, what)
#define is_num(got, want, what) tap_is_num(got, want, what)

#endif
