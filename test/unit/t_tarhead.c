/* t_tarhead.c - tests of layer/tarhead.c: extension headers, byte by byte.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "layer/tarhead.h"

#include "base/str.h"
#include "mktar.h"
#include "tap.h"

/* "TYPE path=PATH link=LINK"; what PAX records do not give is left out. */
static char *show(const struct str *s, struct err *e)
{
	AUTO(str) struct str out = { 0 };
	struct tarhead h;

	if (tarhead_read(s->p, s->len, &h, e))
		return NULL;
	str_addc(&out, h.type ? h.type : '-');
	if (h.path.p)
		str_addf(&out, " path=%.*s", (int)h.path.len, h.path.p);
	if (h.link.p)
		str_addf(&out, " link=%.*s", (int)h.link.len, h.link.p);
	return str_take(&out);
}

static void test_names(void)
{
	// clang-format off
	static const struct {
		const char *what;
		struct mktar headers[5];
		const char *want;
	} cases[] = {
		{ "no extension", { MK_FILE("f", "data") }, "0" },
		{ "a symlink", { MK_SYM("s", "t") }, "2" },
		{ "PAX names", { MK_PAX("path=a\nlinkpath=b\nmtime=1\n"),
		  MK_SYM("s", "t") }, "2 path=a link=b" },
		{ "last record", { MK_PAX("path=a\npath=b\n"),
		  MK_FILE("f", "") }, "0 path=b" },
		{ "last record is empty", { MK_PAX("path=a\npath=\n"),
		  MK_FILE("f", "") }, "0" },
		{ "an equals sign in the name", { MK_PAX("path=a=b\n"),
		  MK_FILE("f", "") }, "0 path=a=b" },
		{ "keys that only look like it",
		  { MK_PAX("Path=a\npath2=b\nGNU.path=c\n"), MK_FILE("f", "") },
		  "0" },
		{ "a sparse file's name",
		  { MK_PAX("GNU.sparse.name=a\npath=b\n"), MK_FILE("f", "") },
		  "0 path=a" },
		{ "GNU name first", { MK_LONG("gnu"), MK_PAX("path=a\n"),
		  MK_FILE("f", "") }, "0" },
		{ "PAX name first", { MK_PAX("path=a\n"), MK_LONG("gnu"),
		  MK_FILE("f", "") }, "0 path=a" },
		{ "GNU link, PAX name", { MK_LONGLINK("gnu"),
		  MK_PAX("path=a\nlinkpath=b\n"), MK_SYM("f", "x") },
		  "2 path=a" },
		{ "PAX twice", { MK_PAX("path=a\n"), MK_PAX("path=b\n"),
		  MK_FILE("f", "") }, "0 path=a" },
		{ "global names are not this entry's", { MK_GLOBAL("path=a\n"),
		  MK_FILE("f", "") }, "0" },
	};
	// clang-format on

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		AUTO(str) struct str s = { 0 };
		struct err e = { 0 };

		for (size_t j = 0; cases[i].headers[j].type; j++)
			mktar_add(&s, &cases[i].headers[j]);
		autostr char *got = show(&s, &e);

		is(got ? got : e.msg, cases[i].want, cases[i].what);
	}
}

static void fails(const struct str *s, enum err_kind kind, const char *part,
		  const char *what)
{
	struct err e = { 0 };
	autostr char *got = show(s, &e);

	if (!ok(!got && e.kind == kind && strstr(e.msg, part), "%s", what))
		printf("#   got: %s\n", got ? got : e.msg);
}

static void refuses(const struct str *s, const char *part, const char *what)
{
	fails(s, ERR_FORMAT, part, what);
}

static void test_records(void)
{
	// clang-format off
	static const struct {
		const char *what;
		const char *bytes;
		size_t n;
		const char *part;
	} cases[] = {
		{ "NUL in a path", "12 path=a\0b\n", 12, "a NUL" },
		{ "NUL at the end of a path", "11 path=a\0\n", 11, "a NUL" },
		{ "NUL in a link's path", "16 linkpath=a\0b\n", 16, "a NUL" },
		{ "NUL in a sparse file's name", "23 GNU.sparse.name=a\0b\n",
		  23, "a NUL" },
		{ "NUL in a key", "12 pa\0h=abc\n", 12, "PAX" },
		{ "no length", " path=a\n", 8, "PAX" },
		{ "length of zero", "0 path=a\n", 9, "PAX" },
		{ "length too small", "3 path=a\n", 9, "PAX" },
		{ "length too big", "99 path=a\n", 10, "PAX" },
		{ "length too big by one", "11 path=a\n", 10, "PAX" },
		{ "length of letters", "1x path=a\n", 10, "PAX" },
		{ "length out of range", "99999999999999999999 path=a\n", 28,
		  "PAX" },
		{ "negative length", "-9 path=a\n", 10, "PAX" },
		{ "no end of line", "10 path=ab", 10, "PAX" },
		{ "no equals sign", "9 pathab\n", 9, "PAX" },
		{ "no key", "7 =abc\n", 7, "PAX" },
		{ "nothing but digits", "123", 3, "PAX" },
		{ "good, then bad", "11 path=ab\n9 pathab\n", 20, "PAX" },
	};
	// clang-format on
	static const struct mktar file = MK_FILE("x", "data");
	static const char types[] = { 'x', 'g' };

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases) * 2; i++) {
		struct mktar pax = { .type = types[i % 2], .name = "p" };
		AUTO(str) struct str s = { 0 };

		mktar_bytes(&s, &pax, cases[i / 2].bytes, cases[i / 2].n);
		mktar_add(&s, &file);
		refuses(&s, cases[i / 2].part, cases[i / 2].what);
	}
}

static void test_headers(void)
{
	static const struct mktar unknown = { .type = 'Z', .name = "z" };
	static const struct mktar pax = MK_PAX("path=a\n");
	AUTO(str) struct str s = { 0 };

	refuses(&s, "malformed tar header", "no bytes");
	mktar_add(&s, &unknown);
	refuses(&s, "unknown type 'Z'", "unknown type");
	s.p[156] = 27;
	refuses(&s, "unknown type '\\x1b'", "unknown type that does not print");
	s.len = 511;
	refuses(&s, "malformed tar header", "half a header");
	str_clear(&s);
	mktar_add(&s, &pax);
	refuses(&s, "malformed tar header", "an extension and no entry");
	s.len = 512;
	refuses(&s, "malformed tar header", "an extension without its body");
	str_clear(&s);
	mktar_header(&s, &pax, 07777777777);
	fails(&s, ERR_LIMIT, "more than 1048576 bytes",
	      "an extension of 1 GiB");
	memset(s.p + 124, 0xff, 12);
	fails(&s, ERR_LIMIT, "more than 1048576 bytes",
	      "an extension of negative size");
}

/* The size in base 256, as GNU tar writes large ones. */
static void test_base256(void)
{
	static const struct mktar file = MK_FILE("x", "data");
	static const struct mktar pax = MK_PAX("path=a\n");
	AUTO(str) struct str s = { 0 };
	struct err e = { 0 };

	mktar_add(&s, &pax);
	memset(s.p + 124, 0, 12);
	s.p[124] = (char)0x80;
	s.p[135] = 9;
	mktar_add(&s, &file);
	autostr char *got = show(&s, &e);

	is(got ? got : e.msg, "0 path=a", "a size in base 256");
}

int main(void)
{
	test_names();
	test_records();
	test_headers();
	test_base256();
	return tap_done();
}
