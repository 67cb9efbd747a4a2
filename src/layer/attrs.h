/* attrs.h - the extended attributes that belong into an image: user.*,
 * trusted.* and security.capability; and how those of an open file are read.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Left out, of files and of images that have them, is what is a host's: labels
 * and signatures of its security modules, access lists (they name its users),
 * and user.overlay.* and trusted.overlay.*, with which the image would tell an
 * overlay file system things.
 */
#ifndef LAYER_ATTRS_H
#define LAYER_ATTRS_H

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>

struct attr {
	const char *name;
	size_t at; /* of the value, in VALUES */
	size_t size;
};

/* `struct attrs a = { 0 };` is empty. */
struct attrs {
	char *names;
	size_t names_len;
	struct str values;
	struct attr *v; /* in the order of their names */
	size_t n;
	size_t cap;
	size_t next; /* attrs_next's */
};

/* Does the attribute NAME belong into an image? */
bool attrs_belong(const char *name);

void attrs_clear(struct attrs *a);
AUTO_DEFINE(attrs, struct attrs, attrs_clear)

/* Empty again. */
void attrs_reset(struct attrs *a);
/* Read those of FD in place of what was there. What is listed but can't be read
 * is left out, for a file may have attributes of others. ERR_SYS. */
MUST_CHECK int attrs_read(struct attrs *a, int fd, struct err *e);
/* Take NAME out, if it is there: its value, A's until the next attrs_read. */
const void *attrs_take(struct attrs *a, const char *name, size_t *size);
/* The next one; false if there is no more. */
bool attrs_next(struct attrs *a, const char **name, const void **value,
		size_t *size);

#endif
