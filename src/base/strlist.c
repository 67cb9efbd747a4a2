/* strlist.c - a NULL-terminated list of owned strings.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/mem.h"
#include "base/str.h"
#include "base/strlist.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void strlist_clear(struct strlist *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->v[i]);
	free(l->v);
	*l = (struct strlist){ 0 };
}

void strlist_give(struct strlist *l, char *s)
{
	l->v = mem_grow(l->v, &l->cap, l->n + 2, sizeof *l->v);
	l->v[l->n++] = s;
	l->v[l->n] = NULL;
}

void strlist_add(struct strlist *l, const char *s)
{
	strlist_give(l, xstrdup(s));
}

void strlist_addn(struct strlist *l, const char *s, size_t n)
{
	strlist_give(l, xstrndup(s, n));
}

void strlist_addf(struct strlist *l, const char *fmt, ...)
{
	struct str s = { 0 };
	va_list ap;

	va_start(ap, fmt);
	str_addv(&s, fmt, ap);
	va_end(ap);
	strlist_give(l, str_take(&s));
}

bool strlist_has(const struct strlist *l, const char *s)
{
	for (size_t i = 0; i < l->n; i++)
		if (!strcmp(l->v[i], s))
			return true;
	return false;
}

void strlist_remove(struct strlist *l, size_t i)
{
	free(l->v[i]);
	memmove(l->v + i, l->v + i + 1, (l->n - i) * sizeof *l->v);
	l->n--;
}

void strlist_sort(struct strlist *l)
{
	if (l->n)
		qsort(l->v, l->n, sizeof *l->v, compare);
}

void strlist_split(struct strlist *l, const char *text, char sep,
		   bool keep_empty)
{
	for (;;) {
		const char *end = strchrnul(text, sep);

		if (end > text || keep_empty)
			strlist_addn(l, text, end - text);
		if (!*end)
			return;
		text = end + 1;
	}
}

char *strlist_join(const struct strlist *l, const char *sep)
{
	struct str s = { 0 };

	for (size_t i = 0; i < l->n; i++) {
		if (i)
			str_add(&s, sep);
		str_add(&s, l->v[i]);
	}
	return str_take(&s);
}
