/* t_envfile.c - environment files and lists.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "format/envfile.h"

#include "lines.h"

static void test_parse(void)
{
	struct lines l = { 0 };

	while (lines_next(&l, "envfile/files.txt")) {
		AUTO(strlist) struct strlist got = { 0 };
		struct err e = { 0 };
		int rc = envfile_parse("F", lines_field(&l, 0), l.field[0].len,
				       &got, &e);
		autostr char *items = strlist_join(&got, "|");

		is(rc ? e.msg : items, lines_field(&l, 1), lines_title(&l));
		is(lines_kind(&e), rc ? "format" : "none", "kind");
	}
}

/* Written and read again, a list is the same. */
static void test_write(void)
{
	static const char *const items[] = {
		"A=b",  "B=",      "C= two  words ", "D='quoted'",
		"E='",  "F=''",    "G=a=b",          "H=cr\r",
		"I=\r", "J=\"x\"", "K=$X \\ #",      "L='a'b'",
		" M=x", "N=tab\t", "O='a",           "P=a'",
	};
	AUTO(strlist) struct strlist list = { 0 };
	AUTO(strlist) struct strlist again = { 0 };
	AUTO(str) struct str s = { 0 };
	struct err e = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(items); i++)
		strlist_add(&list, items[i]);
	is_num((long long)envfile_write(&list, &s), 0, "all can be written");
	ok(!envfile_parse("F", s.p, s.len, &again, &e), "and read: %s", e.msg);
	is_num((long long)again.n, (long long)list.n, "as many");
	for (size_t i = 0; i < again.n; i++)
		is(again.v[i], list.v[i], "the same item");
}

/* A newline in a value must not become another variable. */
static void test_left_out(void)
{
	AUTO(strlist) struct strlist list = { 0 };
	AUTO(str) struct str s = { 0 };

	strlist_add(&list, "A=b\nLD_PRELOAD=/evil");
	strlist_add(&list, "A\nB=c");
	strlist_add(&list, "C=d\n");
	strlist_add(&list, "no name");
	strlist_add(&list, "=x");
	strlist_add(&list, "");
	strlist_add(&list, "GOOD=1");
	is_num((long long)envfile_write(&list, &s), 6, "left out");
	is(str_text(&s), "GOOD=1\n", "what is written");
}

static const char *lookup(const void *ctx, const char *name)
{
	return env_get(ctx, name);
}

static void test_expand(void)
{
	AUTO(strlist) struct strlist env = { 0 };
	struct lines l = { 0 };

	strlist_add(&env, "A=one");
	strlist_add(&env, "AB=two $A");
	strlist_add(&env, "_x9=three");
	strlist_add(&env, "E=");
	while (lines_next(&l, "envfile/expand.txt")) {
		autostr char *got = envfile_expand(lines_field(&l, 0), lookup,
						   &env);

		is(got, lines_field(&l, 1), lines_title(&l));
	}
}

static void is_env(const struct strlist *env, const char *want,
		   const char *what)
{
	autostr char *got = strlist_join(env, "|");

	is(got, want, what);
}

static void test_list(void)
{
	AUTO(strlist) struct strlist env = { 0 };

	is(env_get(&env, "A"), NULL, "nothing in an empty list");
	env_set(&env, "A", "1");
	env_set(&env, "AB", "2");
	env_set(&env, "B", "3=4");
	is_env(&env, "A=1|AB=2|B=3=4", "set");
	is(env_get(&env, "A"), "1", "get");
	is(env_get(&env, "B"), "3=4", "get with '='");
	is(env_get(&env, "b"), NULL, "case counts");
	is(env_get(&env, ""), NULL, "no name");
	env_set(&env, "A", "");
	is_env(&env, "A=|AB=2|B=3=4", "replaced in place");
	is(env_get(&env, "A"), "", "empty is not absent");
	strlist_add(&env, "A=twin");
	strlist_add(&env, "A=triplet");
	env_set(&env, "A", "9");
	is_env(&env, "A=9|AB=2|B=3=4", "set once");
}

int main(void)
{
	test_parse();
	test_write();
	test_left_out();
	test_expand();
	test_list();
	return tap_done();
}
