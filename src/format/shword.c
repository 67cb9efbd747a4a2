/* shword.c - words of a shell script, expanded without a shell.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "format/shword.h"

#include "base/mem.h"
#include "format/envfile.h"

#include <string.h>

/* Behind a dollar sign: commands and parameters that are no variables. */
#define SPECIAL "(@*#?!$-0123456789"

static int word(struct shword *c, char close, bool is_quoted, struct str *out);

size_t shword_ident(const char *text, size_t n)
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

bool shword_take(struct shword *c, const char *text)
{
	size_t n = strlen(text);

	if ((size_t)(c->end - c->p) < n || memcmp(c->p, text, n) != 0)
		return false;
	c->p += n;
	return true;
}

static bool is_any(char c, const char *set)
{
	return c && strchr(set, c);
}

bool shword_at(const struct shword *c, const char *set)
{
	return c->p < c->end && is_any(*c->p, set);
}

void shword_skip(struct shword *c, const char *set)
{
	while (shword_at(c, set))
		c->p++;
}

char *shword_name(struct shword *c)
{
	size_t n = shword_ident(c->p, (size_t)(c->end - c->p));

	c->p += n;
	return n ? xstrndup(c->p - n, n) : NULL;
}

static const char *value_of(const struct shword *c, const char *name)
{
	const char *value = env_get(c->vars, name);

	return !value && str_eq(name, "PATH") ? SHWORD_PATH : value;
}

/* Behind "${NAME", from the operator to the brace: "}", ":-WORD}", ... */
static int expand_brace(struct shword *c, const char *name, bool is_quoted,
			struct str *out)
{
	AUTO(str) struct str other = { 0 };
	const char *value = value_of(c, name);
	bool is_set, is_colon = shword_take(c, ":");
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
static int expand(struct shword *c, bool is_quoted, struct str *out)
{
	autostr char *name = NULL;
	const char *value;
	int rc;

	c->p++;
	if (shword_take(c, "{")) {
		name = shword_name(c);
		if (!name || c->depth == SHWORD_DEPTH_MAX)
			return -1;
		c->depth++;
		rc = expand_brace(c, name, is_quoted, out);
		c->depth--;
		return rc;
	}
	name = shword_name(c);
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

static int backslash(struct shword *c, bool is_quoted, struct str *out)
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

static int single_quotes(struct shword *c, struct str *out)
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
static int piece(struct shword *c, bool is_quoted, struct str *out)
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
static int word(struct shword *c, char close, bool is_quoted, struct str *out)
{
	for (;;) {
		if (out->len > SHWORD_BYTES_MAX)
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

int shword_value(struct shword *c, const char *self, struct str *out)
{
	c->self = self;
	c->depth = 0;
	return word(c, 0, false, out);
}
