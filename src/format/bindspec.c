/* bindspec.c - the arguments of --bind and --mount.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "format/bindspec.h"

#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "base/strlist.h"

#include <string.h>

/* The parts of TEXT between ':' that no backslash stands before. */
static void split(const char *text, struct strlist *parts)
{
	AUTO(str) struct str s = { 0 };

	for (; *text; text++) {
		if (*text == ':') {
			strlist_give(parts, str_take(&s));
			continue;
		}
		if (*text == '\\' && (text[1] == ':' || text[1] == '\\'))
			text++;
		str_addc(&s, *text);
	}
	strlist_give(parts, str_take(&s));
}

static int set_word(const char *w, struct bindspec *b)
{
	if (!strcmp(w, "ro"))
		b->readonly = true;
	else if (!strcmp(w, "rw"))
		b->readonly = false;
	else if (!strcmp(w, "optional"))
		b->optional = true;
	else
		return -1;
	return 0;
}

static int set_options(const char *text, struct bindspec *b, struct err *e)
{
	AUTO(strlist) struct strlist words = { 0 };

	strlist_split(&words, text, ',', true);
	for (size_t i = 0; i < words.n; i++) {
		if (set_word(words.v[i], b))
			return err_set(e, ERR_USAGE,
				       "unknown option '%s', expected ro, rw "
				       "or optional",
				       words.v[i]);
	}
	return 0;
}

static int set_dst(const char *dst, struct bindspec *b, struct err *e)
{
	free(b->dst);
	b->dst = NULL;
	if (*dst != '/')
		return err_set(e, ERR_USAGE,
			       "destination '%s' is not an absolute path", dst);
	b->dst = path_clean(dst);
	if (!strcmp(b->dst, "/"))
		return err_set(e, ERR_USAGE, "the destination can't be '/'");
	return 0;
}

static int parse(const char *text, const char *usual, struct bindspec *b,
		 struct err *e)
{
	AUTO(strlist) struct strlist parts = { 0 };

	split(text, &parts);
	if (parts.n > 3)
		return err_set(e, ERR_USAGE,
			       "expected SRC[:DST[:OPTIONS]], found %zu parts",
			       parts.n);
	for (size_t i = 0; i < parts.n; i++)
		if (!*parts.v[i])
			return err_set(e, ERR_USAGE,
				       "a part of SRC[:DST[:OPTIONS]] is "
				       "empty");
	b->src = xstrdup(parts.v[0]);
	if (parts.n == 3 && set_options(parts.v[2], b, e))
		return -1;
	if (parts.n == 1 && usual)
		return set_dst(usual, b, e);
	return set_dst(parts.v[parts.n > 1], b, e);
}

/* The fields of TEXT, with their quotes taken off. */
static int split_fields(const char *text, struct strlist *fields, struct err *e)
{
	for (;; text++) {
		AUTO(str) struct str s = { 0 };
		bool quoted = *text == '"';
		bool is_open = quoted;

		text += quoted;
		for (; *text && (quoted || *text != ','); text++) {
			if (quoted && *text == '"' && *++text != '"') {
				is_open = false;
				break;
			}
			str_addc(&s, *text);
		}
		if (is_open)
			return err_set(e, ERR_USAGE, "a quote has no end");
		if (*text && *text != ',')
			return err_set(e, ERR_USAGE,
				       "'%c' behind a quote, expected ','",
				       *text);
		strlist_give(fields, str_take(&s));
		if (!*text)
			return 0;
	}
}

int bindspec_check_size(const char *text, struct err *e)
{
	size_t digits = strspn(text, "0123456789");
	const char *unit = text + digits;

	if (digits && digits < 12 &&
	    (!*unit || (!unit[1] && strchr("kKmMgGtT%", *unit))) &&
	    strspn(text, "0") < digits)
		return 0;
	return err_set(
		e, ERR_USAGE,
		"expected a size (bytes, or with K, M, G, T or %%), found '%s'",
		text);
}

static const char *const key_names[][4] = {
	{ "type" },
	{ "src", "source" },
	{ "dst", "destination", "target" },
	{ "size", "tmpfs-size" },
};
enum key { KEY_TYPE, KEY_SRC, KEY_DST, KEY_SIZE, N_KEYS };

static enum key find_key(const char *name)
{
	for (int k = 0; k < N_KEYS; k++)
		for (int i = 0; i < 4 && key_names[k][i]; i++)
			if (!strcmp(key_names[k][i], name))
				return (enum key)k;
	return N_KEYS;
}

static int set_flag(const char *name, const char *value, struct bindspec *b,
		    struct err *e)
{
	if (!strcmp(name, "readonly"))
		name = "ro";
	if (set_word(name, b))
		return err_set(e, ERR_USAGE,
			       "unknown key '%s', expected type, src, dst, "
			       "ro, rw, optional or size",
			       name);
	if (!value)
		return 0;
	if (!strcmp(name, "ro") &&
	    (!strcmp(value, "true") || !strcmp(value, "1")))
		return 0;
	return err_set(e, ERR_USAGE, "'%s' takes no value", name);
}

/* One field KEY=VALUE or WORD; *TMPFS tells of the type. */
static int set_field(char *field, struct bindspec *b, bool *tmpfs,
		     struct err *e)
{
	char *value = strchr(field, '=');
	enum key k;

	if (value)
		*value++ = '\0';
	k = find_key(field);
	if (k == N_KEYS)
		return set_flag(field, value, b, e);
	if (!value || !*value)
		return err_set(e, ERR_USAGE, "'%s' has no value", field);
	if (k == KEY_DST)
		return set_dst(value, b, e);
	if (k == KEY_TYPE) {
		*tmpfs = !strcmp(value, "tmpfs");
		return *tmpfs || !strcmp(value, "bind")
			       ? 0
			       : err_set(e, ERR_USAGE,
					 "unknown type '%s', expected bind or "
					 "tmpfs",
					 value);
	}
	if (k == KEY_SIZE && bindspec_check_size(value, e))
		return err_ctx(e, "%s", field);
	free(k == KEY_SIZE ? b->size : b->src);
	*(k == KEY_SIZE ? &b->size : &b->src) = xstrdup(value);
	return 0;
}

static int parse_mount(const char *text, struct bindspec *b, struct err *e)
{
	AUTO(strlist) struct strlist fields = { 0 };
	bool tmpfs = false;

	if (split_fields(text, &fields, e))
		return -1;
	for (size_t i = 0; i < fields.n; i++)
		if (set_field(fields.v[i], b, &tmpfs, e))
			return -1;
	if (tmpfs && (b->src || b->readonly || !b->dst))
		return err_set(e, ERR_USAGE,
			       "type=tmpfs wants dst, and takes no src or ro");
	if (!tmpfs && (!b->src || b->size))
		return err_set(e, ERR_USAGE,
			       "type=bind wants src, and takes no size");
	return b->dst ? 0 : set_dst(b->src, b, e);
}

static int finish(struct bindspec *b, int bad, const char *what,
		  const char *text, struct bindspec *out, struct err *e)
{
	*out = (struct bindspec){ 0 };
	if (bad) {
		bindspec_clear(b);
		return err_ctx(e, "%s '%s'", what, text);
	}
	*out = *b;
	return 0;
}

int bindspec_parse(const char *text, const char *usual, struct bindspec *out,
		   struct err *e)
{
	struct bindspec b = { 0 };

	return finish(&b, parse(text, usual, &b, e), "bind", text, out, e);
}

int bindspec_parse_mount(const char *text, struct bindspec *out, struct err *e)
{
	struct bindspec b = { 0 };

	return finish(&b, parse_mount(text, &b, e), "mount", text, out, e);
}

void bindspec_clear(struct bindspec *b)
{
	free(b->src);
	free(b->size);
	free(b->dst);
	*b = (struct bindspec){ 0 };
}
