/* str.c - a growable string and small text helpers.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/mem.h"
#include "base/str.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLANKS " \t\r\n"
#define PIECE_MAX 4 /* a UTF-8 character, or "\xNN" */

/* May the character CODE be shown on a terminal? Not the C0 and C1 controls,
 * nor the line separators and directional controls (UAX #9), which make text
 * look like other text. */
static bool is_shown(uint32_t code)
{
	return code >= 0x20 && !(code >= 0x7f && code <= 0x9f) &&
	       !(code >= 0x2028 && code <= 0x202e) &&
	       !(code >= 0x2066 && code <= 0x2069);
}

/* Bytes of the UTF-8 character that begins with LEAD, 0 if none does (RFC 3629,
 * section 4; overlong forms of two bytes would begin with c0 and c1). */
static size_t utf8_size(unsigned char lead)
{
	if (lead < 0x80)
		return 1;
	if (lead < 0xc2 || lead > 0xf4)
		return 0;
	if (lead < 0xe0)
		return 2;
	return lead < 0xf0 ? 3 : 4;
}

/* Bytes of the UTF-8 character at S, its number to *CODE; 0 if it is none: an
 * overlong form or a surrogate, too. */
static size_t utf8_char(const unsigned char *s, uint32_t *code)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n = utf8_size(s[0]);

	*code = n < 2 ? s[0] : s[0] & (0x7f >> n);
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80) /* the NUL ends up here, too */
			return 0;
		*code = *code << 6 | (s[i] & 0x3f);
	}
	if (*code < least[n] || *code > 0x10ffff || *code >> 11 == 0xd800 >> 11)
		return 0;
	return n;
}

/* Bytes of the character at S if it is UTF-8 and may be shown, else 0. */
static size_t shown_size(const unsigned char *s)
{
	uint32_t code;
	size_t n = utf8_char(s, &code);

	return is_shown(code) ? n : 0;
}

bool str_is_utf8(const char *s)
{
	uint32_t code;
	size_t n;

	for (; *s; s += n) {
		n = utf8_char((const unsigned char *)s, &code);
		if (!n)
			return false;
	}
	return true;
}

/* Put the next character of *S, or the next byte escaped, into PIECE and
 * advance; returns the length of the piece. */
static size_t next_piece(const char **s, char piece[PIECE_MAX])
{
	static const char digits[] = "0123456789abcdef";
	size_t n = shown_size((const unsigned char *)*s);
	unsigned char byte = **s;

	if (n) {
		memcpy(piece, *s, n);
		*s += n;
		return n;
	}
	piece[0] = '\\';
	piece[1] = 'x';
	piece[2] = digits[byte >> 4];
	piece[3] = digits[byte & 15];
	*s += 1;
	return 4;
}

void str_clear(struct str *s)
{
	free(s->p);
	*s = (struct str){ 0 };
}

char *str_reserve(struct str *s, size_t n)
{
	size_t want;

	if (__builtin_add_overflow(s->len + 1, n, &want))
		mem_fail("a string");
	s->p = mem_grow(s->p, &s->cap, want, 1);
	s->p[s->len] = 0;
	return s->p + s->len;
}

void str_addn(struct str *s, const void *p, size_t n)
{
	char *end = str_reserve(s, n);

	if (n)
		memcpy(end, p, n);
	end[n] = 0;
	s->len += n;
}

void str_add(struct str *s, const char *text)
{
	str_addn(s, text, strlen(text));
}

void str_addc(struct str *s, char c)
{
	str_addn(s, &c, 1);
}

void str_addv(struct str *s, const char *fmt, va_list ap)
{
	va_list again;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (n < 0)
		mem_fail("a formatted string");
	vsnprintf(str_reserve(s, n), (size_t)n + 1, fmt, ap);
	s->len += n;
}

void str_addf(struct str *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	str_addv(s, fmt, ap);
	va_end(ap);
}

char *str_take(struct str *s)
{
	char *p = s->p ? s->p : xstrdup("");

	*s = (struct str){ 0 };
	return p;
}

const char *str_text(const struct str *s)
{
	return s->p ? s->p : "";
}

char *str_fmt(const char *fmt, ...)
{
	struct str s = { 0 };
	va_list ap;

	va_start(ap, fmt);
	str_addv(&s, fmt, ap);
	va_end(ap);
	return str_take(&s);
}

bool str_starts(const char *s, const char *prefix)
{
	return !strncmp(s, prefix, strlen(prefix));
}

bool str_ends(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);

	return n >= m && !strcmp(s + n - m, suffix);
}

bool str_eq(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

char *str_escape(const char *s)
{
	struct str out = { 0 };
	char piece[PIECE_MAX];

	while (*s) {
		size_t n = next_piece(&s, piece);

		str_addn(&out, piece, n);
	}
	return str_take(&out);
}

size_t str_escape_to(char *to, size_t size, const char *s)
{
	char piece[PIECE_MAX];
	size_t len = 0, keep = 0; /* KEEP leaves room for the mark */

	while (*s) {
		size_t n = next_piece(&s, piece);

		if (len + n >= size) {
			memcpy(to + keep, "...", 4);
			return keep + 3;
		}
		memcpy(to + len, piece, n);
		len += n;
		if (len + 3 < size)
			keep = len;
	}
	to[len] = 0;
	return len;
}

/* The characters that no POSIX shell gives a meaning to (XCU, 2.2), by name so
 * that the locale does not matter. */
static bool is_plain_word(const char *s)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_@%+=:,./-";

	return *s && !s[strspn(s, plain)];
}

char *str_shell(const char *s)
{
	struct str out = { 0 };

	if (is_plain_word(s))
		return xstrdup(s);
	str_addc(&out, '\'');
	for (; *s; s++) {
		if (*s == '\'')
			str_add(&out, "'\\''");
		else
			str_addc(&out, *s);
	}
	str_addc(&out, '\'');
	return str_take(&out);
}

char *str_trim(const char *s)
{
	size_t n;

	s += strspn(s, BLANKS);
	n = strlen(s);
	while (n && strchr(BLANKS, s[n - 1]))
		n--;
	return xstrndup(s, n);
}
