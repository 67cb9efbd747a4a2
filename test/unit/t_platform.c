/* t_platform.c - platform names and which image suits which machine.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/strlist.h"
#include "format/platform.h"

#include "lines.h"

static void test_parse(void)
{
	struct lines l = { 0 };

	while (lines_next(&l, "platform/parse.txt")) {
		struct platform p = { 0 };
		struct err e = { 0 };
		int rc = platform_parse(lines_field(&l, 0), &p, &e);
		autostr char *text = platform_text(&p);

		is(rc ? e.msg : text, lines_field(&l, 1), lines_title(&l));
		is(lines_kind(&e), rc ? "usage" : "none", "kind");
	}
}

static void test_machine(void)
{
	struct lines l = { 0 };

	while (lines_next(&l, "platform/machine.txt")) {
		struct platform p;
		autostr char *text = NULL;

		platform_of_machine(lines_field(&l, 0), &p);
		text = platform_text(&p);
		is(text, lines_field(&l, 1), lines_title(&l));
	}
}

static int score(const char *want, const char *have)
{
	struct platform w = { 0 }, h = { 0 };
	struct err e = { 0 };

	if (platform_parse(want, &w, &e) || platform_parse(have, &h, &e))
		ok(false, "%s", e.msg);
	return platform_score(&w, &h);
}

/* One line: the wanted platform, what suits it, best first, and what does
 * not. */
static void test_score(void)
{
	struct lines l = { 0 };

	while (lines_next(&l, "platform/score.txt")) {
		AUTO(strlist) struct strlist good = { 0 };
		AUTO(strlist) struct strlist bad = { 0 };
		const char *want = lines_field(&l, 0);
		int last = 1 << 30;

		strlist_split(&good, lines_field(&l, 1), ' ', false);
		strlist_split(&bad, lines_field(&l, 2), ' ', false);
		for (size_t i = 0; i < good.n; i++) {
			int s = score(want, good.v[i]);

			ok(s > 0 && s < last, "%s: %s is number %zu", want,
			   good.v[i], i + 1);
			last = s;
		}
		for (size_t i = 0; i < bad.n; i++)
			ok(!score(want, bad.v[i]), "%s: not %s", want,
			   bad.v[i]);
	}
}

static void test_set(void)
{
	static const struct {
		const char *os, *arch, *variant;
		const char *want;
	} cases[] = {
		{ "linux", "amd64", NULL, "linux/amd64" },
		{ "linux", "x86_64", "", "linux/amd64" },
		{ "linux", "arm64", "8", "linux/arm64/v8" },
		{ "linux", "armv7l", NULL, "linux/arm/v7" },
		{ "linux", "armhf", "v6", "linux/arm/v6" },
		{ NULL, NULL, NULL, "unknown/unknown" },
		{ "linux", "a123456789b123456789c123456789d", "v12345678901234",
		  "platform 'linux/a123456789b123456789c123456789d/"
		  "v12345678901234': name is too long" },
		{ "linux", "a123456789b123456789c123456789d1", NULL,
		  "platform 'linux/a123456789b123456789c123456789d1/': name "
		  "is too long" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct platform p = { 0 };
		struct err e = { 0 };
		int rc = platform_set(&p, cases[i].os, cases[i].arch,
				      cases[i].variant, &e);
		autostr char *text = platform_text(&p);

		is(rc ? e.msg : text, cases[i].want, "from a document");
		is(lines_kind(&e), rc ? "format" : "none", "kind");
	}
}

int main(void)
{
	test_parse();
	test_machine();
	test_score();
	test_set();
	return tap_done();
}
