/* sqfsxattr.c - the extended attributes of a squashfs image, set by set.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A table of sets says where in the table of pairs one begins; a value may
 * stand elsewhere in that table.
 */
#include "config.h"

#include "layer/sqfsxattr.h"

#include "base/mem.h"
#include "format/bytes.h"

#include <linux/limits.h>
#include <sqfs/error.h>
#include <sqfs/xattr.h>
#include <string.h>

#define VALUES_MAX (1u << 20) /* of one file */
#define FREE_BYTES (64u << 20)
#define FREE_PER_FILE 256

struct pair {
	size_t name; /* where in bytes */
	size_t value;
	size_t size;
};

struct sqfsxattr {
	struct sqfsimage *img;
	sqfs_meta_reader_t *sets;
	sqfs_meta_reader_t *table;  /* of pairs */
	sqfs_meta_reader_t *values; /* in it, that stand elsewhere */
	uint64_t start;             /* of the table of pairs */
	uint32_t n_sets;
	uint32_t index; /* of the set that is here */
	struct pair *pairs;
	size_t n, cap;
	size_t i; /* the next to give */
	struct str bytes;
	size_t n_names; /* bytes, as listxattr(2) counts */
	size_t n_values;
	uint64_t budget;
};

static int open_table(struct sqfsxattr *x, struct err *e)
{
	const struct sqfshdr *h = &x->img->hdr;
	uint64_t n;

	if (h->xattrs_at == SQFSHDR_NONE)
		return 0;
	if (sqfsimage_u64(x->img, h->xattrs_at, &x->start, e) ||
	    sqfsimage_u64(x->img, h->xattrs_at + 8, &n, e))
		return -1;
	x->n_sets = (uint32_t)n;
	n = (x->n_sets + UINT64_C(1) * SQFSIMAGE_IN_BLOCK - 1) /
	    SQFSIMAGE_IN_BLOCK;
	if (n > (h->size - h->xattrs_at - 16) / 8)
		return sqfsimage_bad(e,
				     "%u sets of attributes, which it can't "
				     "have",
				     x->n_sets);
	return 0;
}

struct sqfsxattr *sqfsxattr_new(struct sqfsimage *img, struct err *e)
{
	AUTO(sqfsxattr) struct sqfsxattr *x = xcalloc(1, sizeof(*x));
	const struct sqfshdr *h = &img->hdr;

	x->img = img;
	x->index = SQFSIMAGE_NONE;
	x->budget = FREE_BYTES;
	if (open_table(x, e))
		return NULL;
	x->sets = sqfs_meta_reader_create(&img->file.base, img->decompressor,
					  h->ids_at, h->size);
	x->table = sqfs_meta_reader_create(&img->file.base, img->decompressor,
					   h->ids_at, h->size);
	x->values = sqfs_meta_reader_create(&img->file.base, img->decompressor,
					    h->ids_at, h->size);
	if (x->sets && x->table && x->values)
		return TAKE(x);
	sqfsfile_fail(&img->file, SQFS_ERROR_ALLOC, e);
	return NULL;
}

void sqfsxattr_free(struct sqfsxattr *x)
{
	sqfsfile_destroy(x->sets);
	sqfsfile_destroy(x->table);
	sqfsfile_destroy(x->values);
	free(x->pairs);
	str_clear(&x->bytes);
	free(x);
}

/* The place that REF means in the table of pairs. */
static struct sqfsimage_place place(const struct sqfsxattr *x, uint64_t ref)
{
	return (struct sqfsimage_place){
		.block = x->start + (ref >> 16),
		.offset = ref & 0xffff,
	};
}

static int get(struct sqfsxattr *x, void *p, size_t n, struct err *e)
{
	return sqfsimage_get(x->img, x->table, p, n, e);
}

/* N bytes of the table to the end of BYTES, and a NUL. */
static int copy(struct sqfsxattr *x, sqfs_meta_reader_t *m, size_t n,
		size_t *at, struct err *e)
{
	*at = x->bytes.len;
	if (sqfsimage_get(x->img, m, str_reserve(&x->bytes, n + 1), n, e))
		return -1;
	x->bytes.len += n;
	str_addc(&x->bytes, '\0');
	return 0;
}

static int get_name(struct sqfsxattr *x, struct pair *p, bool *elsewhere,
		    struct err *e)
{
	sqfs_xattr_entry_t k;
	const char *prefix;
	unsigned type;
	size_t n, at;

	if (get(x, &k, sizeof(k), e))
		return -1;
	type = bytes_get16(&k.type);
	n = bytes_get16(&k.size);
	*elsewhere = type & SQFS_XATTR_FLAG_OOL;
	prefix = sqfs_get_xattr_prefix(type & SQFS_XATTR_PREFIX_MASK);
	if (!prefix)
		return sqfsimage_bad(e, "an attribute of unknown type %u",
				     type);
	if (!n || strlen(prefix) + n > XATTR_NAME_MAX)
		return sqfsimage_bad(e, "an attribute with a name of %zu bytes",
				     n);
	p->name = x->bytes.len;
	str_add(&x->bytes, prefix);
	if (copy(x, x->table, n, &at, e))
		return -1;
	if (strlen(x->bytes.p + at) != n)
		return sqfsimage_bad(e, "an attribute with a NUL in its name");
	x->n_names += strlen(prefix) + n + 1;
	return 0;
}

static int get_value(struct sqfsxattr *x, sqfs_meta_reader_t *m, struct pair *p,
		     struct err *e)
{
	uint32_t size;

	if (sqfsimage_get(x->img, m, &size, sizeof(size), e))
		return -1;
	p->size = bytes_get32(&size);
	if (p->size > XATTR_SIZE_MAX)
		return sqfsimage_bad(e, "an attribute of %zu bytes", p->size);
	x->n_values += p->size;
	return copy(x, m, p->size, &p->value, e);
}

static int get_value_elsewhere(struct sqfsxattr *x, struct pair *p,
			       struct err *e)
{
	uint32_t size;
	uint64_t ref;

	if (get(x, &size, sizeof(size), e) || get(x, &ref, sizeof(ref), e) ||
	    sqfsimage_seek(x->img, x->values, place(x, bytes_get64(&ref)), e))
		return -1;
	return get_value(x, x->values, p, e);
}

static int get_pair(struct sqfsxattr *x, struct err *e)
{
	struct pair p;
	bool elsewhere;

	if (get_name(x, &p, &elsewhere, e) ||
	    (elsewhere ? get_value_elsewhere(x, &p, e)
		       : get_value(x, x->table, &p, e)))
		return -1;
	if (x->n_names > XATTR_LIST_MAX || x->n_values > VALUES_MAX)
		return err_set(e, ERR_LIMIT,
			       "squashfs image: more than %d bytes of names or "
			       "%u bytes of values in a file's attributes",
			       XATTR_LIST_MAX, VALUES_MAX);
	x->pairs = mem_grow(x->pairs, &x->cap, x->n + 1, sizeof(*x->pairs));
	x->pairs[x->n++] = p;
	return 0;
}

static int load(struct sqfsxattr *x, uint32_t index, struct err *e)
{
	uint64_t block = index / SQFSIMAGE_IN_BLOCK;
	struct sqfsimage_place at = {
		.offset = index % SQFSIMAGE_IN_BLOCK * 16,
	};
	const struct sqfshdr *h = &x->img->hdr;
	struct sqfsimage_place pairs;
	sqfs_xattr_id_t set;
	uint32_t n;

	x->index = SQFSIMAGE_NONE;
	x->n = x->bytes.len = x->n_names = x->n_values = 0;
	if (index >= x->n_sets)
		return sqfsimage_bad(e, "set %u of %u of attributes", index,
				     x->n_sets);
	if (sqfsimage_u64(x->img, h->xattrs_at + 16 + block * 8, &at.block,
			  e) ||
	    sqfsimage_seek(x->img, x->sets, at, e) ||
	    sqfsimage_get(x->img, x->sets, &set, sizeof(set), e))
		return -1;
	n = bytes_get32(&set.count);
	pairs = place(x, bytes_get64(&set.xattr));
	if (n && sqfsimage_seek(x->img, x->table, pairs, e))
		return -1;
	for (uint32_t i = 0; i < n; i++)
		if (get_pair(x, e))
			return -1;
	x->index = index;
	return 0;
}

int sqfsxattr_open(struct sqfsxattr *x, uint32_t index, bool *any,
		   struct err *e)
{
	*any = false;
	x->budget += FREE_PER_FILE;
	if (index == SQFSIMAGE_NONE || !x->n_sets) {
		x->i = x->n;
		return 0;
	}
	if (index != x->index && load(x, index, e))
		return -1;
	if (x->n_names + x->n_values > x->budget)
		return err_set(e, ERR_LIMIT,
			       "squashfs image: more attributes than %u bytes "
			       "and %d for each file",
			       FREE_BYTES, FREE_PER_FILE);
	x->budget -= x->n_names + x->n_values;
	x->i = 0;
	*any = x->n > 0;
	return 0;
}

bool sqfsxattr_next(struct sqfsxattr *x, const char **name, const void **value,
		    size_t *size)
{
	const struct pair *p;

	if (x->i == x->n)
		return false;
	p = &x->pairs[x->i++];
	*name = x->bytes.p + p->name;
	*value = x->bytes.p + p->value;
	*size = p->size;
	return true;
}
