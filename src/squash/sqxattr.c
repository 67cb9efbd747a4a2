/* sqxattr.c - extended attributes in a squashfs image.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Inodes with the same attributes share a set of them: a table of sets says
 * where each one's names and values begin. A value that several sets have may
 * stand elsewhere.
 */
#include "config.h"

#include "squash/sqxattr.h"

#include "format/bytes.h"
#include "squash/sqimage.h"
#include "squash/sqmeta.h"

#include <string.h>

#define SET_BYTES 16
#define HEADER_BYTES 16 /* of the table of sets, before its index */
#define ELSEWHERE 0x100 /* of a name's type: its value is */
#define NAME_MAX_BYTES 255
#define PREFIX_MAX 9 /* bytes of the longest */

/* Somebody who reads a set. */
struct set {
	struct sqmeta meta;
	uint32_t n; /* attributes that are left */
	unsigned type;
	char name[PREFIX_MAX + NAME_MAX_BYTES + 1];
	size_t len; /* of the name */
};

/* A place in the table of names and values: as those of inodes. */
static int go(struct sqfile *f, struct sqmeta *m, uint64_t ref)
{
	return sqmeta_init(m, &f->read, f->xattrs_at + (ref >> 16),
			   ref & 0xffff);
}

static int find_set(struct sqfile *f, uint32_t i, uint64_t *ref, uint32_t *n)
{
	const unsigned char *p;
	struct sqmeta m;
	int error;

	if (i >= f->n_sets)
		return -EIO;
	error = sqmeta_init_item(&m, &f->read,
				 f->header.xattrs_at + HEADER_BYTES, i,
				 SET_BYTES);
	if (!error)
		error = sqmeta_take(&m, SET_BYTES, &p);
	if (!error) {
		*ref = bytes_get64(p);
		*n = bytes_get32(p + 8);
	}
	sqmeta_clear(&m);
	return error;
}

/* No attributes are an empty set. */
static int open_set(struct sqfile *f, const struct sqnode *node, struct set *s)
{
	uint64_t ref;
	int error;

	s->n = 0;
	s->meta.slot = NULL;
	if (node->xattrs == SQNODE_NONE || !f->n_sets)
		return 0;
	error = find_set(f, node->xattrs, &ref, &s->n);
	return error ? error : go(f, &s->meta, ref);
}

static int next_name(struct set *s)
{
	static const char *const prefixes[] = { "user.", "trusted.",
						"security." };
	const unsigned char *p;
	int error = sqmeta_take(&s->meta, 4, &p);
	unsigned prefix;
	size_t n;

	if (error)
		return error;
	s->type = bytes_get16(p);
	n = bytes_get16(p + 2);
	prefix = s->type & ~(unsigned)ELSEWHERE;
	if (prefix >= ARRAY_SIZE(prefixes) || !n || n > NAME_MAX_BYTES)
		return -EIO;
	s->len = strlen(prefixes[prefix]);
	memcpy(s->name, prefixes[prefix], s->len);
	error = sqmeta_copy(&s->meta, s->name + s->len, n);
	if (error)
		return error;
	s->len += n;
	s->name[s->len] = 0;
	s->n--;
	return memchr(s->name, 0, s->len) ? -EIO : 0;
}

/* The number of bytes that come before a value. */
static int value_size(struct sqmeta *m, uint32_t *out)
{
	const unsigned char *p;
	int error = sqmeta_take(m, 4, &p);

	if (error)
		return error;
	*out = bytes_get32(p);
	return *out > SQXATTR_VALUE_MAX ? -EIO : 0;
}

static int skip_value(struct set *s)
{
	uint32_t n;
	int error = value_size(&s->meta, &n);

	return error ? error : sqmeta_skip(&s->meta, n);
}

/* The value that begins here, or whose place stands here, as getxattr(2). */
static ssize_t read_value(struct sqfile *f, struct set *s, void *buf, size_t n)
{
	const unsigned char *p;
	uint32_t size;
	int error = value_size(&s->meta, &size);

	if (!error && s->type & ELSEWHERE) {
		error = size == 8 ? sqmeta_take(&s->meta, 8, &p) : -EIO;
		if (!error) {
			uint64_t ref = bytes_get64(p);

			sqmeta_clear(&s->meta);
			error = go(f, &s->meta, ref);
		}
		if (!error)
			error = value_size(&s->meta, &size);
	}
	if (error)
		return error;
	if (!n)
		return size;
	if (size > n)
		return -ERANGE;
	error = sqmeta_copy(&s->meta, buf, size);
	return error ? error : (ssize_t)size;
}

ssize_t sqxattr_get(struct sqfile *f, const struct sqnode *node,
		    const char *name, void *buf, size_t n)
{
	struct set s;
	ssize_t got = open_set(f, node, &s);

	while (!got && s.n) {
		got = next_name(&s);
		if (got)
			break;
		if (!strcmp(s.name, name)) {
			got = read_value(f, &s, buf, n);
			sqmeta_clear(&s.meta);
			return got;
		}
		got = skip_value(&s);
	}
	sqmeta_clear(&s.meta);
	return got ? got : -ENODATA;
}

ssize_t sqxattr_list(struct sqfile *f, const struct sqnode *node, char *buf,
		     size_t n)
{
	struct set s;
	ssize_t error = open_set(f, node, &s);
	size_t len = 0;

	while (!error && s.n) {
		error = next_name(&s);
		if (error)
			break;
		if (s.len + 1 > n - len)
			error = -ERANGE;
		else
			memcpy(buf + len, s.name, s.len + 1);
		len += s.len + 1;
		if (!error)
			error = skip_value(&s);
	}
	sqmeta_clear(&s.meta);
	return error ? error : (ssize_t)len;
}
