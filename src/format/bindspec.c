/* bindspec.c - the argument of --bind.
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

static int set_options(const char *text, struct bindspec *b, struct err *e)
{
	AUTO(strlist) struct strlist words = { 0 };

	strlist_split(&words, text, ',', true);
	for (size_t i = 0; i < words.n; i++) {
		const char *w = words.v[i];

		if (!strcmp(w, "ro"))
			b->readonly = true;
		else if (!strcmp(w, "rw"))
			b->readonly = false;
		else if (!strcmp(w, "optional"))
			b->optional = true;
		else
			return err_set(e, ERR_USAGE,
				       "unknown option '%s', expected ro, rw "
				       "or optional",
				       w);
	}
	return 0;
}

static int set_dst(const char *dst, struct bindspec *b, struct err *e)
{
	if (*dst != '/')
		return err_set(e, ERR_USAGE,
			       "destination '%s' is not an absolute path", dst);
	b->dst = path_clean(dst);
	if (!strcmp(b->dst, "/"))
		return err_set(e, ERR_USAGE, "the destination can't be '/'");
	return 0;
}

static int parse(const char *text, struct bindspec *b, struct err *e)
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
	return set_dst(parts.v[parts.n > 1], b, e);
}

int bindspec_parse(const char *text, struct bindspec *out, struct err *e)
{
	AUTO(bindspec) struct bindspec b = { 0 };

	*out = b;
	if (parse(text, &b, e))
		return err_ctx(e, "bind '%s'", text);
	*out = b;
	b = (struct bindspec){ 0 };
	return 0;
}

void bindspec_clear(struct bindspec *b)
{
	free(b->src);
	free(b->dst);
	*b = (struct bindspec){ 0 };
}
