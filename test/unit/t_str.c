/* t_str.c - base/str and base/mem: growing, formatting, escaping, quoting.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/mem.h"
#include "base/str.h"
#include "tap.h"

#include <stdint.h>

struct pair {
	const char *text, *want;
};

// clang-format off
static const struct pair escapes[] = {
	{ "", "" },
	{ "a b'\"\\", "a b'\"\\" },
	{ "\x1f\x7f", "\\x1f\\x7f" },
	{ "\n\t\033", "\\x0a\\x09\\x1b" },
	{ "\xc3\xa4 \xe2\x82\xac \xf0\x9f\x90\x99", "\xc3\xa4 \xe2\x82\xac \xf0\x9f\x90\x99" },
	{ "\xc2\x9b", "\\xc2\\x9b" },                   /* C1: CSI */
	{ "\xc2\xa0", "\xc2\xa0" },                     /* the first behind */
	{ "\x80", "\\x80" },                            /* lone continuation */
	{ "\xc3", "\\xc3" },                            /* cut */
	{ "\xe2\x82", "\\xe2\\x82" },
	{ "\xf0\x9f\x90", "\\xf0\\x9f\\x90" },
	{ "\xc3(", "\\xc3(" },
	{ "\xc0\xaf", "\\xc0\\xaf" },                   /* overlong */
	{ "\xe0\x80\xaf", "\\xe0\\x80\\xaf" },
	{ "\xf0\x80\x80\xaf", "\\xf0\\x80\\x80\\xaf" },
	{ "\xed\xa0\x80", "\\xed\\xa0\\x80" },          /* surrogates */
	{ "\xed\xbf\xbf", "\\xed\\xbf\\xbf" },
	{ "\xed\x9f\xbf", "\xed\x9f\xbf" },             /* and their neighbours */
	{ "\xee\x80\x80", "\xee\x80\x80" },
	{ "\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf" },     /* U+10FFFF */
	{ "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80" }, /* beyond */
	{ "\xf5\x80\x80\x80", "\\xf5\\x80\\x80\\x80" },
	{ "\xe2\x80\xae", "\\xe2\\x80\\xae" },          /* right-to-left override */
	{ "\xe2\x81\xa6", "\\xe2\\x81\\xa6" },          /* isolate */
	{ "\\x0a", "\\x0a" },                           /* twice is once */
};

static const struct pair shells[] = {
	{ "", "''" },
	{ "ls", "ls" },
	{ "/a-b_c.d/e:f,g@h%i+j=k", "/a-b_c.d/e:f,g@h%i+j=k" },
	{ "a b", "'a b'" },
	{ "it's", "'it'\\''s'" },
	{ "'", "''\\'''" },
	{ "$HOME", "'$HOME'" },
	{ "~", "'~'" },
	{ "a;b", "'a;b'" },
	{ "*", "'*'" },
	{ "#", "'#'" },
	{ "\xc3\xa4", "'\xc3\xa4'" },
	{ "a\nb", "'a\nb'" },
};

static const struct pair trims[] = {
	{ "", "" }, { " \t\r\n", "" }, { "a", "a" }, { " a", "a" },
	{ "a \n", "a" }, { "\ta b\t", "a b" },
};
// clang-format on

static void test_table(const struct pair *cases, size_t n,
		       char *(*convert)(const char *), const char *what)
{
	for (size_t i = 0; i < n; i++) {
		autostr char *got = convert(cases[i].text);

		is(got, cases[i].want, what);
	}
}

/* For every size: the whole text, or a part of it and the mark. */
static void test_escape_to(void)
{
	static const char text[] = "a\001b\xc3\xa4\xe2\x82\xac";
	static const char whole[] = "a\\x01b\xc3\xa4\xe2\x82\xac";
	static const struct {
		size_t size;
		const char *want;
	} cases[] = {
		{ 4, "..." },
		{ 5, "a..." },
		{ 6, "a..." },
		{ 8, "a..." },
		{ 9, "a\\x01..." },
		{ 10, "a\\x01b..." },
		{ 11, "a\\x01b..." },
		{ sizeof whole, whole },
		{ sizeof whole + 9, whole },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *to = xmalloc(cases[i].size); /* for the sanitizer */
		size_t n = str_escape_to(to, cases[i].size, text);

		is(to, cases[i].want, "str_escape_to");
		is_num(n, strlen(cases[i].want), "and its length");
		free(to);
	}
}

static void test_grow(void)
{
	AUTO(str) struct str s = { 0 };
	autostr char *taken = NULL;

	is(str_text(&s), "", "an empty string is \"\"");
	str_addn(&s, NULL, 0);
	is_num(s.len, 0, "nothing added");
	str_add(&s, "ab");
	str_addc(&s, 'c');
	str_addf(&s, "%d-%s", 12, "x");
	is(s.p, "abc12-x", "adding");
	is_num(s.len, 7, "its length");
	str_addn(&s, "\0y", 2);
	ok(s.len == 9 && !memcmp(s.p, "abc12-x\0y", 10), "NULs are content");
	memcpy(str_reserve(&s, 3), "end", 4);
	s.len += 3;
	ok(!strcmp(s.p + 8, "yend"), "str_reserve");
	taken = str_take(&s);
	ok(!s.p && !s.len && !s.cap, "str_take leaves an empty string");
	is(taken, "abc12-x", "and gives the content");
	free(taken);
	taken = str_take(&s);
	is(taken, "", "of an empty string, too");
}

static void test_long(void)
{
	AUTO(str) struct str s = { 0 };
	bool good = true;

	for (size_t i = 0; i < 5000; i++) {
		str_addf(&s, "%c", (int)('a' + i % 26));
		good &= s.len == i + 1 && strlen(s.p) == s.len && s.cap > s.len;
	}
	ok(good && s.p[4999] == 'a' + 4999 % 26, "5000 single characters");
	ok(s.cap < 4 * 5000, "without waste");
}

static void test_compare(void)
{
	ok(str_starts("abc", "ab") && str_starts("abc", "") &&
		   !str_starts("ab", "abc") && !str_starts("abc", "b"),
	   "str_starts");
	ok(str_ends("abc", "bc") && str_ends("abc", "") &&
		   !str_ends("bc", "abc") && !str_ends("abc", "b"),
	   "str_ends");
	ok(str_eq("a", "a") && str_eq(NULL, NULL) && !str_eq("a", NULL) &&
		   !str_eq(NULL, "a") && !str_eq("a", "b"),
	   "str_eq");
}

static void test_utf8(void)
{
	static const char *const good[] = { "", "abc", "\xc3\xa4",
					    "\xe2\x82\xac", "\xee\x80\x80",
					    "\xf4\x8f\xbf\xbf" };
	static const char *const bad[] = {
		"\xff",         "\x80",     "\xc3",     "a\xe2\x82",
		"\xc0\xaf",     "\xe0\x9f\xbf", "\xed\xa0\x80",
		"\xed\xbf\xbf", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80",
		"a\xc3z",
	};

	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		ok(str_is_utf8(good[i]), "UTF-8 %zu", i);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		ok(!str_is_utf8(bad[i]), "not UTF-8 %zu", i);
}

static void test_mem(void)
{
	size_t cap = 0;
	int *v = NULL;
	bool good = true;
	char *copy;

	for (int i = 0; i < 1000; i++) {
		v = mem_grow(v, &cap, i + 1, sizeof *v);
		v[i] = i;
		good &= cap > (size_t)i;
	}
	for (int i = 0; i < 1000; i++)
		good &= v[i] == i;
	ok(good, "mem_grow keeps what was there");
	ok(mem_grow(v, &cap, 3, sizeof *v) == v, "and never shrinks");
	free(v);
	copy = xmemdup("a\0b", 4);
	ok(!memcmp(copy, "a\0b", 4), "xmemdup");
	free(copy);
	copy = xstrndup("abc", 2);
	is(copy, "ab", "xstrndup");
	copy = xrealloc(copy, 100, 1);
	is(copy, "ab", "xrealloc");
	free(copy);
	copy = xcalloc(0, 0);
	ok(copy != NULL, "nothing is still a pointer");
	free(copy);
}

int main(void)
{
	autostr char *text = str_fmt("%s-%03d", "a", 7);

	is(text, "a-007", "str_fmt");
	test_table(escapes, ARRAY_SIZE(escapes), str_escape, "str_escape");
	test_table(shells, ARRAY_SIZE(shells), str_shell, "str_shell");
	test_table(trims, ARRAY_SIZE(trims), str_trim, "str_trim");
	test_escape_to();
	test_grow();
	test_long();
	test_compare();
	test_utf8();
	test_mem();
	return tap_done();
}
