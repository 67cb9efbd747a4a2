/* tarhead.c - walk over the extension headers of a tar entry.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "layer/tarhead.h"

#include <stdint.h>
#include <string.h>

#define BLOCK 512
#define SIZE_AT 124
#define SIZE_LEN 12
#define TYPE_AT 156
#define SPARSE "GNU.sparse."
#define EXTENSION_MAX 1048576 /* bytes; libarchive's limit too */

/* Several extension headers may name the entry; the first in the archive has
 * the last word, as libarchive applies them from the inside out. */
struct walk {
	struct tarhead *h;
	bool has_path; /* some extension gave it, GNU's perhaps */
	bool has_link;
};

/* A number field: octal digits, or base 256 if the top bit is set. Anything
 * over the limit will do as "too large". */
static size_t number(const uint8_t *p, size_t n)
{
	size_t value = *p & 0x7f;

	if (*p & 0x80) {
		while (--n > 0 && value <= EXTENSION_MAX)
			value = value << 8 | *++p;
		return value;
	}
	value = 0;
	while (n > 0 && (*p == ' ' || *p == '\t')) {
		p++;
		n--;
	}
	for (; n > 0 && *p >= '0' && *p <= '7'; p++, n--)
		if (value <= EXTENSION_MAX)
			value = value << 3 | (*p - '0');
	return value;
}

static int malformed(struct err *e)
{
	return err_set(e, ERR_FORMAT, "malformed PAX header");
}

/* The record at P: its length, from its own words "LENGTH KEY=VALUE\n". */
static int record_length(const char *p, size_t n, size_t *digits, size_t *len,
			 struct err *e)
{
	*len = 0;
	for (*digits = 0; *digits < n; ++*digits) {
		char c = p[*digits];

		if (c == ' ')
			break;
		if (c < '0' || c > '9' || *len > EXTENSION_MAX)
			return malformed(e);
		*len = *len * 10 + (size_t)(c - '0');
	}
	/* At least one digit, a blank, a key of one byte, "=" and the end. */
	if (!*digits || *len < *digits + 4 || *len > n || p[*len - 1] != '\n')
		return malformed(e);
	return 0;
}

static bool is_key(const char *p, size_t len, const char *key)
{
	return len == strlen(key) && !memcmp(p, key, len);
}

static int name(const char *p, size_t len, struct tarhead_text *to,
		struct err *e)
{
	if (memchr(p, '\0', len))
		return err_set(e, ERR_FORMAT, "a NUL in a name");
	*to = (struct tarhead_text){ .p = len ? p : NULL, .len = len };
	return 0;
}

struct names {
	struct tarhead_text path;
	struct tarhead_text link;
	struct tarhead_text sparse; /* of a sparse file: its path */
	struct tarhead_text mtime;
	bool has_sparse; /* any key of that */
};

static int record(const char *p, size_t n, struct names *names, struct err *e)
{
	const char *eq = memchr(p, '=', n);

	if (!eq || eq == p || memchr(p, '\0', (size_t)(eq - p)))
		return malformed(e);
	size_t key = (size_t)(eq - p);
	size_t len = n - key - 1;

	if (key > strlen(SPARSE) && !memcmp(p, SPARSE, strlen(SPARSE)))
		names->has_sparse = true;
	if (is_key(p, key, "path"))
		return name(eq + 1, len, &names->path, e);
	if (is_key(p, key, "linkpath"))
		return name(eq + 1, len, &names->link, e);
	if (is_key(p, key, "GNU.sparse.name"))
		return name(eq + 1, len, &names->sparse, e);
	if (is_key(p, key, "mtime"))
		names->mtime = (struct tarhead_text){ eq + 1, len };
	return 0;
}

static int records(const char *p, size_t n, struct names *names, struct err *e)
{
	while (n > 0) {
		size_t digits;
		size_t len;

		if (record_length(p, n, &digits, &len, e) ||
		    record(p + digits + 1, len - digits - 2, names, e))
			return -1;
		p += len;
		n -= len;
	}
	return 0;
}

static int pax(struct walk *w, const char *p, size_t n, struct err *e)
{
	struct names names = { 0 };

	if (records(p, n, &names, e))
		return -1;
	if (names.sparse.p)
		names.path = names.sparse;
	if (names.path.p && !w->has_path) {
		w->h->path = names.path;
		w->has_path = true;
	}
	w->h->is_sparse |= names.has_sparse;
	if (names.mtime.p)
		w->h->mtime = names.mtime;
	if (names.link.p && !w->has_link) {
		w->h->link = names.link;
		w->has_link = true;
	}
	return 0;
}

static int extension(struct walk *w, char type, const char *body, size_t n,
		     struct err *e)
{
	struct names ignored = { 0 };

	switch (type) {
	case 'x':
		return pax(w, body, n, e);
	case 'g': /* for all that follow: holds no names of ours */
		return records(body, n, &ignored, e);
	case 'L':
		w->has_path = true;
		return 0;
	default: /* 'K' */
		w->has_link = true;
		return 0;
	}
}

static int entry(struct walk *w, char type, struct err *e)
{
	w->h->type = type;
	w->h->is_sparse |= type == 'S';
	if (!type || strchr("01234567SD", type))
		return 0;
	return err_set(e, ERR_FORMAT, "tar entry of unknown type '%c'", type);
}

int tarhead_read(const void *p, size_t n, struct tarhead *h, struct err *e)
{
	const char *at = p;
	struct walk w = { .h = h };

	*h = (struct tarhead){ 0 };
	while (n >= BLOCK) {
		char type = at[TYPE_AT];

		if (!type || !strchr("xgLK", type))
			return entry(&w, type, e);
		size_t size = number((const uint8_t *)at + SIZE_AT, SIZE_LEN);
		size_t padded = (size + BLOCK - 1) / BLOCK * BLOCK;

		if (size > EXTENSION_MAX)
			return err_set(e, ERR_LIMIT,
				       "PAX records or a long name of more "
				       "than %d bytes",
				       EXTENSION_MAX);
		if (n - BLOCK < padded)
			break;
		if (extension(&w, type, at + BLOCK, size, e))
			return -1;
		at += BLOCK + padded;
		n -= BLOCK + padded;
	}
	return err_set(e, ERR_FORMAT, "malformed tar header");
}
