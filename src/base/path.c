/* path.c - paths as text: join, clean, split, compare.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/path.h"

#include "base/mem.h"
#include "base/str.h"

#include <string.h>

static bool is_dotdot(const char *s, size_t len)
{
	return len == 2 && s[0] == '.' && s[1] == '.';
}

/* Length of P without its trailing slashes; the first byte stays. */
static size_t length_trimmed(const char *p)
{
	size_t n = strlen(p);

	while (n > 1 && p[n - 1] == '/')
		n--;
	return n;
}

char *path_join(const char *a, const char *b)
{
	if (!*a || !*b)
		return xstrdup(*a ? a : b);
	size_t n = strlen(a);

	while (n > 0 && a[n - 1] == '/')
		n--;
	b += strspn(b, "/");
	return str_fmt("%.*s/%s", (int)n, a, b);
}

/* Take the last component of OUT off; false if there is none that ".." may
 * cancel. FLOOR bytes in front (the leading slash) always stay. */
static bool pop(struct str *out, size_t floor)
{
	if (out->len <= floor)
		return false;
	const char *slash = memrchr(out->p + floor, '/', out->len - floor);
	size_t last = slash ? (size_t)(slash - out->p) + 1 : floor;

	if (is_dotdot(out->p + last, out->len - last))
		return false;
	out->len = slash ? last - 1 : floor;
	out->p[out->len] = '\0';
	return true;
}

char *path_clean(const char *p)
{
	AUTO(str) struct str out = { 0 };
	size_t floor = *p == '/';
	const char *name;
	size_t len;

	if (floor)
		str_addc(&out, '/');
	while ((name = path_next(&p, &len))) {
		if (len == 1 && *name == '.')
			continue;
		if (is_dotdot(name, len) && (pop(&out, floor) || floor))
			continue;
		if (out.len > floor)
			str_addc(&out, '/');
		str_addn(&out, name, len);
	}
	if (!out.len)
		str_addc(&out, '.');
	return str_take(&out);
}

const char *path_base(const char *p)
{
	size_t n = length_trimmed(p);

	if (n == 1 && *p == '/')
		return p + strlen(p);
	while (n > 0 && p[n - 1] != '/')
		n--;
	return p + n;
}

char *path_dir(const char *p)
{
	size_t n = length_trimmed(p);

	while (n > 0 && p[n - 1] != '/')
		n--;
	if (!n)
		return xstrdup(".");
	while (n > 1 && p[n - 1] == '/')
		n--;
	return xstrndup(p, n);
}

bool path_is_within(const char *root, const char *p)
{
	size_t n = strlen(root);
	const char *rest = p;
	size_t len;

	if (n == 1 && *root == '/')
		return *p == '/';
	if (n == 1 && *root == '.') {
		const char *first = path_next(&rest, &len);

		return *p != '/' && !(first && is_dotdot(first, len));
	}
	return !strncmp(root, p, n) && (!p[n] || p[n] == '/');
}

const char *path_next(const char **p, size_t *len)
{
	const char *name = *p + strspn(*p, "/");

	*len = strcspn(name, "/");
	*p = name + *len;
	return *len ? name : NULL;
}

const char *path_inside(const char *name)
{
	while (*name == '/' || (name[0] == '.' && name[1] == '/'))
		name += *name == '/' ? 1 : 2;
	return name;
}
