/* t_challenge.c - WWW-Authenticate header fields.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/str.h"
#include "format/challenge.h"

#include "lines.h"

/* "basic bearer realm|service|scope" */
static char *text(const struct challenge *c)
{
	if (!c->bearer)
		return str_fmt("%s%s", c->basic ? "basic" : "",
			       c->realm || c->service || c->scope ? "!" : "");
	return str_fmt("%sbearer %s|%s|%s", c->basic ? "basic " : "",
		       c->realm ? c->realm : "-", c->service ? c->service : "-",
		       c->scope ? c->scope : "-");
}

static void test_one(void)
{
	struct lines l = { 0 };

	while (lines_next(&l, "challenge/fields.txt")) {
		AUTO(challenge) struct challenge c = { 0 };
		autostr char *got = NULL;

		challenge_add(&c, lines_field(&l, 0));
		got = text(&c);
		is(got, lines_field(&l, 1), lines_title(&l));
	}
}

static void test_several(void)
{
	AUTO(challenge) struct challenge c = { 0 };
	autostr char *got = NULL;

	challenge_add(&c, "Negotiate");
	challenge_add(&c, "Bearer");
	challenge_add(&c, "Bearer realm=\"https://a/t\",scope=\"s\"");
	challenge_add(&c, "Bearer realm=\"https://b/t\",service=\"other\"");
	challenge_add(&c, "basic realm=\"x\"");
	got = text(&c);
	is(got, "basic bearer https://a/t|-|s", "several fields, first Bearer");
	challenge_clear(&c);
	ok(!c.realm && !c.basic && !c.bearer, "cleared");
}

static void test_long(void)
{
	AUTO(challenge) struct challenge c = { 0 };
	AUTO(str) struct str s = { 0 };

	for (int i = 0; i < 100000; i++)
		str_add(&s, "Basic a=\"b\",");
	str_add(&s, "Bearer realm=\"r\"");
	challenge_add(&c, s.p);
	ok(c.basic && c.bearer, "a megabyte of challenges");
}

int main(void)
{
	test_one();
	test_several();
	test_long();
	return tap_done();
}
