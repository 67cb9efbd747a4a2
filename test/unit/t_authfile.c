/* t_authfile.c - credentials in auth files.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "format/authfile.h"

#include "lines.h"

/* "entry: user:password", "entry: identity=...", "entry: helper=..." */
static char *text(const struct credential *c)
{
	AUTO(str) struct str s = { 0 };

	if (!c->entry)
		return str_fmt("%s", c->user || c->password || c->identity ||
						     c->helper
					     ? "!"
					     : "nothing");
	str_addf(&s, "%s:", c->entry);
	if (c->user)
		str_addf(&s, " %s:%s", c->user,
			 c->password ? c->password : "(null)");
	if (c->identity)
		str_addf(&s, " identity=%s", c->identity);
	if (c->helper)
		str_addf(&s, " helper=%s", c->helper);
	return str_take(&s);
}

static void test_find(void)
{
	struct lines l = { 0 };

	while (lines_next(&l, "authfile/find.txt")) {
		AUTO(credential) struct credential c = { 0 };
		struct err e = { 0 };
		autostr char *got = NULL;
		int rc = authfile_find("credentials", lines_field(&l, 0),
				       l.field[0].len, lines_field(&l, 1),
				       lines_field(&l, 2), &c, &e);

		got = text(&c);
		is(rc ? e.msg : got, lines_field(&l, 3), lines_title(&l));
	}
}

static void test_bad(void)
{
	struct lines l = { 0 };

	while (lines_next(&l, "authfile/bad.txt")) {
		AUTO(credential) struct credential c = { 0 };
		struct err e = { 0 };
		int rc = authfile_find("credentials", lines_field(&l, 0),
				       l.field[0].len, "h.x", "a/b", &c, &e);

		is(rc ? e.msg : "accepted", lines_field(&l, 1),
		   lines_title(&l));
		is(lines_kind(&e), "format", "kind");
		ok(!strstr(e.msg, "hunter2") && !strstr(e.msg, "aHVudGVy") &&
			   !c.user && !c.password && !c.entry,
		   "no secret in the message, nothing left");
	}
}

static void test_nothing(void)
{
	struct credential c;
	struct err e = { 0 };

	ok(!authfile_find("f", NULL, 0, "h.x", "a", &c, &e), "an empty file");
	ok(!c.entry && !c.user, "holds nothing");
	credential_clear(&c);
}

int main(void)
{
	test_find();
	test_bad();
	test_nothing();
	return tap_done();
}
