/* attrs.c - read extended attributes: flistxattr and fgetxattr.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Hardly any file has one, so the list is asked for with a small buffer first:
 * the kernel allocates one of the same size.
 */
#include "config.h"

#include "layer/attrs.h"

#include "base/mem.h"

#include <linux/limits.h>
#include <string.h>
#include <sys/xattr.h>

#define NAMES_FIRST 1024

void attrs_clear(struct attrs *a)
{
	free(a->names);
	free(a->v);
	str_clear(&a->values);
	*a = (struct attrs){ 0 };
}

static ssize_t list(struct attrs *a, int fd)
{
	if (!a->names) {
		a->names_len = NAMES_FIRST;
		a->names = xmalloc(a->names_len);
	}
	ssize_t n = flistxattr(fd, a->names, a->names_len);

	if (n >= 0 || errno != ERANGE || a->names_len == XATTR_LIST_MAX)
		return n;
	a->names_len = XATTR_LIST_MAX;
	a->names = xrealloc(a->names, a->names_len, 1);
	return flistxattr(fd, a->names, a->names_len);
}

bool attrs_belong(const char *name)
{
	if (str_starts(name, "user.overlay.") ||
	    str_starts(name, "trusted.overlay."))
		return false;
	return str_starts(name, "user.") || str_starts(name, "trusted.") ||
	       str_eq(name, "security.capability");
}

static int add(struct attrs *a, int fd, const char *name, struct err *e)
{
	char *to = str_reserve(&a->values, XATTR_SIZE_MAX);
	ssize_t n = fgetxattr(fd, name, to, XATTR_SIZE_MAX);

	if (n < 0 && (errno == ENODATA || errno == EACCES || errno == EPERM))
		return 0;
	if (n < 0)
		return err_sys(e, "can't read attribute '%s'", name);
	a->v = mem_grow(a->v, &a->cap, a->n + 1, sizeof(*a->v));
	a->v[a->n++] = (struct attr){ name, a->values.len, (size_t)n };
	a->values.len += (size_t)n;
	a->values.p[a->values.len] = '\0';
	return 0;
}

static int by_name(const void *x, const void *y)
{
	const struct attr *a = x;
	const struct attr *b = y;

	return strcmp(a->name, b->name);
}

void attrs_reset(struct attrs *a)
{
	a->n = 0;
	a->next = 0;
	a->values.len = 0;
}

int attrs_read(struct attrs *a, int fd, struct err *e)
{
	ssize_t len = list(a, fd);
	const char *name = a->names;

	attrs_reset(a);
	if (len < 0 && (errno == ENOTSUP || errno == ENOSYS))
		return 0;
	if (len < 0)
		return err_sys(e, "can't list attributes");
	for (; name < a->names + len; name += strlen(name) + 1)
		if (attrs_belong(name) && add(a, fd, name, e))
			return -1;
	if (a->n > 1)
		qsort(a->v, a->n, sizeof(*a->v), by_name);
	return 0;
}

const void *attrs_take(struct attrs *a, const char *name, size_t *size)
{
	for (size_t i = 0; i < a->n; i++) {
		struct attr found = a->v[i];

		if (strcmp(found.name, name) != 0)
			continue;
		memmove(&a->v[i], &a->v[i + 1], (a->n - i - 1) * sizeof(*a->v));
		a->n--;
		*size = found.size;
		return a->values.p + found.at;
	}
	return NULL;
}

bool attrs_next(struct attrs *a, const char **name, const void **value,
		size_t *size)
{
	if (a->next == a->n)
		return false;
	const struct attr *attr = &a->v[a->next++];

	*name = attr->name;
	*value = a->values.p + attr->at;
	*size = attr->size;
	return true;
}
