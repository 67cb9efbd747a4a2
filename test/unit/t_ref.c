/* t_ref.c - image references: accepted, refused, and what is repeated.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/mem.h"
#include "format/ref.h"

#include "lines.h"

/* NAME, a form that we made, must be read as the same reference. */
static void again(const char *name, const char *want)
{
	AUTO(ref) struct ref r = { 0 };
	struct err e = { 0 };
	autostr char *got = NULL;

	if (ref_parse(name, &r, &e)) {
		is(e.msg, "", name);
		return;
	}
	got = ref_name(&r);
	is(got, want, "read again, it is the same");
}

static void test_good(void)
{
	struct lines l = { 0 };

	while (lines_next(&l, "ref/good.txt")) {
		AUTO(ref) struct ref r = { 0 };
		struct err e = { 0 };
		autostr char *name = NULL;
		autostr char *brief = NULL;

		if (ref_parse(lines_field(&l, 0), &r, &e)) {
			is(e.msg, "", lines_title(&l));
			continue;
		}
		name = ref_name(&r);
		brief = ref_short(&r);
		is(name, lines_field(&l, 1), lines_title(&l));
		is(brief, lines_field(&l, 2), "short name");
		again(name, name);
		again(brief, name);
	}
}

static void test_bad(void)
{
	struct lines l = { 0 };

	while (lines_next(&l, "ref/bad.txt")) {
		AUTO(ref) struct ref r = { 0 };
		struct err e = { 0 };
		int rc = ref_parse(lines_field(&l, 0), &r, &e);

		is(rc ? e.msg : "accepted", lines_field(&l, 1),
		   lines_title(&l));
		ok(e.kind == ERR_USAGE && !r.host && !r.repo && !r.tag &&
			   !strstr(e.msg, "secret"),
		   "usage, nothing left, no secret");
	}
}

static void test_host(void)
{
	struct lines l = { 0 };

	while (lines_next(&l, "ref/host.txt")) {
		struct err e = { 0 };
		autostr char *host = ref_read_host(lines_field(&l, 0), &e);
		bool rc = !host;

		is(rc ? e.msg : "", lines_field(&l, 1), lines_title(&l));
		is(lines_kind(&e), rc ? "usage" : "none", "kind");
	}
}

static void test_want(void)
{
	static const struct {
		const char *text;
		const char *want;
		bool host_given;
	} cases[] = {
		{ "alpine", "latest", false },
		{ "me/alpine:3", "3", false },
		{ "docker.io/alpine:3", "3", true },
		{ "localhost/a:3@sha256:"
		  "00000000000000000000000000000000"
		  "00000000000000000000000000000000",
		  "sha256:"
		  "00000000000000000000000000000000"
		  "00000000000000000000000000000000",
		  true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO(ref) struct ref r = { 0 };
		struct err e = { 0 };

		ok(!ref_parse(cases[i].text, &r, &e), "%s", cases[i].text);
		is(ref_want(&r), cases[i].want, "what is asked for");
		ok(r.host_given == cases[i].host_given, "host given or not");
	}
}

/* Names are file names in the store: different references, different names. */
static void test_injective(void)
{
	static const char *const names[] = {
		"a/b",       "a__b",     "a--b",       "a-b",
		"a_b",       "a.b",      "b/a",        "ab",
		"a.b/c",     "a.b/c__d", "h.x:5000/a", "h.x/5000/a",
		"h.x5000/a", "a:b",      "a:b_c",      "a:b-c",
	};
	char *full[ARRAY_SIZE(names)] = { NULL };
	size_t same = 0;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		AUTO(ref) struct ref r = { 0 };
		struct err e = { 0 };

		full[i] = ref_parse(names[i], &r, &e) ? xstrdup("")
						      : ref_name(&r);
		ok(*full[i], "%s", names[i]);
		for (size_t k = 0; k < i; k++)
			same += !strcmp(full[i], full[k]);
	}
	is_num((long long)same, 0, "no two references have one name");
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		free(full[i]);
}

int main(void)
{
	test_good();
	test_bad();
	test_host();
	test_want();
	test_injective();
	return tap_done();
}
