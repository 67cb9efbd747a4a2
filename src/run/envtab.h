/* envtab.h - variables by name, each with the reason for its value.
 * SPDX-License-Identifier: Apache-2.0
 *
 * An image may define as many as fit in its file, so each is found by a hash.
 */
#ifndef RUN_ENVTAB_H
#define RUN_ENVTAB_H

#include "base/auto.h"

#include <stdbool.h>
#include <stddef.h>

struct envtab_var {
	char *item;      /* "NAME=VALUE" */
	size_t name_len; /* of NAME */
	bool is_set;     /* false: it was removed, VALUE is the last it had */
	const char *why; /* the reason for that, borrowed */
};

/* Zeroed is empty. */
struct envtab {
	struct envtab_var *v; /* in the order of their first appearance */
	size_t n;
	size_t cap;
	size_t *slots; /* 1 + index into V, or 0 */
	size_t n_slots;
};

/* The variable whose name are the N bytes at NAME, set or removed; NULL if
 * there never was one. Valid until the next one is added. */
struct envtab_var *envtab_find(const struct envtab *t, const char *name,
			       size_t n);
/* The value of NAME, borrowed, or NULL. For envfile_expand: T is a table. */
const char *envtab_get(const void *t, const char *name);
/* Set what ITEM says, "NAME=VALUE". */
void envtab_put(struct envtab *t, const char *item, const char *why);
void envtab_set(struct envtab *t, const char *name, const char *value,
		const char *why);
/* Remove those whose names match the pattern GLOB (fnmatch(3)). */
void envtab_unset(struct envtab *t, const char *glob, const char *why);

void envtab_clear(struct envtab *t);
AUTO_DEFINE(envtab, struct envtab, envtab_clear)

#endif
