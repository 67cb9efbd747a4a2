/* t_table.c - text in columns.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/mem.h"
#include "base/table.h"

#include "tap.h"

static const struct {
	const char *format;
	const char *cells[9]; /* up to a NULL */
	const char *want;
} cases[] = {
	{ "l", { NULL }, "" },
	{ "lr",
	  { "NAME", "SIZE", "a", "1", NULL },
	  "NAME  SIZE\na        1\n" },
	{ "rl", { "1", "x", "10", "", NULL }, " 1  x\n10\n" },
	{ "ll", { "\xc3\xa4", "x", "bc", "y", NULL }, "\xc3\xa4   x\nbc  y\n" },
	{ "l", { "a\x1b[2J\n", NULL }, "a\\x1b[2J\\x0a\n" },
};

int main(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO(table) struct table t = { .format = cases[i].format };
		AUTO(str) struct str out = { 0 };

		for (size_t k = 0; cases[i].cells[k]; k++)
			table_add(&t, xstrdup(cases[i].cells[k]));
		table_print(&t, &out);
		is(str_text(&out), cases[i].want, cases[i].format);
	}
	return tap_done();
}
