/* envfile.c - environment files, and lists of NAME=VALUE.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "format/envfile.h"

#include "base/mem.h"

#include <ctype.h>
#include <string.h>

/* Length of the name of ITEM, or 0 if it has none. */
static size_t name_len(const char *item)
{
	size_t n = strcspn(item, "=");

	return item[n] ? n : 0;
}

static bool has_name(const char *item, const char *name)
{
	size_t n = strlen(name);

	return !strncmp(item, name, n) && item[n] == '=';
}

static int parse_line(const char *line, struct strlist *out, struct err *e)
{
	size_t name = name_len(line), n;
	const char *value = line + name + 1;

	if (!line[strspn(line, " \t")])
		return 0;
	if (*line == '=')
		return err_set(e, ERR_FORMAT, "the name before '=' is empty");
	if (!name)
		return err_set(e, ERR_FORMAT,
			       "expected NAME=VALUE, found '%.100s'", line);
	n = strlen(value);
	if (n < 2 || value[0] != '\'' || value[n - 1] != '\'')
		strlist_add(out, line);
	else
		strlist_addf(out, "%.*s%.*s", (int)(name + 1), line,
			     (int)(n - 2), value + 1);
	return 0;
}

int envfile_parse(const char *name, const char *text, size_t n,
		  struct strlist *out, struct err *e)
{
	const char *end = text + n;

	for (size_t number = 1; text < end; number++) {
		const char *stop = memchr(text, '\n', (size_t)(end - text));
		size_t len = (size_t)((stop ? stop : end) - text);
		autostr char *line = xstrndup(text, len);

		if (strlen(line) < len)
			return err_set(e, ERR_FORMAT,
				       "%s:%zu: NUL is not allowed", name,
				       number);
		if (len && line[len - 1] == '\r')
			line[len - 1] = '\0';
		if (parse_line(line, out, e))
			return err_ctx(e, "%s:%zu", name, number);
		text += len + (stop != NULL);
	}
	return 0;
}

/* Would VALUE be read back as something else without quotes? */
static bool needs_quotes(const char *value)
{
	size_t n = strlen(value);

	if (!n)
		return false;
	return value[n - 1] == '\r' ||
	       (n > 1 && value[0] == '\'' && value[n - 1] == '\'');
}

size_t envfile_write(const struct strlist *items, struct str *out)
{
	size_t left_out = 0;

	for (size_t i = 0; i < items->n; i++) {
		const char *item = items->v[i];
		size_t name = name_len(item);
		const char *value = item + name + 1;
		const char *quote;

		if (!name || strchr(item, '\n')) {
			left_out++;
			continue;
		}
		quote = needs_quotes(value) ? "'" : "";
		str_addn(out, item, name + 1);
		str_add(out, quote);
		str_add(out, value);
		str_add(out, quote);
		str_addc(out, '\n');
	}
	return left_out;
}

int envfile_parse0(const char *name, const char *text, size_t n,
		   struct strlist *out, struct err *e)
{
	const char *end = text + n;

	for (size_t number = 1; text < end; number++) {
		size_t len = strnlen(text, (size_t)(end - text));
		autostr char *item = xstrndup(text, len);

		if (len && !name_len(item))
			return err_set(e, ERR_FORMAT,
				       "%s: item %zu: expected NAME=VALUE, "
				       "found '%.100s'",
				       name, number, item);
		if (len)
			strlist_give(out, TAKE(item));
		text += len + 1;
	}
	return 0;
}

/* Length of the variable's name at S. */
static size_t variable_len(const char *s)
{
	size_t n = 0;

	if (isdigit((unsigned char)*s))
		return 0;
	while (isalnum((unsigned char)s[n]) || s[n] == '_')
		n++;
	return n;
}

struct expansion {
	env_lookup *get;
	const void *ctx;
	struct str out;
	int depth; /* of TEXT in TEXT */
};

/* The '}' that belongs to the "${" before S, or NULL. */
static const char *closing(const char *s)
{
	int open = 1;

	for (; *s; s++) {
		if (s[0] == '$' && (s[1] == '$' || s[1] == '{'))
			open += *++s == '{';
		else if (*s == '}' && !--open)
			return s;
	}
	return NULL;
}

static void expand(struct expansion *x, const char *text);

/* "NAME:-TEXT}" or "NAME:+TEXT}" at S, NAME being N bytes and its value VALUE;
 * what it takes, or 0 if it is neither. */
static size_t expand_choice(struct expansion *x, const char *s, size_t n,
			    const char *value)
{
	bool is_default = s[n] == ':' && s[n + 1] == '-';
	bool is_alternative = s[n] == ':' && s[n + 1] == '+';
	bool is_set = value && *value;
	const char *text = s + n + 2, *end;
	autostr char *inner = NULL;

	if (!is_default && !is_alternative)
		return 0;
	end = closing(text);
	if (!end || x->depth == ENVFILE_DEPTH_MAX)
		return 0;
	if (is_default && is_set) {
		str_add(&x->out, value);
	} else if (is_default != is_set) {
		inner = xstrndup(text, (size_t)(end - text));
		x->depth++;
		expand(x, inner);
		x->depth--;
	}
	return (size_t)(end + 1 - s);
}

/* Add what the '$' at S stands for; the number of bytes it takes there. */
static size_t expand_one(struct expansion *x, const char *s)
{
	bool braces = s[1] == '{';
	const char *start = s + 1 + braces;
	size_t n = variable_len(start), taken;
	autostr char *name = xstrndup(start, n);
	const char *value = n ? x->get(x->ctx, name) : NULL;

	if (s[1] == '$') {
		str_addc(&x->out, '$');
		return 2;
	}
	if (n && (!braces || start[n] == '}')) {
		str_add(&x->out, value ? value : "");
		return 1 + n + 2 * (size_t)braces;
	}
	taken = n ? expand_choice(x, start, n, value) : 0;
	if (taken)
		return taken + 2;
	str_addc(&x->out, '$');
	return 1;
}

static void expand(struct expansion *x, const char *text)
{
	while (*text) {
		size_t n = strcspn(text, "$");

		str_addn(&x->out, text, n);
		text += n;
		if (*text)
			text += expand_one(x, text);
	}
}

char *envfile_expand(const char *value, env_lookup *get, const void *ctx)
{
	struct expansion x = { .get = get, .ctx = ctx };

	expand(&x, value);
	return str_take(&x.out);
}

const char *env_get(const struct strlist *env, const char *name)
{
	for (size_t i = 0; i < env->n; i++)
		if (has_name(env->v[i], name))
			return env->v[i] + strlen(name) + 1;
	return NULL;
}

void env_set(struct strlist *env, const char *name, const char *value)
{
	char *item = str_fmt("%s=%s", name, value);

	for (size_t i = 0; i < env->n;) {
		if (!has_name(env->v[i], name)) {
			i++;
		} else if (item) {
			free(env->v[i]);
			env->v[i++] = TAKE(item);
		} else {
			strlist_remove(env, i); /* it was there twice */
		}
	}
	if (item)
		strlist_give(env, item);
}
