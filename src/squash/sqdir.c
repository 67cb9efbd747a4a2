/* sqdir.c - the names in a directory of a squashfs image.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A list consists of runs: a header for up to 256 names whose inodes are in one
 * block, and the names. Names are sorted by their bytes. A large directory has
 * an index: the first name of a run in each block of the list, and where it is.
 */
#include "config.h"

#include "squash/sqdir.h"

#include "format/bytes.h"
#include "squash/sqimage.h"
#include "squash/sqmeta.h"

#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

#define RUN_BYTES 12  /* of a run's header */
#define RUN_MAX 256   /* names in it */
#define ENTRY_BYTES 8 /* of a name, before the name itself */
#define INDEX_BYTES 12
#define RUN_BITS 8 /* of `next`, for the name in the run */

/* Where somebody is who reads a list. */
struct place {
	struct sqmeta meta;
	uint64_t at;   /* bytes from the list's start */
	uint64_t size; /* of the list */

	/* The run. */
	uint64_t run_at; /* bytes from the list's start */
	uint32_t n, i;   /* names that it has, and that were read */
	uint64_t block;  /* of its inodes */
	uint32_t number; /* what their numbers are relative to */
};

/* A name and what stands before it. NAME is good until the next one. */
struct entry {
	uint64_t ref;
	uint32_t number;
	unsigned type; /* the image's: 1 to 7 */
	size_t len;
	const unsigned char *name;
};

static int take(struct place *p, size_t n, const unsigned char **out)
{
	if (n > p->size - p->at)
		return -EIO;
	p->at += n;
	return sqmeta_take(&p->meta, n, out);
}

static int next_run(struct place *p)
{
	const unsigned char *b;
	uint64_t at = p->at;
	int error = take(p, RUN_BYTES, &b);
	uint32_t last;

	if (error)
		return error;
	last = bytes_get32(b);
	if (last >= RUN_MAX)
		return -EIO;
	p->run_at = at;
	p->n = last + 1;
	p->i = 0;
	p->block = bytes_get32(b + 4);
	p->number = bytes_get32(b + 8);
	return 0;
}

/* The next name of the run. */
static int next_entry(struct place *p, struct entry *out)
{
	const unsigned char *b;
	int error = take(p, ENTRY_BYTES, &b);

	if (error)
		return error;
	*out = (struct entry){
		.ref = p->block << 16 | bytes_get16(b),
		.number = p->number + (uint32_t)(int16_t)bytes_get16(b + 2),
		.type = bytes_get16(b + 4),
		.len = (size_t)bytes_get16(b + 6) + 1,
	};
	if (out->len > SQDIR_NAME_MAX)
		return -EIO;
	p->i++;
	return take(p, out->len, &out->name);
}

/* What is looked for: a name or, if that is NULL, a byte of the list. */
struct wanted {
	const char *name;
	size_t len;
	uint64_t at;
};

static int name_order(const unsigned char *a, size_t a_len, const char *b,
		      size_t b_len)
{
	int order = memcmp(a, b, a_len < b_len ? a_len : b_len);

	return order ? order : a_len < b_len ? -1 : a_len > b_len;
}

/* Go on in the index while its items are not behind what is wanted: how much of
 * the list is before the last of them, and the block where it is. */
static int use_index(struct sqfile *f, const struct sqnode *dir,
		     struct sqmeta *m, const struct wanted *w, uint64_t *at,
		     uint64_t *block)
{
	for (uint32_t i = 0; i < dir->n_index; i++) {
		const unsigned char *p;
		int error = sqmeta_take(m, INDEX_BYTES, &p);
		uint32_t item_at, item_block;
		size_t len;

		if (error)
			return error;
		item_at = bytes_get32(p);
		item_block = bytes_get32(p + 4);
		len = (size_t)bytes_get32(p + 8) + 1;
		if (len > SQDIR_NAME_MAX)
			return -EIO;
		error = sqmeta_take(m, len, &p);
		if (error)
			return error;
		if (w->name ? name_order(p, len, w->name, w->len) > 0
			    : item_at > w->at)
			return 0;
		*at = item_at;
		*block = f->header.directories_at + item_block;
	}
	return 0;
}

/* Begin with the last run that the index has before what is wanted, or with the
 * first one. */
static int begin(struct sqfile *f, const struct sqnode *dir,
		 const struct wanted *w, struct place *p)
{
	uint64_t block = dir->list.block;
	uint64_t at = 0;
	int error = 0;

	p->meta.slot = NULL;
	if (dir->n_index) {
		error = sqmeta_init(&p->meta, &f->read, dir->index.block,
				    dir->index.offset);
		if (error)
			return error;
		error = use_index(f, dir, &p->meta, w, &at, &block);
		sqmeta_clear(&p->meta);
	}
	if (!error && at > dir->size)
		error = -EIO;
	if (error)
		return error;
	p->at = at;
	p->size = dir->size;
	p->n = p->i = 0;
	return sqmeta_init(&p->meta, &f->read, block,
			   (dir->list.offset + at) % SQREAD_META);
}

/* Names are sorted; like the kernel, we count on that for the first byte only.
 */
static int find_in(struct place *p, const char *name, size_t len, uint64_t *ref)
{
	unsigned char first = (unsigned char)*name;

	while (p->at < p->size) {
		int error = next_run(p);

		while (!error && p->i < p->n) {
			struct entry x;

			error = next_entry(p, &x);
			if (error || (x.len != len && *x.name <= first))
				continue;
			if (*x.name > first)
				return -ENOENT;
			if (memcmp(x.name, name, len) != 0)
				continue;
			*ref = x.ref;
			return 0;
		}
		if (error)
			return error;
	}
	return -ENOENT;
}

int sqdir_find(struct sqfile *f, const struct sqnode *dir, const char *name,
	       size_t len, uint64_t *ref)
{
	struct wanted w = { .name = name, .len = len };
	struct place p;
	int error;

	if (!S_ISDIR(dir->mode))
		return -ENOTDIR;
	if (!len || len > SQDIR_NAME_MAX || !dir->size)
		return -ENOENT;
	error = begin(f, dir, &w, &p);
	if (!error)
		error = find_in(&p, name, len, ref);
	sqmeta_clear(&p.meta);
	return error;
}

static bool name_is_bad(const char *name, size_t len)
{
	if (*name == '.' && (len == 1 || (len == 2 && name[1] == '.')))
		return true;
	return memchr(name, '/', len) || memchr(name, 0, len);
}

/* The next name, to *OUT. */
static int list_entry(struct place *p, struct sqdir_entry *out)
{
	static const unsigned char types[] = {
		0, DT_DIR, DT_REG, DT_LNK, DT_BLK, DT_CHR, DT_FIFO, DT_SOCK
	};
	struct entry x;
	int error = next_entry(p, &x);

	if (error)
		return error;
	*out = (struct sqdir_entry){
		.name = (const char *)x.name,
		.len = x.len,
		.ref = x.ref,
		.next = p->i < p->n ? p->run_at << RUN_BITS | p->i
				    : p->at << RUN_BITS,
		.number = x.number,
	};
	if (!x.type || x.type >= ARRAY_SIZE(types) ||
	    name_is_bad(out->name, x.len))
		return -EIO;
	out->type = types[x.type];
	return 0;
}

/* To the run at byte AT of the list, and past N of its names. */
static int seek(struct place *p, uint64_t at, uint32_t n)
{
	int error = at < p->at ? -EIO : sqmeta_skip(&p->meta, at - p->at);
	struct entry x;

	p->at = at;
	if (!error && n)
		error = next_run(p);
	if (!error && n > p->n)
		error = -EIO;
	while (!error && n--)
		error = next_entry(p, &x);
	return error;
}

static int list_from(struct place *p,
		     int (*fn)(void *, const struct sqdir_entry *), void *ctx)
{
	struct sqdir_entry x;
	int error = 0;

	while (!error) {
		if (p->i == p->n && p->at == p->size)
			return 0;
		if (p->i == p->n)
			error = next_run(p);
		if (!error)
			error = list_entry(p, &x);
		if (!error)
			error = fn(ctx, &x);
	}
	return error;
}

int sqdir_list(struct sqfile *f, const struct sqnode *dir, uint64_t at,
	       int (*fn)(void *ctx, const struct sqdir_entry *x), void *ctx)
{
	struct wanted w = { .at = at >> RUN_BITS };
	struct place p;
	int error;

	if (!S_ISDIR(dir->mode))
		return -ENOTDIR;
	if (w.at > dir->size)
		return -EIO;
	if (w.at == dir->size)
		return 0;
	error = begin(f, dir, &w, &p);
	if (!error)
		error = seek(&p, w.at, at & ((1u << RUN_BITS) - 1));
	if (!error)
		error = list_from(&p, fn, ctx);
	sqmeta_clear(&p.meta);
	return error;
}
