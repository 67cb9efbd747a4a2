/* strlist.h - a NULL-terminated list of owned strings.
 * SPDX-License-Identifier: Apache-2.0
 *
 * `struct strlist l = { 0 };` is empty. l.v is NULL until something was added
 * and then always ends in NULL, so it can be given to execve.
 */
#ifndef BASE_STRLIST_H
#define BASE_STRLIST_H

#include "base/auto.h"

#include <stdbool.h>
#include <stddef.h>

struct strlist {
	char **v;
	size_t n;
	size_t cap;
};

void strlist_clear(struct strlist *l);
AUTO_DEFINE(strlist, struct strlist, strlist_clear)

void strlist_add(struct strlist *l, const char *s); /* copies */
void strlist_addn(struct strlist *l, const char *s, size_t n);
void strlist_give(struct strlist *l, char *s); /* takes ownership */
void strlist_addf(struct strlist *l, const char *fmt, ...) PRINTF_LIKE(2, 3);
bool strlist_has(const struct strlist *l, const char *s);
void strlist_remove(struct strlist *l, size_t i);
void strlist_sort(struct strlist *l); /* by strcmp */

/* Add the parts of TEXT between separators; empty parts only if KEEP_EMPTY. */
void strlist_split(struct strlist *l, const char *text, char sep,
		   bool keep_empty);

/* The items with SEP between them. Caller frees. */
char *strlist_join(const struct strlist *l, const char *sep);

#endif
