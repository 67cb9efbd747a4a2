/* tarwrite.c - entries to a tar archive.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Headers and small files are collected, so that who takes the bytes is not
 * asked for each; long pieces of content are passed on where they are.
 */
#include "config.h"

#include "layer/tarwrite.h"

#include "base/intr.h"
#include "base/mem.h"
#include "base/str.h"
#include "layer/tarmake.h"

#include <string.h>

#define COLLECT_BYTES 65536
#define DIRECT_BYTES 16384 /* pieces that are not worth a copy */
#define ZEROS_BYTES 16384

struct tarwrite {
	int (*write)(void *ctx, const void *p, size_t n, struct err *e);
	void *ctx;
	struct str pending;
	struct str records;
	struct str map;
};

/* The content of an entry, of which only EXTENTS are written. */
struct body {
	const char *name;
	const struct extent *extents;
	size_t n;
	size_t i;     /* the extent that is written */
	uint64_t pos; /* in it */
};

struct tarwrite *tarwrite_new(int (*write)(void *ctx, const void *p, size_t n,
					   struct err *e),
			      void *ctx)
{
	struct tarwrite *w = xcalloc(1, sizeof(*w));

	w->write = write;
	w->ctx = ctx;
	return w;
}

void tarwrite_free(struct tarwrite *w)
{
	str_clear(&w->pending);
	str_clear(&w->records);
	str_clear(&w->map);
	free(w);
}

static int flush(struct tarwrite *w, struct err *e)
{
	size_t n = w->pending.len;

	w->pending.len = 0;
	return n ? w->write(w->ctx, w->pending.p, n, e) : 0;
}

static int flush_full(struct tarwrite *w, struct err *e)
{
	return w->pending.len >= COLLECT_BYTES ? flush(w, e) : 0;
}

static int put(struct tarwrite *w, const void *p, size_t n, struct err *e)
{
	if (n >= DIRECT_BYTES)
		return flush(w, e) ? -1 : w->write(w->ctx, p, n, e);
	str_addn(&w->pending, p, n);
	return flush_full(w, e);
}

static int put_zeros(struct tarwrite *w, uint64_t n, struct err *e)
{
	static const char zeros[ZEROS_BYTES];

	while (n > 0) {
		size_t step = n < sizeof(zeros) ? (size_t)n : sizeof(zeros);

		if (intr_check(e) || put(w, zeros, step, e))
			return -1;
		n -= step;
	}
	return 0;
}

/* Zeros for what the source did not give of the extents in front of AT. */
static int skip_to(struct tarwrite *w, struct body *b, uint64_t at,
		   struct err *e)
{
	while (b->i < b->n) {
		const struct extent *x = &b->extents[b->i];
		uint64_t end = x->at + x->n;
		uint64_t from = b->pos > x->at ? b->pos : x->at;

		b->pos = at < from ? from : at < end ? at : end;
		if (put_zeros(w, b->pos - from, e))
			return -1;
		if (at < end)
			return 0;
		b->i++;
	}
	return 0;
}

/* A piece of content that belongs to AT. */
static int put_piece(struct tarwrite *w, struct body *b, uint64_t at,
		     const char *p, size_t n, struct err *e)
{
	while (n > 0) {
		if (at < b->pos)
			return err_set(e, ERR_FORMAT,
				       "'%s': content out of order", b->name);
		if (skip_to(w, b, at, e))
			return -1;
		if (b->i == b->n || b->pos != at)
			return err_set(e, ERR_FORMAT,
				       "'%s': content beyond its size or map",
				       b->name);
		uint64_t left = b->extents[b->i].at + b->extents[b->i].n - at;
		size_t step = n < left ? n : (size_t)left;

		if (put(w, p, step, e))
			return -1;
		b->pos += step;
		at += step;
		p += step;
		n -= step;
	}
	return 0;
}

static int put_content(struct tarwrite *w, struct body *b,
		       const struct entries *r, struct err *e)
{
	uint64_t at;
	const void *p;
	size_t n;
	int got;

	while ((got = r->data(r->ctx, &p, &n, &at, e)) > 0)
		if (intr_check(e) || put_piece(w, b, at, p, n, e))
			return -1;
	return got < 0 ? -1 : skip_to(w, b, UINT64_MAX, e);
}

/* Bytes of X that are there; a map that makes no sense is an error. */
static int sum_up(const struct entry *x, uint64_t *stored, struct err *e)
{
	uint64_t end = 0;

	*stored = 0;
	for (size_t i = 0; i < x->n_extents; i++) {
		const struct extent *extent = &x->extents[i];

		if (extent->at < end || extent->at > x->size ||
		    extent->n > x->size - extent->at)
			return err_set(e, ERR_FORMAT,
				       "'%s': malformed map of a sparse file",
				       x->name);
		end = extent->at + extent->n;
		*stored += extent->n;
	}
	return 0;
}

/* GNU.sparse 1.0: the map stands in front of the data, in decimal numbers, one
 * a line. GNU tar learns where a hole at the end ends by an empty extent. */
static void make_map(struct tarwrite *w, const struct entry *x)
{
	const struct extent *last =
		x->n_extents ? &x->extents[x->n_extents - 1] : NULL;
	bool ends_early = !last || last->at + last->n < x->size;

	w->map.len = 0;
	str_addf(&w->map, "%zu\n", x->n_extents + ends_early);
	for (size_t i = 0; i < x->n_extents; i++)
		str_addf(&w->map, "%llu\n%llu\n",
			 (unsigned long long)x->extents[i].at,
			 (unsigned long long)x->extents[i].n);
	if (ends_early)
		str_addf(&w->map, "%llu\n0\n", (unsigned long long)x->size);
	tarmake_pad(&w->map, w->map.len);
}

static int head(struct tarwrite *w, const struct entry *x, uint64_t stored,
		bool is_sparse, const struct entries *r, struct err *e)
{
	const char *name;
	const void *value;
	size_t n;

	w->records.len = 0;
	if (is_sparse) {
		tarmake_number(&w->records, "GNU.sparse.major", 1);
		tarmake_number(&w->records, "GNU.sparse.minor", 0);
		tarmake_number(&w->records, "GNU.sparse.realsize", x->size);
	}
	while (x->has_xattrs && r->xattr(r->ctx, &name, &value, &n))
		tarmake_xattr(&w->records, name, value, n);
	if (tarmake_head(x, stored, is_sparse, &w->records, &w->pending, e))
		return -1;
	return flush_full(w, e);
}

static int sparse(struct tarwrite *w, const struct entry *x,
		  const struct entries *r, struct err *e)
{
	struct body b = {
		.name = x->name,
		.extents = x->extents,
		.n = x->n_extents,
	};
	uint64_t stored;

	if (sum_up(x, &stored, e))
		return -1;
	make_map(w, x);
	if (head(w, x, w->map.len + stored, true, r, e) ||
	    put(w, w->map.p, w->map.len, e))
		return -1;
	if (put_content(w, &b, r, e))
		return -1;
	tarmake_pad(&w->pending, stored);
	return 0;
}

static int file(struct tarwrite *w, const struct entry *x,
		const struct entries *r, struct err *e)
{
	struct extent whole = { .n = x->size };
	struct body b = { .name = x->name, .extents = &whole, .n = 1 };

	if (head(w, x, x->size, false, r, e))
		return -1;
	if (put_content(w, &b, r, e))
		return -1;
	tarmake_pad(&w->pending, x->size);
	return 0;
}

int tarwrite_entry(struct tarwrite *w, const struct entry *entry,
		   const struct entries *r, struct err *e)
{
	if (intr_check(e))
		return -1;
	if (entry->type == ENTRY_FILE)
		return entry->is_sparse ? sparse(w, entry, r, e)
					: file(w, entry, r, e);
	return head(w, entry, 0, false, r, e);
}

int tarwrite_end(struct tarwrite *w, struct err *e)
{
	return put_zeros(w, 2 * TARMAKE_BLOCK, e) ? -1 : flush(w, e);
}
