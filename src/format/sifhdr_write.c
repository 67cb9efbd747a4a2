/* sifhdr_write.c - the header and the descriptors of a SIF file, written.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "format/sifhdr.h"

#include "format/sifarch.h"

#include <endian.h>
#include <string.h>

static void put32(unsigned char *p, uint32_t v)
{
	v = htole32(v);
	memcpy(p, &v, sizeof(v));
}

static void put64(unsigned char *p, uint64_t v)
{
	v = htole64(v);
	memcpy(p, &v, sizeof(v));
}

/* Into N bytes that are zero; no NUL if it fills them. */
static void put_text(unsigned char *p, size_t n, const char *text)
{
	memcpy(p, text, strnlen(text, n));
}

static int check_arch(const struct sifobj *o, struct err *e)
{
	if (o->type != SIFOBJ_PARTITION || sifarch_code(o->arch))
		return 0;
	return err_set(e, ERR_UNSUPPORTED,
		       "SIF has no code for the architecture '%s'", o->arch);
}

/* Apptainer's reader looks for group 1 only, where signatures are in none. */
static void place(struct sifobj *o, uint64_t *end)
{
	bool is_signature = o->type == SIFOBJ_SIGNATURE;
	uint64_t at = *end;

	if (o->type == SIFOBJ_PARTITION)
		at += (SIFHDR_ALIGN - at % SIFHDR_ALIGN) % SIFHDR_ALIGN;
	o->at = at;
	o->padded_size = at - *end + o->size;
	o->group = SIFHDR_GROUP + !is_signature;
	if (is_signature)
		o->link = SIFHDR_GROUP + 1;
	*end = at + o->size;
}

int sifhdr_place(struct sifhdr *h, struct sifobj *v, size_t n, struct err *e)
{
	uint64_t end = SIFHDR_DATA_AT;

	if (n > SIFHDR_SLOTS)
		return err_set(e, ERR_LIMIT,
			       "SIF: %zu objects are more than %d", n,
			       SIFHDR_SLOTS);
	*h->arch = '\0';
	for (size_t i = 0; i < n; i++) {
		if (check_arch(&v[i], e))
			return -1;
		v[i].id = (uint32_t)i + 1;
		v[i].slot = i;
		place(&v[i], &end);
		if (v[i].type == SIFOBJ_PARTITION &&
		    v[i].part == SIFOBJ_PRIMARY)
			memcpy(h->arch, v[i].arch, sizeof(h->arch));
	}
	h->n_slots = SIFHDR_SLOTS;
	h->n_free = SIFHDR_SLOTS - n;
	h->table_at = SIFHDR_TABLE_AT;
	h->table_size = SIFHDR_SLOTS * SIFHDR_OBJECT_BYTES;
	h->data_at = SIFHDR_DATA_AT;
	h->data_size = end - SIFHDR_DATA_AT;
	return 0;
}

static void write_header(const struct sifhdr *h, unsigned char *p)
{
	put_text(p, 32, h->launch);
	put_text(p + 32, 10, "SIF_MAGIC");
	put_text(p + 42, 3, "01");
	put_text(p + 45, 3, sifarch_code(h->arch));
	memcpy(p + 48, h->uuid, sizeof(h->uuid));
	put64(p + 64, (uint64_t)h->created);
	put64(p + 72, (uint64_t)h->modified);
	put64(p + 80, h->n_free);
	put64(p + 88, h->n_slots);
	put64(p + 96, h->table_at);
	put64(p + 104, h->table_size);
	put64(p + 112, h->data_at);
	put64(p + 120, h->data_size);
}

static void write_object(const struct sifobj *o, unsigned char *p)
{
	unsigned char *extra = p + 201;

	put32(p, o->type);
	p[4] = 1;
	put32(p + 5, o->id);
	put32(p + 9, o->group);
	put32(p + 13, o->link);
	put64(p + 17, o->at);
	put64(p + 25, o->size);
	put64(p + 33, o->padded_size);
	put64(p + 41, (uint64_t)o->created);
	put64(p + 49, (uint64_t)o->modified);
	put_text(p + 73, 128, o->name);
	if (o->type == SIFOBJ_PARTITION) {
		put32(extra, o->fs);
		put32(extra + 4, o->part);
		put_text(extra + 8, 3, sifarch_code(o->arch));
	} else if (o->type == SIFOBJ_SIGNATURE) {
		put32(extra, o->hash);
	} else if (o->type == SIFOBJ_OCI_INDEX || o->type == SIFOBJ_OCI_BLOB) {
		put_text(extra, 384, o->digest);
	}
}

void sifhdr_write(const struct sifhdr *h, const struct sifobj *v, size_t n,
		  unsigned char out[SIFHDR_DATA_AT])
{
	memset(out, 0, SIFHDR_DATA_AT);
	write_header(h, out);
	for (size_t i = 0; i < n; i++)
		write_object(&v[i],
			     out + SIFHDR_TABLE_AT + i * SIFHDR_OBJECT_BYTES);
}
