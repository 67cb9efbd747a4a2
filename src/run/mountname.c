/* mountname.c - which mount is a path on, in words for the user.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "run/mountname.h"

#include "base/io.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "base/strlist.h"

#include <fcntl.h>
#include <string.h>

#define MOUNTINFO_MAX ((size_t)4 << 20)

/* Fields of a line; others follow. */
enum { FIELD_ROOT = 3, FIELD_POINT = 4 };

/* Blanks, line ends and backslashes are three octal digits (proc(5)). */
static char *unescape(const char *field)
{
	AUTO(str) struct str s = { 0 };

	while (*field) {
		const char *f = field;

		if (f[0] == '\\' && f[1] >= '0' && f[1] <= '3' && f[2] >= '0' &&
		    f[2] <= '7' && f[3] >= '0' && f[3] <= '7') {
			str_addc(&s, (char)((f[1] - '0') << 6 |
					    (f[2] - '0') << 3 | (f[3] - '0')));
			field += 4;
		} else {
			str_addc(&s, *field++);
		}
	}
	return str_take(&s);
}

/* Take the components that are the same off the ends of A and B, absolute
 * paths, as long as both have some. */
static void cut_same_end(char *a, char *b)
{
	while (a[1] && b[1] && !strcmp(path_base(a), path_base(b))) {
		char *p = strrchr(a, '/'), *q = strrchr(b, '/');

		p[p == a] = '\0';
		q[q == b] = '\0';
	}
}

/* A mount at POINT inside that shows ROOT of its file system. */
static char *name_of(char *root, const char *point, const char *image)
{
	autostr char *inside = xstrdup(point);
	autostr char *above = image ? xstrdup(image) : NULL;

	if (!above || !strcmp(above, "/"))
		return TAKE(inside);
	cut_same_end(root, inside);
	/* What is bound from elsewhere ends in another way. */
	if (inside[1] ||
	    (point[1] && strcmp(path_base(root), path_base(above))))
		return xstrdup(point);
	cut_same_end(root, above);
	return TAKE(above);
}

char *mountname_find(const char *text, const char *path, const char *image)
{
	AUTO(strlist) struct strlist lines = { 0 };
	autostr char *root = NULL;
	autostr char *point = NULL;

	strlist_split(&lines, text, '\n', false);
	for (size_t i = 0; i < lines.n; i++) {
		AUTO(strlist) struct strlist field = { 0 };
		autostr char *here = NULL;

		strlist_split(&field, lines.v[i], ' ', false);
		if (field.n <= FIELD_POINT)
			continue;
		here = unescape(field.v[FIELD_POINT]);
		/* Of two at one place the later one is on top. */
		if (*here != '/' || !path_is_within(here, path) ||
		    (point && strlen(here) < strlen(point)))
			continue;
		free(root);
		free(point);
		root = unescape(field.v[FIELD_ROOT]);
		point = TAKE(here);
	}
	return point && *root == '/' ? name_of(root, point, image) : NULL;
}

char *mountname(const char *path, const char *image)
{
	AUTO(str) struct str text = { 0 };
	struct err ignored = { 0 }; /* then it has no name */
	autostr char *real = realpath(path, NULL);

	if (!real || io_read_file(AT_FDCWD, "/proc/self/mountinfo",
				  MOUNTINFO_MAX, &text, &ignored))
		return NULL;
	return mountname_find(str_text(&text), real, image);
}
