/* t_toml.c - tests of format/toml.c.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/mem.h"
#include "base/str.h"
#include "format/toml.h"

#include "tap.h"

// clang-format off
static const struct {
	const char *text, *want; /* as show() writes it, or the error */
} cases[] = {
	{ "", "{}" },
	{ "# nothing\n\r\n  # more", "{}" },
	{ "a = true", "{a=true}" },
	{ "a = false # no\nb=1\nc = -17\n", "{a=false b=1 c=-17}" },
	{ "a=\"x\\t\\\"\\\\y\"\nb='\\t\"'\n", "{a='x\t\"\\y' b='\\t\"'}" },
	{ "\"a b\" = ''\n'c#' = \"#\" # end", "{a b='' c#='#'}" },
	{ "a.b . c = 1\na.d = 2", "{a={b={c=1} d=2}}" },
	{ "a = []\nb = [ 'x', \"y\" ,]", "{a=[] b=['x' 'y']}" },
	{ "a = [\n  'x', # one\n\n  'y'\n  # end\n]\nb = 1",
	  "{a=['x' 'y'] b=1}" },
	{ "a = [1,true]", "{a=[1 true]}" },
	{ "[a]\nx=1\n[a.b]\ny=2\n[ c ]", "{a={x=1 b={y=2}} c={}}" },
	{ "[a.b]\n[a]\nx=1", "{a={b={} x=1}}" },
	{ "[[r]]\nx=1\n[[r]]\nx=2", "{r=[{x=1} {x=2}]}" },
	{ "[[r]]\n[[r.m]]\nx=1\n[[r.m]]\nx=2\n[[r]]\n[[r.m]]\n",
	  "{r=[{m=[{x=1} {x=2}]} {m=[{}]}]}" },
	{ "[[r]]\n[r.t]\nx=1", "{r=[{t={x=1}}]}" },
	{ "a = 1\r\n[b]\r\nc = 'x'\r\n", "{a=1 b={c='x'}}" },
	{ "a = \"\xc3\xa4\"", "{a='\xc3\xa4'}" },
	/* errors */
	{ "a", "f:1: expected '=', found the end of the line" },
	{ "\n= 1", "f:2: expected a key, found '= 1'" },
	{ "a =", "f:1: expected a value, found the end of the line" },
	{ "a = yes", "f:1: expected a value, found 'yes'" },
	{ "a = 1 2", "f:1: expected the end of the line, found '2'" },
	{ "a = 1 b = 2", "f:1: expected the end of the line, found 'b = 2'" },
	{ "a = 'x", "f:1: expected a single quote, found the end of the line" },
	{ "a = \"x\nb\"", "f:1: expected '\"', found the end of the line" },
	{ "a = \"\\q\"",
	  "f:1: expected one of b t n f r \" \\ behind a backslash, found 'q\"'" },
	{ "a = \"\\", "f:1: expected one of b t n f r \" \\ behind a backslash, "
	  "found the end of the line" },
	{ "a = [1\n2]", "f:2: expected ',' or ']', found '2]'" },
	{ "a = [,]", "f:1: expected a value, found ',]'" },
	{ "a = [\n'x',\n", "f:3: expected a value, found the end of the line" },
	{ "a = 1\na = 2", "f:2: 'a' is defined already, in line 1" },
	{ "[a]\n[b]\n[a]", "f:3: 'a' is defined already, in line 1" },
	{ "[[a]]\n[a]", "f:2: 'a' is defined already, in line 1" },
	{ "[a]\n[[a]]", "f:2: 'a' is defined already, in line 1" },
	{ "a = []\n[[a]]", "f:2: 'a' is defined already, in line 1" },
	{ "a = 1\n[a.b]", "f:2: 'a' is a number (line 1), not a table" },
	{ "a = 1\na.b = 1", "f:2: 'a' is a number (line 1), not a table" },
	{ "[a", "f:1: expected ']', found the end of the line" },
	{ "[[a]", "f:1: expected ']]', found ']'" },
	{ "[]", "f:1: expected a key, found ']'" },
	{ "[a] b", "f:1: expected the end of the line, found 'b'" },
	{ "a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q = 1",
	  "f:1: a key of more than 16 parts" },
	/* valid, but not read */
	{ "\na = \"\"\"x\"\"\"",
	  "f:2: strings in three quotes are not supported" },
	{ "a = '''", "f:1: strings in three quotes are not supported" },
	{ "a = {b = 1}", "f:1: inline tables are not supported" },
	{ "a = [['x']]", "f:1: arrays in arrays are not supported" },
	{ "a = \"\\u00e4\"", "f:1: escaped code points are not supported" },
	{ "a = 1.5", "f:1: '1.5': of numbers and dates only decimal integers "
	  "are supported" },
	{ "a = 0x10", "f:1: '0x10': of numbers and dates only decimal integers "
	  "are supported" },
	{ "a = 2024-01-01", "f:1: '2024-01-01': of numbers and dates only "
	  "decimal integers are supported" },
	{ "a = 012", "f:1: '012': of numbers and dates only decimal integers "
	  "are supported" },
	{ "a = 1234567890123456789", "f:1: '1234567890123456789': of numbers "
	  "and dates only decimal integers are supported" },
	{ "a = \x1b[0m", "f:1: expected a value, found '\\x1b[0m'" },
};
// clang-format on

static void show(const struct toml *t, struct str *s)
{
	if (t->key)
		str_addf(s, "%s=", t->key);
	if (t->type == TOML_STRING)
		str_addf(s, "'%s'", t->text);
	if (t->type == TOML_BOOL)
		str_add(s, t->number ? "true" : "false");
	if (t->type == TOML_INT)
		str_addf(s, "%lld", (long long)t->number);
	if (t->type > TOML_ARRAY)
		return;
	str_addc(s, t->type == TOML_TABLE ? '{' : '[');
	for (size_t i = 0; i < t->n; i++) {
		str_add(s, i ? " " : "");
		show(t->v[i], s);
	}
	str_addc(s, t->type == TOML_TABLE ? '}' : ']');
}

static void check(const char *text, size_t n, const char *want,
		  const char *what)
{
	AUTO(str) struct str got = { 0 };
	struct err e = { 0 };
	/* In memory of its own size, so that reading past it is noticed. */
	autostr char *copy = xmemdup(text, n);
	AUTO(toml) struct toml *t = toml_parse("f", copy, n, &e);

	if (t)
		show(t, &got);
	is(t ? str_text(&got) : e.msg, want, what);
}

static void test_limits(void)
{
	AUTO(str) struct str s = { 0 };

	for (int i = 0; i < TOML_VALUES_MAX; i++)
		str_addf(&s, "k%d = 1\n", i);
	str_add(&s, "last = 1\n");
	check(s.p, s.len, "f:8193: more than 8192 values", "many values");
	while (s.len <= TOML_BYTES_MAX)
		str_add(&s, "# a comment\n");
	check(s.p, TOML_BYTES_MAX + 1,
	      "'f' has 1048577 bytes, the most is 1048576", "many bytes");
	check("a = 1\n\0b", 8, "f:2: a NUL byte", "a NUL byte");
	check("a = 'x\0y'", 9,
	      "f:1: expected a single quote, found the end of the line",
	      "a NUL byte in a string");
}

/* Cut anywhere, no text makes trouble. */
static void test_cut(void)
{
	static const char text[] = "a.'b' = [ \"x\\n\", 1 ]\n[[c.d]] # x\n"
				   "e = true\n[f]\n";
	bool good = true;

	for (size_t n = 0; n < sizeof(text); n++) {
		struct err e = { 0 };
		autostr char *copy = xmemdup(text, n + 1);
		AUTO(toml) struct toml *t = toml_parse("f", copy, n, &e);

		good &= t || str_starts(e.msg, "f:");
	}
	ok(good, "a file that is cut off");
}

int main(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		check(cases[i].text, strlen(cases[i].text), cases[i].want,
		      cases[i].text);
	test_limits();
	test_cut();
	return tap_done();
}
