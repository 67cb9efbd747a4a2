/* lines.h - test cases from data files: one a line, TAB between the fields.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Empty lines and lines that start with "# " are skipped. In a field, \n \r \t
 * and \\ are what they are in C, \xNN is a byte, \e is nothing (an empty
 * field), and \(TEXT*N) is TEXT N times.
 */
#ifndef TEST_LINES_H
#define TEST_LINES_H

#include "base/err.h"
#include "base/str.h"
#include "tap.h"

#define LINE_FIELDS 8

struct lines {
	FILE *f;
	char *line; /* as in the file */
	size_t cap;
	size_t n_fields;
	struct str field[LINE_FIELDS];
};

/* What \(TEXT*N) at P stands for; the place behind it. */
static const char *line_repeat(const char *p, struct str *out)
{
	const char *star = strchr(p, '*');
	size_t n = star ? strtoul(star + 1, NULL, 10) : 0;
	const char *end = strchr(p, ')');

	if (!star || !end)
		abort();
	while (n--)
		str_addn(out, p + 2, (size_t)(star - p) - 2);
	return end + 1;
}

static const char *line_escape(const char *p, struct str *out)
{
	static const char from[] = "nrt\\";
	static const char to[] = "\n\r\t\\";
	const char *at = p[1] ? strchr(from, p[1]) : NULL;
	char hex[3] = { 0 };

	if (p[1] == '(')
		return line_repeat(p, out);
	if (p[1] == 'e')
		return p + 2;
	if (p[1] == 'x') {
		memcpy(hex, p + 2, 2);
		str_addc(out, (char)strtoul(hex, NULL, 16));
		return p + 4;
	}
	if (!at)
		abort();
	str_addc(out, to[at - from]);
	return p + 2;
}

static void lines_split(struct lines *l)
{
	const char *p = l->line;

	l->n_fields = 0;
	for (;;) {
		struct str *s = &l->field[l->n_fields++];

		while (*p && *p != '\t' && *p != '\n') {
			if (*p == '\\')
				p = line_escape(p, s);
			else
				str_addc(s, *p++);
		}
		if (*p++ != '\t' || l->n_fields == LINE_FIELDS)
			return;
	}
}

static void lines_close(struct lines *l)
{
	for (size_t i = 0; i < LINE_FIELDS; i++)
		str_clear(&l->field[i]);
	free(l->line);
	if (l->f)
		fclose(l->f);
	*l = (struct lines){ 0 };
}

/* The next case of the data file NAME into L, which starts zeroed and is
 * cleared at the end. A file that can't be read is a failed test. */
static bool lines_next(struct lines *l, const char *name)
{
	if (!l->f) {
		autostr char *path = tap_data(name);

		l->f = fopen(path, "re");
		ok(l->f != NULL, "open '%s'", path);
	}
	for (size_t i = 0; i < LINE_FIELDS; i++)
		str_clear(&l->field[i]);
	while (l->f && getline(&l->line, &l->cap, l->f) >= 0) {
		if (l->line[0] == '\n' || !strncmp(l->line, "# ", 2))
			continue;
		lines_split(l);
		return true;
	}
	lines_close(l);
	return false;
}

static const char *lines_field(const struct lines *l, size_t i)
{
	return str_text(&l->field[i]);
}

/* The case for the test's name: its line, cut and without escapes undone. */
__attribute__((unused)) static const char *lines_title(struct lines *l)
{
	size_t n = strcspn(l->line, "\n");

	l->line[n > 100 ? 100 : n] = '\0';
	for (char *c = l->line; *c; c++)
		if (*c == '#' || *c == '\t')
			*c = ' '; /* '#' starts a directive in TAP */
	return l->line;
}

__attribute__((unused)) static const char *lines_kind(const struct err *e)
{
	static const char *const names[] = {
		[ERR_NONE] = "none",
		[ERR_SYS] = "sys",
		[ERR_USAGE] = "usage",
		[ERR_NOTFOUND] = "notfound",
		[ERR_EXISTS] = "exists",
		[ERR_AUTH] = "auth",
		[ERR_NET] = "net",
		[ERR_LIMIT] = "limit",
		[ERR_DIGEST] = "digest",
		[ERR_FORMAT] = "format",
		[ERR_UNSUPPORTED] = "unsupported",
		[ERR_INTR] = "intr",
	};

	return names[e->kind];
}

#endif
