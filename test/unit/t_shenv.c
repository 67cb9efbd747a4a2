/* t_shenv.c - the variables that a script exports.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "format/shenv.h"

#include "lines.h"

static void test_cases(void)
{
	struct lines l = { 0 };

	while (lines_next(&l, "shenv/cases.txt")) {
		AUTO(shenv) struct shenv s = { 0 };
		AUTO(strlist) struct strlist env = { 0 };
		autostr char *got = NULL, *lost = NULL;

		shenv_read(&s, str_text(&l.field[0]), l.field[0].len);
		shenv_list(&s, &env);
		got = strlist_join(&env, "\n");
		lost = str_fmt("%zu", s.lost);
		is(got, lines_field(&l, 1), lines_title(&l));
		is(lost, lines_field(&l, 2), "lost");
	}
}

static void test_limits(void)
{
	AUTO(shenv) struct shenv s = { 0 };
	AUTO(str) struct str text = { 0 };
	size_t lost;

	for (int i = 0; i < SHENV_VARS_MAX + 1; i++)
		str_addf(&text, "export A%d=\n", i);
	shenv_read(&s, text.p, text.len);
	is_num((long long)s.vars.n, SHENV_VARS_MAX, "as many as there may be");
	is_num((long long)s.lost, 1, "one is lost");
	while (text.len <= SHENV_TEXT_MAX)
		str_add(&text, "export A1=$A1$A1$A1$A1$A1$A1$A1$A1$A1x\n");
	shenv_read(&s, text.p, SHENV_TEXT_MAX);
	ok(s.bytes <= SHENV_BYTES_MAX && s.lost > 1, "%zu bytes, %zu lost",
	   s.bytes, s.lost);
	lost = s.lost;
	shenv_read(&s, text.p, SHENV_TEXT_MAX + 1);
	is_num((long long)s.lost, (long long)lost + 1, "a script is too long");
}

/* Variables of a configuration, and a script behind them. */
static void test_set(void)
{
	static const char script[] = "export B=$A/b PATH=$PATH:/x";
	AUTO(shenv) struct shenv s = { 0 };
	AUTO(strlist) struct strlist env = { 0 };
	autostr char *got = NULL;

	shenv_set(&s, "PATH=/bin");
	shenv_set(&s, "A=a=$b");
	shenv_set(&s, "A-B=x");
	shenv_set(&s, "=x");
	shenv_set(&s, "x");
	shenv_read(&s, script, strlen(script));
	shenv_list(&s, &env);
	got = strlist_join(&env, "|");
	is(got, "PATH=/bin:/x|A=a=$b|B=a=$b/b", "exported");
	is_num((long long)s.lost, 3, "lost");
	is_num((long long)shenv_name("A1_=", 4), 3, "name");
	is_num((long long)shenv_name("1A", 2), 0, "no name");
}

int main(void)
{
	test_cases();
	test_limits();
	test_set();
	return tap_done();
}
