/* sifhdr.c - the header and the descriptors of a SIF file, read.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "format/sifhdr.h"

#include "base/mem.h"
#include "base/str.h"
#include "format/bytes.h"
#include "format/sifarch.h"

#include <string.h>

#define MAGIC "SIF_MAGIC" /* and a NUL */
#define EDITION "01"      /* and a NUL */

/* N bytes that are padded with NULs, or not, into TO of N + 1. */
static void get_text(char *to, const unsigned char *p, size_t n)
{
	memcpy(to, p, n);
	to[n] = '\0';
	memset(to + strlen(to), 0, n - strlen(to));
}

bool sifhdr_is(const void *p, size_t n)
{
	return n >= 42 && !memcmp((const char *)p + 32, MAGIC, 10);
}

/* A signed place, size or count. */
static int get_size(const unsigned char *p, const char *what, uint64_t *out,
		    struct err *e)
{
	*out = bytes_get64(p);
	if (*out > INT64_MAX)
		return err_set(e, ERR_FORMAT,
			       "%s: expected zero or more, found %lld", what,
			       (long long)(int64_t)*out);
	return 0;
}

static int check_inside(const char *what, uint64_t at, uint64_t size,
			uint64_t file_size, struct err *e)
{
	if (at <= file_size && size <= file_size - at)
		return 0;
	return err_set(e, ERR_FORMAT,
		       "%s: expected it in a file of %llu bytes, found %llu "
		       "bytes at %llu",
		       what, (unsigned long long)file_size,
		       (unsigned long long)size, (unsigned long long)at);
}

static int check_start(const unsigned char *p, size_t n, struct err *e)
{
	char found[16];

	if (n < SIFHDR_BYTES)
		return err_set(e, ERR_FORMAT, "expected %d bytes, found %zu",
			       SIFHDR_BYTES, n);
	if (!sifhdr_is(p, n)) {
		get_text(found, p + 32, 10);
		return err_set(e, ERR_FORMAT,
			       "magic: expected '%s', found '%s'", MAGIC,
			       found);
	}
	if (memcmp(p + 42, EDITION, 3) != 0) {
		get_text(found, p + 42, 3);
		return err_set(e, ERR_FORMAT,
			       "version: expected '%s', found '%s'", EDITION,
			       found);
	}
	return 0;
}

static int read_sizes(const unsigned char *p, struct sifhdr *h, struct err *e)
{
	if (get_size(p + 80, "free descriptors", &h->n_free, e) ||
	    get_size(p + 88, "number of descriptors", &h->n_slots, e) ||
	    get_size(p + 96, "offset of descriptors", &h->table_at, e) ||
	    get_size(p + 104, "size of descriptors", &h->table_size, e) ||
	    get_size(p + 112, "offset of data", &h->data_at, e) ||
	    get_size(p + 120, "size of data", &h->data_size, e))
		return -1;
	return 0;
}

static int check_sizes(const struct sifhdr *h, uint64_t file_size,
		       struct err *e)
{
	if (check_inside("descriptors", h->table_at, h->table_size, file_size,
			 e) ||
	    check_inside("data", h->data_at, h->data_size, file_size, e))
		return -1;
	if (h->table_at < SIFHDR_BYTES)
		return err_set(e, ERR_FORMAT,
			       "descriptors: expected at %d or behind it, "
			       "found at %llu",
			       SIFHDR_BYTES, (unsigned long long)h->table_at);
	if (h->n_slots > SIFHDR_OBJECTS_MAX)
		return err_set(e, ERR_LIMIT,
			       "number of descriptors: %llu are more than %d",
			       (unsigned long long)h->n_slots,
			       SIFHDR_OBJECTS_MAX);
	return 0;
}

int sifhdr_parse(const void *bytes, size_t n, uint64_t file_size,
		 struct sifhdr *out, struct err *e)
{
	const unsigned char *p = bytes;
	struct sifhdr h = { 0 };
	uint64_t whole;

	*out = h;
	if (check_start(p, n, e) || read_sizes(p, &h, e) ||
	    check_sizes(&h, file_size, e))
		return err_ctx(e, "SIF header");
	get_text(h.launch, p, 32);
	sifarch_name(p + 45, h.arch, sizeof(h.arch));
	memcpy(h.uuid, p + 48, sizeof(h.uuid));
	h.created = (int64_t)bytes_get64(p + 64);
	h.modified = (int64_t)bytes_get64(p + 72);
	/* Apptainer goes by the number, others by the size: the smaller one. */
	whole = h.table_size / SIFHDR_OBJECT_BYTES;
	h.n_slots = h.n_slots < whole ? h.n_slots : whole;
	h.table_size = h.n_slots * SIFHDR_OBJECT_BYTES;
	*out = h;
	return 0;
}

static int read_extra(const unsigned char *p, struct sifobj *o, struct err *e)
{
	if (o->type == SIFOBJ_OCI_INDEX || o->type == SIFOBJ_OCI_BLOB)
		get_text(o->digest, p, sizeof(o->digest) - 1);
	if (o->type == SIFOBJ_SIGNATURE)
		o->hash = bytes_get32(p);
	if (o->type != SIFOBJ_PARTITION)
		return 0;
	o->fs = bytes_get32(p);
	o->part = bytes_get32(p + 4);
	sifarch_name(p + 8, o->arch, sizeof(o->arch));
	if (o->part < SIFOBJ_SYSTEM || o->part > SIFOBJ_OVERLAY)
		return err_set(e, ERR_FORMAT,
			       "partition type: expected %d to %d, found %lld",
			       SIFOBJ_SYSTEM, SIFOBJ_OVERLAY,
			       (long long)(int32_t)o->part);
	return 0;
}

static int check_place(const struct sifobj *o, const struct sifhdr *h,
		       uint64_t file_size, struct err *e)
{
	if (check_inside("data", o->at, o->size, file_size, e))
		return -1;
	if (!o->size)
		return 0;
	if (o->at < SIFHDR_BYTES)
		return err_set(e, ERR_FORMAT,
			       "data: expected behind the header, found at "
			       "%llu",
			       (unsigned long long)o->at);
	if (o->at < h->table_at + h->table_size &&
	    h->table_at < o->at + o->size)
		return err_set(
			e, ERR_FORMAT,
			"data: expected apart from the descriptors "
			"(%llu to %llu), found %llu bytes at %llu",
			(unsigned long long)h->table_at,
			(unsigned long long)(h->table_at + h->table_size),
			(unsigned long long)o->size, (unsigned long long)o->at);
	return 0;
}

static int read_object(const unsigned char *p, struct sifobj *o, struct err *e)
{
	o->type = bytes_get32(p);
	o->id = bytes_get32(p + 5);
	o->group = bytes_get32(p + 9);
	o->link = bytes_get32(p + 13);
	o->created = (int64_t)bytes_get64(p + 41);
	o->modified = (int64_t)bytes_get64(p + 49);
	get_text(o->name, p + 73, 128);
	if (p[4] != 1)
		return err_set(e, ERR_FORMAT, "used: expected 0 or 1, found %d",
			       p[4]);
	if (get_size(p + 17, "offset", &o->at, e) ||
	    get_size(p + 25, "size", &o->size, e) ||
	    get_size(p + 33, "size with padding", &o->padded_size, e))
		return -1;
	return read_extra(p + 201, o, e);
}

static int by_place(const void *a, const void *b)
{
	const struct sifobj *const *x = a, *const *y = b;

	if ((*x)->at != (*y)->at)
		return (*x)->at < (*y)->at ? -1 : 1;
	return ((*x)->size > (*y)->size) - ((*x)->size < (*y)->size);
}

/* Bytes that belong to two objects are two things to two programs. */
static int check_apart(const struct sifobj *v, size_t n, struct err *e)
{
	autostr const struct sifobj **s = xcalloc(n + 1, sizeof(*s));
	const struct sifobj *last = NULL;

	for (size_t i = 0; i < n; i++)
		s[i] = &v[i];
	qsort(s, n, sizeof(*s), by_place);
	for (size_t i = 0; i < n; i++) {
		if (!s[i]->size)
			continue;
		if (last && s[i]->at < last->at + last->size)
			return err_set(
				e, ERR_FORMAT,
				"object %u ('%s') overlaps object %u ('%s'): "
				"expected at %llu or behind it, found at %llu",
				s[i]->id, s[i]->name, last->id, last->name,
				(unsigned long long)(last->at + last->size),
				(unsigned long long)s[i]->at);
		last = s[i];
	}
	return 0;
}

static int read_table(const unsigned char *p, const struct sifhdr *h,
		      uint64_t file_size, struct sifobj *v, size_t *n,
		      struct err *e)
{
	for (size_t i = 0; i < h->n_slots; i++, p += SIFHDR_OBJECT_BYTES) {
		struct sifobj *o = &v[*n];

		if (!p[4])
			continue;
		o->slot = i;
		if (read_object(p, o, e) || check_place(o, h, file_size, e))
			return err_ctx(e, "descriptor %zu", i + 1);
		++*n;
	}
	return check_apart(v, *n, e);
}

int sifhdr_objects(const void *p, size_t n, const struct sifhdr *h,
		   uint64_t file_size, struct sifobj **v, size_t *n_out,
		   struct err *e)
{
	autostr struct sifobj *all = NULL;
	size_t count = 0;

	*v = NULL;
	*n_out = 0;
	if (n < h->table_size) {
		err_set(e, ERR_FORMAT,
			"descriptors: expected %llu bytes, found %zu",
			(unsigned long long)h->table_size, n);
		return err_ctx(e, "SIF header");
	}
	all = xcalloc(h->n_slots + 1, sizeof(*all));
	if (read_table(p, h, file_size, all, &count, e))
		return err_ctx(e, "SIF header");
	*n_out = count;
	if (count)
		*v = TAKE(all);
	return 0;
}

const struct sifobj *sifhdr_find(const struct sifobj *v, size_t n,
				 uint32_t type, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].type == type && (!name || str_eq(v[i].name, name)))
			return &v[i];
	return NULL;
}

static int none(const struct sifobj *v, size_t n, struct err *e)
{
	if (sifhdr_find(v, n, SIFOBJ_OCI_INDEX, NULL))
		return err_set(e, ERR_UNSUPPORTED,
			       "there is no root file system in the SIF file "
			       "but an OCI image (SingularityCE's OCI-SIF), "
			       "which can't be read");
	return err_set(e, ERR_UNSUPPORTED,
		       "there is no root file system in the SIF file: "
		       "expected a primary partition, found none among %zu "
		       "objects",
		       n);
}

static int check_fs(uint32_t fs, struct err *e)
{
	static const char *const names[] = { [SIFOBJ_EXT3] = "ext3",
					     [SIFOBJ_ARCHIVE] = "an archive",
					     [SIFOBJ_RAW_FS] = "raw data" };

	if (fs == SIFOBJ_SQUASHFS)
		return 0;
	if (fs == SIFOBJ_DMCRYPT || fs == SIFOBJ_GOCRYPTFS)
		return err_set(e, ERR_UNSUPPORTED,
			       "its root file system is encrypted (%s); only "
			       "squashfs can be read",
			       fs == SIFOBJ_DMCRYPT ? "dm-crypt" : "gocryptfs");
	if (fs < ARRAY_SIZE(names) && names[fs])
		return err_set(e, ERR_UNSUPPORTED,
			       "its root file system is %s; only squashfs can "
			       "be read",
			       names[fs]);
	return err_set(e, ERR_UNSUPPORTED,
		       "its root file system is of the unknown type %lld; only "
		       "squashfs (%d) can be read",
		       (long long)(int32_t)fs, SIFOBJ_SQUASHFS);
}

int sifhdr_primary(const struct sifobj *v, size_t n, const struct sifobj **out,
		   struct err *e)
{
	const struct sifobj *found = NULL;
	size_t count = 0;

	*out = NULL;
	for (size_t i = 0; i < n; i++) {
		if (v[i].type != SIFOBJ_PARTITION ||
		    v[i].part != SIFOBJ_PRIMARY)
			continue;
		count++;
		found = &v[i];
	}
	if (!count)
		return none(v, n, e);
	if (count > 1)
		return err_set(e, ERR_FORMAT,
			       "SIF header: expected one primary partition, "
			       "found %zu",
			       count);
	if (check_fs(found->fs, e))
		return -1;
	*out = found;
	return 0;
}
