/* shenv.c - the variables that a shell script exports, read without a shell.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "format/shenv.h"

#include "base/mem.h"
#include "base/str.h"
#include "format/envfile.h"

#include <string.h>

/* Behind a dollar sign: commands and parameters that are no variables. */
#define SPECIAL "(@*#?!$-0123456789"

struct cursor {
	const char *p, *end;
	const struct shenv *env;
	const char *self; /* the variable to which this is assigned */
	unsigned int depth;
};

static int word(struct cursor *c, char close, bool is_quoted, struct str *out);

void shenv_clear(struct shenv *s)
{
	strlist_clear(&s->vars);
	strlist_clear(&s->exported);
	*s = (struct shenv){ 0 };
}

size_t shenv_name(const char *text, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		char c = text[i];

		if (!(c == '_' || (c >= 'a' && c <= 'z') ||
		      (c >= 'A' && c <= 'Z') || (i && c >= '0' && c <= '9')))
			break;
	}
	return i;
}

static bool at(const struct cursor *c, const char *text)
{
	size_t n = strlen(text);

	return (size_t)(c->end - c->p) >= n && !memcmp(c->p, text, n);
}

/* Advances if TEXT is next. */
static bool take(struct cursor *c, const char *text)
{
	if (!at(c, text))
		return false;
	c->p += strlen(text);
	return true;
}

static bool is_any(char c, const char *set)
{
	return c && strchr(set, c);
}

static void skip_blanks(struct cursor *c, const char *blanks)
{
	while (c->p < c->end && is_any(*c->p, blanks))
		c->p++;
}

/* An identifier, which is next; NULL if there is none. Caller frees. */
static char *take_name(struct cursor *c)
{
	size_t n = shenv_name(c->p, (size_t)(c->end - c->p));

	c->p += n;
	return n ? xstrndup(c->p - n, n) : NULL;
}

static const char *value_of(const struct cursor *c, const char *name)
{
	const char *value = env_get(&c->env->vars, name);

	return !value && str_eq(name, "PATH") ? SHENV_PATH : value;
}

/* Behind "${NAME", from the operator to the brace: "}", ":-WORD}", ... */
static int expand_brace(struct cursor *c, const char *name, bool is_quoted,
			struct str *out)
{
	AUTO(str) struct str other = { 0 };
	const char *value = value_of(c, name);
	bool is_set, is_colon = take(c, ":");
	char op = c->p < c->end ? *c->p++ : '\0';

	if (op == '}' && !is_colon) {
		if (!value && !str_eq(name, c->self))
			return -1;
		str_add(out, value ? value : "");
		return 0;
	}
	if (!is_any(op, "-=+") || word(c, '}', is_quoted, &other))
		return -1;
	is_set = value && (*value || !is_colon);
	if (op == '+')
		str_add(out, is_set ? str_text(&other) : "");
	else
		str_add(out, is_set ? value : str_text(&other));
	return 0;
}

/* What the dollar sign that is next stands for. */
static int expand(struct cursor *c, bool is_quoted, struct str *out)
{
	autostr char *name = NULL;
	const char *value;
	int rc;

	c->p++;
	if (take(c, "{")) {
		name = take_name(c);
		if (!name || c->depth == SHENV_DEPTH_MAX)
			return -1;
		c->depth++;
		rc = expand_brace(c, name, is_quoted, out);
		c->depth--;
		return rc;
	}
	name = take_name(c);
	if (!name && c->p < c->end &&
	    is_any(*c->p, is_quoted ? SPECIAL : SPECIAL "'\""))
		return -1;
	if (!name) {
		str_addc(out, '$');
		return 0;
	}
	value = value_of(c, name);
	if (!value && !str_eq(name, c->self))
		return -1;
	str_add(out, value ? value : "");
	return 0;
}

static int backslash(struct cursor *c, bool is_quoted, struct str *out)
{
	char next;

	if (++c->p == c->end || !*c->p)
		return -1;
	next = *c->p++;
	if (next == '\n')
		return 0;
	if (is_quoted && !is_any(next, "$`\"\\}"))
		str_addc(out, '\\');
	str_addc(out, next);
	return 0;
}

static int single_quotes(struct cursor *c, struct str *out)
{
	const char *start = ++c->p;
	const char *close = memchr(start, '\'', (size_t)(c->end - start));

	if (!close || memchr(start, '\0', (size_t)(close - start)))
		return -1;
	str_addn(out, start, (size_t)(close - start));
	c->p = close + 1;
	return 0;
}

/* The next piece of a word: a character, or something quoted or expanded. */
static int piece(struct cursor *c, bool is_quoted, struct str *out)
{
	switch (*c->p) {
	case '\\':
		return backslash(c, is_quoted, out);
	case '$':
		return expand(c, is_quoted, out);
	case '"':
		c->p++;
		return word(c, '"', true, out);
	case '\'':
		if (!is_quoted)
			return single_quotes(c, out);
		break;
	case '\0':
	case '`':
		return -1;
	default:
		if (!is_quoted && is_any(*c->p, " \t\r\n;&|()<>~"))
			return -1;
	}
	str_addc(out, *c->p++);
	return 0;
}

/* A word: up to what ends one where CLOSE is 0, else to CLOSE, which is taken,
 * too. */
static int word(struct cursor *c, char close, bool is_quoted, struct str *out)
{
	for (;;) {
		if (out->len > SHENV_VALUE_MAX)
			return -1;
		if (c->p == c->end)
			return close ? -1 : 0;
		if (close && *c->p == close) {
			c->p++;
			return 0;
		}
		if (!close && is_any(*c->p, " \t\r\n;"))
			return 0;
		if (piece(c, is_quoted, out))
			return -1;
	}
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

/* Behind the '=' of an assignment to NAME. */
static int take_value(const struct shenv *s, struct cursor *c, const char *name,
		      struct str *out)
{
	c->env = s;
	c->self = name;
	c->depth = 0;
	return word(c, 0, false, out);
}

/* Is the command at its end? If so, go there. */
static bool take_end(struct cursor *c)
{
	const char *start = c->p;

	skip_blanks(c, " \t\r");
	if (c->p == c->end || is_any(*c->p, "\n;"))
		return true;
	return *c->p == '#' && c->p > start;
}

/* Behind "export ". */
static int read_export(struct shenv *s, struct cursor *c)
{
	do {
		AUTO(str) struct str value = { 0 };
		autostr char *name = NULL;

		skip_blanks(c, " \t");
		name = take_name(c);
		if (!name)
			return -1;
		if (take(c, "=") && (take_value(s, c, name, &value) ||
				     set(s, name, str_text(&value))))
			return -1;
		if (c->p < c->end && !is_any(*c->p, " \t\r\n;"))
			return -1;
		if (export(s, name))
			return -1;
	} while (!take_end(c));
	return 0;
}

/* NAME=VALUE, and no command behind it. */
static int read_assignment(struct shenv *s, struct cursor *c)
{
	AUTO(str) struct str value = { 0 };
	autostr char *name = take_name(c);

	if (!name || !take(c, "=") || take_value(s, c, name, &value) ||
	    !take_end(c))
		return -1;
	return set(s, name, str_text(&value));
}

/* Behind "test -n \"${": the rest of that, and the export of the same name. */
static int read_default(struct shenv *s, struct cursor *c)
{
	AUTO(str) struct str value = { 0 };
	autostr char *name = take_name(c);
	autostr char *again = NULL;
	const char *old;

	if (!name || !take(c, ":-}\" || export "))
		return -1;
	again = take_name(c);
	if (!str_eq(name, again) || !take(c, "=") ||
	    take_value(s, c, name, &value) || !take_end(c))
		return -1;
	old = env_get(&s->vars, name);
	if (old && *old)
		return 0;
	return set(s, name, str_text(&value)) || export(s, name) ? -1 : 0;
}

static int read_command(struct shenv *s, struct cursor *c)
{
	if (take(c, "export ") || take(c, "export\t"))
		return read_export(s, c);
	if (take(c, "test -n \"${"))
		return read_default(s, c);
	return read_assignment(s, c);
}

static int nesting_of(const char *p, size_t n)
{
	static const char *const words[] = { "if",    "case", "for",   "while",
					     "until", "{",    "select" };
	static const char *const ends[] = { "fi", "esac", "done", "}" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strlen(words[i]) == n && !memcmp(words[i], p, n))
			return 1;
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		if (strlen(ends[i]) == n && !memcmp(ends[i], p, n))
			return -1;
	return 0;
}

/* To behind the quotes that open at C. */
static void skip_quotes(struct cursor *c)
{
	char quote = *c->p++;

	for (; c->p < c->end && *c->p != quote; c->p++)
		if (*c->p == '\\' && quote == '"' && c->p + 1 < c->end)
			c->p++;
	if (c->p < c->end)
		c->p++;
}

/* Skip a line that was not understood; *DEPTH counts what it opens and closes.
 * Quotes may run over several lines. */
static void skip_line(struct cursor *c, long *depth)
{
	while (c->p < c->end && *c->p != '\n') {
		const char *start = c->p;

		if (*c->p == '#') {
			while (c->p < c->end && *c->p != '\n')
				c->p++;
			return;
		}
		while (c->p < c->end && !is_any(*c->p, " \t\r\n;")) {
			if (*c->p == '\\' && c->p + 1 < c->end)
				c->p += 2;
			else if (is_any(*c->p, "'\""))
				skip_quotes(c);
			else
				c->p++;
		}
		*depth += nesting_of(start, (size_t)(c->p - start));
		if (*depth < 0)
			*depth = 0;
		skip_blanks(c, " \t\r;");
	}
}

int shenv_read(struct shenv *s, const char *text, size_t n, struct err *e)
{
	struct cursor c = { .p = text, .end = text + n };
	long depth = 0;

	if (n > SHENV_TEXT_MAX)
		return err_set(e, ERR_LIMIT,
			       "script: %zu bytes are more than %u", n,
			       SHENV_TEXT_MAX);
	for (;;) {
		const char *start;

		skip_blanks(&c, " \t\r\n;");
		if (c.p == c.end)
			return 0;
		start = c.p;
		if (*c.p != '#' && !depth && !read_command(s, &c))
			continue;
		c.p = start;
		s->lost += *c.p != '#';
		skip_line(&c, &depth);
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
