/* str.h - a growable string and small text helpers.
 * SPDX-License-Identifier: Apache-2.0
 *
 * `struct str s = { 0 };` is an empty string; s.p is NULL until something was
 * added, afterwards always NUL-terminated; s.len does not count the NUL and
 * the content may hold NULs. Release with str_clear or AUTO(str).
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include "base/auto.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct str {
	char *p;
	size_t len;
	size_t cap;
};

void str_clear(struct str *s);
AUTO_DEFINE(str, struct str, str_clear)

void str_add(struct str *s, const char *text);
void str_addn(struct str *s, const void *p, size_t n);
void str_addc(struct str *s, char c);
void str_addf(struct str *s, const char *fmt, ...) PRINTF_LIKE(2, 3);
void str_addv(struct str *s, const char *fmt, va_list ap) PRINTF_LIKE(2, 0);

/* Room for N more bytes behind len; returns where they go. The caller adds
 * what it wrote to len and keeps p[len] = 0. */
char *str_reserve(struct str *s, size_t n);

/* The content as an owned C string (never NULL); S is empty afterwards. */
char *str_take(struct str *s);
/* The content, borrowed; "" when empty. */
const char *str_text(const struct str *s);

/* Formatted text, owned by the caller. */
char *str_fmt(const char *fmt, ...) PRINTF_LIKE(1, 2);

bool str_starts(const char *s, const char *prefix);
bool str_ends(const char *s, const char *suffix);
/* Strictly (RFC 3629): no overlong forms, no surrogates. */
bool str_is_utf8(const char *s);
bool str_eq(const char *a, const char *b); /* NULLs are equal to NULL only */

/* Text made harmless for a terminal: control characters (directional ones, too)
 * and bytes that are not UTF-8 as \xNN. A backslash stays as it is, so that
 * escaping twice does no harm. Owned by the caller. */
char *str_escape(const char *s);
/* The same into TO of SIZE bytes, without allocation: what does not fit is cut
 * between characters and marked with "...", for which SIZE must have room.
 * Returns the length. */
size_t str_escape_to(char *to, size_t size, const char *s);

/* Text as one POSIX shell word, quoted only where needed. Caller frees. */
char *str_shell(const char *s);

/* Copy of S without leading and trailing blanks. Caller frees. */
char *str_trim(const char *s);

#endif
