/* toml.c - the part of TOML 1.0 that configuration of container tools uses.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "format/toml.h"

#include "base/mem.h"
#include "base/str.h"

#include <string.h>

#define DIGITS "0123456789"
#define BARE "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" DIGITS "_-"
#define SHOWN 40 /* of wrong text in a message */

/* Where the parser is. */
struct parse {
	const char *name;
	const char *p; /* ends with a NUL */
	int line;
	size_t values;
};

PRINTF_LIKE(3, 4)
static int fail(const struct parse *at, struct err *e, const char *fmt, ...)
{
	AUTO(str) struct str s = { 0 };
	va_list ap;

	va_start(ap, fmt);
	str_addv(&s, fmt, ap);
	va_end(ap);
	return err_set(e, ERR_FORMAT, "%s:%d: %s", at->name, at->line, s.p);
}

/* What stands at P up to the end of its line, cut, for a message. */
static char *shown(const char *p)
{
	size_t n = strcspn(p, "\r\n");

	if (!n)
		return xstrdup("the end of the line");
	return str_fmt("'%.*s'%s", n < SHOWN ? (int)n : SHOWN, p,
		       n > SHOWN ? "..." : "");
}

static int expected(const struct parse *at, const char *what, struct err *e)
{
	autostr char *found = shown(at->p);

	return fail(at, e, "expected %s, found %s", what, found);
}

void toml_free(struct toml *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->n; i++)
		toml_free(t->v[i]);
	free(t->v);
	free(t->key);
	free(t->text);
	free(t);
}

static struct toml *member(const struct toml *table, const char *key)
{
	for (size_t i = 0; i < table->n; i++)
		if (str_eq(table->v[i]->key, key))
			return table->v[i];
	return NULL;
}

const struct toml *toml_get(const struct toml *table, const char *key)
{
	return member(table, key);
}

const char *toml_type_text(enum toml_type type)
{
	static const char *const text[] = {
		[TOML_TABLE] = "a table",   [TOML_ARRAY] = "an array",
		[TOML_STRING] = "a string", [TOML_BOOL] = "true or false",
		[TOML_INT] = "a number",
	};

	return text[type];
}

/* A new member or item of PARENT, or NULL beyond the limit. */
static struct toml *add(struct parse *at, struct toml *parent,
			enum toml_type type, const char *key, struct err *e)
{
	struct toml *t;

	if (++at->values > TOML_VALUES_MAX) {
		err_set(e, ERR_LIMIT, "%s:%d: more than %d values", at->name,
			at->line, TOML_VALUES_MAX);
		return NULL;
	}
	t = xcalloc(1, sizeof(*t));
	t->type = type;
	t->line = at->line;
	t->key = key ? xstrdup(key) : NULL;
	parent->v = mem_grow(parent->v, &parent->cap, parent->n + 1,
			     sizeof(*parent->v));
	parent->v[parent->n++] = t;
	return t;
}

static void skip_blanks(struct parse *at)
{
	at->p += strspn(at->p, " \t");
}

static void skip_comment(struct parse *at)
{
	skip_blanks(at);
	if (*at->p == '#')
		at->p += strcspn(at->p, "\n");
}

/* Over one line end, if there is one. */
static bool skip_newline(struct parse *at)
{
	if (at->p[0] == '\r' && at->p[1] == '\n')
		at->p++;
	if (*at->p != '\n')
		return false;
	at->p++;
	at->line++;
	return true;
}

static int end_line(struct parse *at, struct err *e)
{
	skip_comment(at);
	if (!*at->p || skip_newline(at))
		return 0;
	return expected(at, "the end of the line", e);
}

/* Blanks, comments and line ends, as between the items of an array. */
static void skip_lines(struct parse *at)
{
	do
		skip_comment(at);
	while (skip_newline(at));
}

/* What stands behind a backslash. */
static int add_escape(struct parse *at, struct str *s, struct err *e)
{
	static const char names[] = "btnfr\"\\", values[] = "\b\t\n\f\r\"\\";
	const char *c = *at->p ? strchr(names, *at->p) : NULL;

	if (c) {
		str_addc(s, values[c - names]);
		at->p++;
		return 0;
	}
	if (*at->p == 'u' || *at->p == 'U')
		return fail(at, e, "escaped code points are not supported");
	return expected(at, "one of b t n f r \" \\ behind a backslash", e);
}

/* The string that starts with the quote at P; NULL on error. */
static char *parse_string(struct parse *at, struct err *e)
{
	AUTO(str) struct str s = { 0 };
	char quote = *at->p;

	if (at->p[1] == quote && at->p[2] == quote) {
		fail(at, e, "strings in three quotes are not supported");
		return NULL;
	}
	for (at->p++; *at->p != quote;) {
		unsigned char c = (unsigned char)*at->p;

		if ((c < ' ' && c != '\t') || c == 0x7f) {
			expected(at, quote == '"' ? "'\"'" : "a single quote",
				 e);
			return NULL;
		}
		at->p++;
		if (c != '\\' || quote == '\'')
			str_addc(&s, (char)c);
		else if (add_escape(at, &s, e))
			return NULL;
	}
	at->p++;
	return str_take(&s);
}

/* One part of a key, NULL on error. */
static char *parse_key(struct parse *at, struct err *e)
{
	size_t n;
	char *key;

	skip_blanks(at);
	if (*at->p == '"' || *at->p == '\'') {
		key = parse_string(at, e);
	} else {
		n = strspn(at->p, BARE);
		if (!n)
			expected(at, "a key", e);
		key = n ? xstrndup(at->p, n) : NULL;
		at->p += n;
	}
	skip_blanks(at);
	return key;
}

/* The table that KEY in T stands for on the way to another: made if missing, of
 * an array of tables the last. */
static struct toml *step_into(struct parse *at, struct toml *t, const char *key,
			      struct err *e)
{
	struct toml *found = member(t, key);

	if (!found)
		return add(at, t, TOML_TABLE, key, e);
	if (found->type == TOML_ARRAY && found->is_headed)
		return found->v[found->n - 1];
	if (found->type == TOML_TABLE)
		return found;
	fail(at, e, "'%s' is %s (line %d), not a table", key,
	     toml_type_text(found->type), found->line);
	return NULL;
}

/* A dotted key from table T on: the table that its last part belongs to, and
 * that part, which the caller frees, to LAST. NULL on error. */
static struct toml *parse_path(struct parse *at, struct toml *t, char **last,
			       struct err *e)
{
	for (int depth = 0; depth < TOML_DEPTH_MAX; depth++) {
		autostr char *key = parse_key(at, e);

		if (!key)
			return NULL;
		if (*at->p != '.') {
			*last = TAKE(key);
			return t;
		}
		at->p++;
		t = step_into(at, t, key, e);
		if (!t)
			return NULL;
	}
	err_set(e, ERR_LIMIT, "%s:%d: a key of more than %d parts", at->name,
		at->line, TOML_DEPTH_MAX);
	return NULL;
}

static int twice(const struct parse *at, const struct toml *first,
		 struct err *e)
{
	return fail(at, e, "'%s' is defined already, in line %d", first->key,
		    first->line);
}

/* "[KEY]": the table that what follows belongs to. */
static struct toml *open_table(struct parse *at, struct toml *t,
			       const char *key, struct err *e)
{
	struct toml *found = member(t, key);

	if (found && (found->type != TOML_TABLE || found->is_headed)) {
		twice(at, found, e);
		return NULL;
	}
	if (!found)
		found = add(at, t, TOML_TABLE, key, e);
	if (found)
		found->is_headed = true;
	return found;
}

/* "[[KEY]]" */
static struct toml *open_item(struct parse *at, struct toml *t, const char *key,
			      struct err *e)
{
	struct toml *found = member(t, key);

	if (found && (found->type != TOML_ARRAY || !found->is_headed)) {
		twice(at, found, e);
		return NULL;
	}
	if (!found)
		found = add(at, t, TOML_ARRAY, key, e);
	if (!found)
		return NULL;
	found->is_headed = true;
	return add(at, found, TOML_TABLE, NULL, e);
}

static struct toml *parse_header(struct parse *at, struct toml *root,
				 struct err *e)
{
	bool is_item = at->p[1] == '[';
	autostr char *key = NULL;
	struct toml *t;

	at->p += is_item ? 2 : 1;
	t = parse_path(at, root, &key, e);
	if (!t)
		return NULL;
	if (*at->p != ']' || (is_item && at->p[1] != ']')) {
		expected(at, is_item ? "']]'" : "']'", e);
		return NULL;
	}
	at->p += is_item ? 2 : 1;
	t = is_item ? open_item(at, t, key, e) : open_table(at, t, key, e);
	return t && !end_line(at, e) ? t : NULL;
}

/* A word that is no string: boolean or decimal integer. */
static int parse_word(struct parse *at, struct toml *t, struct err *e)
{
	size_t n = strcspn(at->p, " \t\r\n,]#");
	autostr char *word = xstrndup(at->p, n);
	const char *digits = word + (*word == '-' || *word == '+');
	size_t len = strlen(digits);

	if (!strcmp(word, "true") || !strcmp(word, "false")) {
		t->type = TOML_BOOL;
		t->number = *word == 't';
	} else if (len && len <= 18 && strspn(digits, DIGITS) == len &&
		   (*digits != '0' || len == 1)) {
		t->type = TOML_INT;
		t->number = strtoll(word, NULL, 10);
	} else if (*word == '{') {
		return fail(at, e, "inline tables are not supported");
	} else if (*digits && strchr(DIGITS, *digits)) {
		return fail(at, e,
			    "'%.*s': of numbers and dates only decimal "
			    "integers are supported",
			    SHOWN, word);
	} else {
		return expected(at, "a value", e);
	}
	at->p += n;
	return 0;
}

static int parse_scalar(struct parse *at, struct toml *t, struct err *e)
{
	if (*at->p != '"' && *at->p != '\'')
		return parse_word(at, t, e);
	t->text = parse_string(at, e);
	return t->text ? 0 : -1;
}

static int parse_array(struct parse *at, struct toml *t, struct err *e)
{
	struct toml *item;

	t->type = TOML_ARRAY;
	for (at->p++;; at->p++) {
		skip_lines(at);
		if (*at->p == ']')
			break;
		if (*at->p == '[')
			return fail(at, e,
				    "arrays in arrays are not supported");
		item = add(at, t, TOML_STRING, NULL, e);
		if (!item || parse_scalar(at, item, e))
			return -1;
		skip_lines(at);
		if (*at->p == ']')
			break;
		if (*at->p != ',')
			return expected(at, "',' or ']'", e);
	}
	at->p++;
	return 0;
}

static int parse_setting(struct parse *at, struct toml *table, struct err *e)
{
	autostr char *key = NULL;
	struct toml *t = parse_path(at, table, &key, e);
	const struct toml *found;

	if (!t)
		return -1;
	if (*at->p != '=')
		return expected(at, "'='", e);
	at->p++;
	skip_blanks(at);
	found = member(t, key);
	if (found)
		return twice(at, found, e);
	t = add(at, t, TOML_STRING, key, e);
	if (!t ||
	    (*at->p == '[' ? parse_array(at, t, e) : parse_scalar(at, t, e)))
		return -1;
	return end_line(at, e);
}

static int parse_all(struct parse *at, struct toml *root, struct err *e)
{
	struct toml *table = root;

	for (;;) {
		skip_lines(at);
		if (!*at->p)
			return 0;
		if (*at->p != '[') {
			if (parse_setting(at, table, e))
				return -1;
			continue;
		}
		table = parse_header(at, root, e);
		if (!table)
			return -1;
	}
}

struct toml *toml_parse(const char *name, const char *text, size_t n,
			struct err *e)
{
	AUTO(toml) struct toml *root = xcalloc(1, sizeof(*root));
	struct parse at = { .name = name, .line = 1 };
	autostr char *copy = NULL;

	if (n > TOML_BYTES_MAX) {
		err_set(e, ERR_LIMIT, "'%s' has %zu bytes, the most is %u",
			name, n, TOML_BYTES_MAX);
		return NULL;
	}
	if (!n)
		return TAKE(root);
	copy = xstrndup(text, n);
	at.p = copy;
	if (parse_all(&at, root, e))
		return NULL;
	if (at.p < copy + n) {
		fail(&at, e, "a NUL byte");
		return NULL;
	}
	return TAKE(root);
}
