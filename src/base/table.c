/* table.c - text in columns, for people.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/table.h"

#include "base/mem.h"

#include <string.h>

/* Columns of a terminal, one for each UTF-8 character. */
static size_t columns(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += (*s & 0xc0) != 0x80;
	return n;
}

void table_add(struct table *t, char *text)
{
	strlist_give(&t->cells, str_escape(text));
	free(text);
}

static void pad(struct str *out, size_t n)
{
	while (n--)
		str_addc(out, ' ');
}

void table_print(const struct table *t, struct str *out)
{
	size_t width = strlen(t->format);
	autostr size_t *widest = xcalloc(width, sizeof(*widest));

	for (size_t i = 0; i < t->cells.n; i++) {
		size_t n = columns(t->cells.v[i]);

		if (n > widest[i % width])
			widest[i % width] = n;
	}
	for (size_t i = 0; i < t->cells.n; i++) {
		const char *text = t->cells.v[i];
		size_t rest = widest[i % width] - columns(text);
		bool is_right = t->format[i % width] == 'r';

		pad(out, (i % width ? 2 : 0) + (is_right ? rest : 0));
		str_add(out, text);
		pad(out, is_right ? 0 : rest);
		if (i % width + 1 < width)
			continue;
		while (out->len && out->p[out->len - 1] == ' ')
			out->p[--out->len] = '\0';
		str_addc(out, '\n');
	}
}

void table_clear(struct table *t)
{
	strlist_clear(&t->cells);
}
