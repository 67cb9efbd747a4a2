/* t_bindspec.c - the arguments of --bind and --mount.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/str.h"
#include "format/bindspec.h"

#include "lines.h"

static void test_file(const char *file,
		      int (*parse)(const char *, struct bindspec *,
				   struct err *))
{
	struct lines l = { 0 };

	while (lines_next(&l, file)) {
		AUTO(bindspec) struct bindspec b = { 0 };
		struct err e = { 0 };
		autostr char *got = NULL;
		int rc = parse(lines_field(&l, 0), &b, &e);

		got = str_fmt("%s > %s%s%s%s%s", b.src ? b.src : "-",
			      b.dst ? b.dst : "-", b.readonly ? " ro" : "",
			      b.optional ? " optional" : "",
			      b.size ? " size " : "", b.size ? b.size : "");
		is(rc ? e.msg : got, lines_field(&l, 1), lines_title(&l));
		ok(e.kind == (rc ? ERR_USAGE : ERR_NONE) && (!rc || !b.src),
		   "kind");
	}
}

static int parse_bind(const char *text, struct bindspec *out, struct err *e)
{
	return bindspec_parse(text, NULL, out, e);
}

static void test_usual(void)
{
	AUTO(bindspec) struct bindspec b = { 0 };
	struct err e = { 0 };

	ok(!bindspec_parse("a", "/home/u:v", &b, &e), "a usual place");
	is(b.dst, "/home/u:v", "is taken as it is");
}

int main(void)
{
	test_file("bindspec/specs.txt", parse_bind);
	test_file("bindspec/mounts.txt", bindspec_parse_mount);
	test_usual();
	return tap_done();
}
