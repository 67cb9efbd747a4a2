/* shenv.c - the variables that a shell script exports, read without a shell.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "format/shenv.h"

#include "base/mem.h"
#include "base/str.h"
#include "format/envfile.h"
#include "format/shskip.h"
#include "format/shword.h"

#include <string.h>

void shenv_clear(struct shenv *s)
{
	strlist_clear(&s->vars);
	strlist_clear(&s->exported);
	*s = (struct shenv){ 0 };
}

size_t shenv_name(const char *text, size_t n)
{
	return shword_ident(text, n);
}

static int set(struct shenv *s, const char *name, const char *value)
{
	size_t n = strlen(name) + strlen(value) + 2;

	if (n > SHENV_VALUE_MAX || n > SHENV_BYTES_MAX - s->bytes ||
	    (s->vars.n == SHENV_VARS_MAX && !env_get(&s->vars, name)))
		return -1;
	s->bytes += n;
	env_set(&s->vars, name, value);
	return 0;
}

static int export(struct shenv *s, const char *name)
{
	if (strlist_has(&s->exported, name))
		return 0;
	if (s->exported.n == SHENV_VARS_MAX)
		return -1;
	strlist_add(&s->exported, name);
	return 0;
}

void shenv_set(struct shenv *s, const char *item)
{
	size_t n = strcspn(item, "=");
	autostr char *name = xstrndup(item, n);

	if (!item[n] || !n || shenv_name(name, n) != n ||
	    set(s, name, item + n + 1) || export(s, name))
		s->lost++;
}

/* Is the command at its end? If so, go there. */
static bool take_end(struct shword *c)
{
	const char *start = c->p;

	shword_skip(c, " \t\r");
	if (c->p == c->end || shword_at(c, "\n;"))
		return true;
	return *c->p == '#' && c->p > start;
}

/* Behind "export ". */
static int read_export(struct shenv *s, struct shword *c)
{
	do {
		AUTO(str) struct str value = { 0 };
		autostr char *name = NULL;

		shword_skip(c, " \t");
		name = shword_name(c);
		if (!name)
			return -1;
		if (shword_take(c, "=") && (shword_value(c, name, &value) ||
				     set(s, name, str_text(&value))))
			return -1;
		if (c->p < c->end && !shword_at(c, " \t\r\n;"))
			return -1;
		if (export(s, name))
			return -1;
	} while (!take_end(c));
	return 0;
}

/* NAME=VALUE, and no command behind it. */
static int read_assignment(struct shenv *s, struct shword *c)
{
	AUTO(str) struct str value = { 0 };
	autostr char *name = shword_name(c);

	if (!name || !shword_take(c, "=") || shword_value(c, name, &value) ||
	    !take_end(c))
		return -1;
	return set(s, name, str_text(&value));
}

/* Behind "test -n \"${": the rest of that, and the export of the same name. */
static int read_default(struct shenv *s, struct shword *c)
{
	AUTO(str) struct str value = { 0 };
	autostr char *name = shword_name(c);
	autostr char *again = NULL;
	const char *old;

	if (!name || !shword_take(c, ":-}\" || export "))
		return -1;
	again = shword_name(c);
	if (!str_eq(name, again) || !shword_take(c, "=") ||
	    shword_value(c, name, &value) || !take_end(c))
		return -1;
	old = env_get(&s->vars, name);
	if (old && *old)
		return 0;
	return set(s, name, str_text(&value)) || export(s, name) ? -1 : 0;
}

static int read_command(struct shenv *s, struct shword *c)
{
	if (shword_take(c, "export ") || shword_take(c, "export\t"))
		return read_export(s, c);
	if (shword_take(c, "test -n \"${"))
		return read_default(s, c);
	return read_assignment(s, c);
}

void shenv_read(struct shenv *s, const char *text, size_t n)
{
	struct shword c = { .p = text, .end = text + n, .vars = &s->vars };
	AUTO(str) struct str open = { 0 };

	if (n > SHENV_TEXT_MAX) {
		s->lost++;
		return;
	}
	for (;;) {
		const char *start;

		shword_skip(&c, " \t\r\n;");
		if (c.p == c.end)
			return;
		start = c.p;
		if (*c.p != '#' && !open.len && !read_command(s, &c))
			continue;
		c.p = start;
		s->lost += *c.p != '#';
		shskip_line(&c, &open);
	}
}

void shenv_list(const struct shenv *s, struct strlist *out)
{
	for (size_t i = 0; i < s->exported.n; i++) {
		const char *value = env_get(&s->vars, s->exported.v[i]);

		if (value)
			strlist_addf(out, "%s=%s", s->exported.v[i], value);
	}
}
