/* mktar.h - tar archives for tests, header by header, right or wrong.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TEST_MKTAR_H
#define TEST_MKTAR_H

#include "base/str.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* One header block with what follows it. Type 'x' or 'g': DATA is lines
 * "key=value\n", which get their lengths. */
struct mktar {
	char type;
	const char *name;
	const char *link;
	const char *data;
	unsigned mode; /* 0: 0755 for directories, else 0644 */
	int64_t mtime;
};

/* Short for tables. */
#define MK_FILE(name_, data_)                             \
	{                                                 \
		.type = '0', .name = name_, .data = data_ \
	}
#define MK_DIR(name_)                      \
	{                                  \
		.type = '5', .name = name_ \
	}
#define MK_SYM(name_, link_)                              \
	{                                                 \
		.type = '2', .name = name_, .link = link_ \
	}
#define MK_HARD(name_, link_)                             \
	{                                                 \
		.type = '1', .name = name_, .link = link_ \
	}
#define MK_FIFO(name_)                     \
	{                                  \
		.type = '6', .name = name_ \
	}
#define MK_CHAR(name_)                     \
	{                                  \
		.type = '3', .name = name_ \
	}
#define MK_BLOCK(name_)                    \
	{                                  \
		.type = '4', .name = name_ \
	}
#define MK_PAX(records_)                                     \
	{                                                    \
		.type = 'x', .name = "pax", .data = records_ \
	}
#define MK_GLOBAL(records_)                                  \
	{                                                    \
		.type = 'g', .name = "pax", .data = records_ \
	}
#define MK_LONG(data_)                                              \
	{                                                           \
		.type = 'L', .name = "././@LongLink", .data = data_ \
	}
#define MK_LONGLINK(data_)                                          \
	{                                                           \
		.type = 'K', .name = "././@LongLink", .data = data_ \
	}
#define MK_NEXT             \
	{                   \
		.type = '-' \
	} /* the next layer */
#define MK_END            \
	{                 \
		.type = 0 \
	}

__attribute__((unused)) static void mktar_checksum(char *header)
{
	unsigned sum = 0;

	memset(header + 148, ' ', 8);
	for (int i = 0; i < 512; i++)
		sum += (unsigned char)header[i];
	snprintf(header + 148, 8, "%06o", sum);
}

__attribute__((unused)) static void mktar_pad(struct str *s)
{
	while (s->len % 512)
		str_addc(s, 0);
}

/* A header, POSIX ustar's; where it starts in S. */
__attribute__((unused)) static size_t mktar_header(struct str *s,
						   const struct mktar *m,
						   size_t size)
{
	size_t at = s->len;
	unsigned mode = m->mode ? m->mode : m->type == '5' ? 0755 : 0644;
	char h[512] = { 0 };

	memcpy(h, m->name, strnlen(m->name, 100));
	if (m->link)
		memcpy(h + 157, m->link, strnlen(m->link, 100));
	snprintf(h + 100, 8, "%07o", mode & 07777777);
	snprintf(h + 108, 8, "%07o", 1000);
	snprintf(h + 116, 8, "%07o", 1000);
	snprintf(h + 124, 12, "%011llo", (unsigned long long)size);
	snprintf(h + 136, 12, "%011llo", (unsigned long long)m->mtime);
	h[156] = m->type;
	memcpy(h + 257, "ustar\00000", 8);
	mktar_checksum(h);
	str_addn(s, h, sizeof(h));
	return at;
}

/* A PAX record of a value that may hold anything. */
__attribute__((unused)) static void mktar_record(struct str *s, const char *key,
						 const void *value, size_t n)
{
	size_t rest = strlen(key) + n + 3;
	size_t len = rest + 1;
	char digits[32];

	while ((size_t)snprintf(digits, sizeof(digits), "%zu", len) + rest !=
	       len)
		len++;
	str_addf(s, "%zu %s=", len, key);
	str_addn(s, value, n);
	str_addc(s, '\n');
}

__attribute__((unused)) static void mktar_records(struct str *s,
						  const char *lines)
{
	while (*lines) {
		const char *eq = strchr(lines, '=');
		const char *end = strchr(lines, '\n');
		AUTO(str) struct str key = { 0 };

		str_addn(&key, lines, (size_t)(eq - lines));
		mktar_record(s, key.p, eq + 1, (size_t)(end - eq - 1));
		lines = end + 1;
	}
}

__attribute__((unused)) static void mktar_bytes(struct str *s,
						const struct mktar *m,
						const void *p, size_t n)
{
	mktar_header(s, m, n);
	str_addn(s, p, n);
	mktar_pad(s);
}

__attribute__((unused)) static void mktar_add(struct str *s,
					      const struct mktar *m)
{
	AUTO(str) struct str body = { 0 };

	if (m->type == 'x' || m->type == 'g')
		mktar_records(&body, m->data);
	else if (m->data)
		str_add(&body, m->data);
	/* GNU's long names count their NUL. */
	if (m->type == 'L' || m->type == 'K')
		str_addc(&body, 0);
	mktar_bytes(s, m, body.p, body.len);
}

__attribute__((unused)) static void mktar_end(struct str *s)
{
	for (int i = 0; i < 1024; i++)
		str_addc(s, 0);
}

#endif
