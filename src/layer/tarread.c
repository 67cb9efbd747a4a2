/* tarread.c - plain entries are read here, all others by libarchive.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Each entry that is not plain gets a reader of its own, which begins at its
 * header and is given blocks as it asks for them. Where it stops in a block we
 * go on.
 */
#include "config.h"

#include "layer/tarread.h"

#include "base/mem.h"
#include "layer/tarlib.h"
#include "layer/tarplain.h"

#include <string.h>

struct tarread {
	int (*next)(void *ctx, const void **p, size_t *n, struct err *e);
	void *ctx;
	const char *block;
	size_t block_len;
	uint64_t block_at; /* where it stands in the archive */
	size_t used;       /* bytes of the block */
	/* A header that lies in more than one block; of what is in LIB's hands
	 * nothing. */
	char head[TARPLAIN_BLOCK];
	size_t n_head;
	struct tarplain texts;
	uint64_t size;      /* of the plain entry's content, */
	uint64_t left;      /* of which so much was not given out, */
	size_t padding;     /* and behind it */
	struct tarlib *lib; /* of another entry, or NULL */
	uint64_t lib_at;    /* where it began */
	bool is_pax;        /* there were PAX records before */
};

struct tarread *tarread_new(int (*next)(void *ctx, const void **p, size_t *n,
					struct err *e),
			    void *ctx)
{
	struct tarread *r = xcalloc(1, sizeof(*r));

	r->next = next;
	r->ctx = ctx;
	return r;
}

static void close_lib(struct tarread *r)
{
	if (r->lib)
		tarlib_free(r->lib);
	r->lib = NULL;
}

void tarread_free(struct tarread *r)
{
	close_lib(r);
	free(r);
}

static int next_block(struct tarread *r, struct err *e)
{
	const void *p = NULL;
	size_t n = 0;

	r->block_at += r->block_len;
	r->block_len = 0;
	r->used = 0;
	if (r->next(r->ctx, &p, &n, e))
		return -1;
	r->block = p;
	r->block_len = n;
	return 0;
}

/* Up to N bytes that come next: 0 at the end. */
static int take(struct tarread *r, uint64_t n, const char **p, size_t *got,
		struct err *e)
{
	if (r->used == r->block_len && next_block(r, e))
		return -1;
	size_t have = r->block_len - r->used;

	*got = n < have ? (size_t)n : have;
	*p = *got ? r->block + r->used : NULL;
	r->used += *got;
	return 0;
}

static int truncated(struct err *e)
{
	return err_set(e, ERR_FORMAT,
		       "malformed tar archive (Truncated tar archive)");
}

static int skip(struct tarread *r, uint64_t n, struct err *e)
{
	const char *p;
	size_t got;

	for (; n; n -= got) {
		if (take(r, n, &p, &got, e))
			return -1;
		if (!got)
			return truncated(e);
	}
	return 0;
}

/* The block that is a header or the archive's end, *HEAD, or NULL if what is
 * left is shorter. Where there is no other, it is r->head with r->n_head. */
static int read_head(struct tarread *r, const char **head, struct err *e)
{
	const char *p;
	size_t got;

	r->n_head = 0;
	if (r->block_len - r->used >= TARPLAIN_BLOCK) {
		*head = r->block + r->used;
		r->used += TARPLAIN_BLOCK;
		return 0;
	}
	do {
		if (take(r, TARPLAIN_BLOCK - r->n_head, &p, &got, e))
			return -1;
		if (got)
			memcpy(r->head + r->n_head, p, got);
		r->n_head += got;
	} while (got && r->n_head < TARPLAIN_BLOCK);
	*head = r->n_head == TARPLAIN_BLOCK ? r->head : NULL;
	return 0;
}

/* What libarchive asks for: a header that was put together, the block from
 * where we are, the blocks behind it. */
static int on_next(void *ctx, const void **p, size_t *n, struct err *e)
{
	struct tarread *r = ctx;

	if (r->n_head) {
		*p = r->head;
		*n = r->n_head;
		r->n_head = 0;
		return 0;
	}
	if (r->used == r->block_len && next_block(r, e))
		return -1;
	*p = r->block + r->used;
	*n = r->block_len - r->used;
	r->used = r->block_len;
	return 0;
}

/* From the header on that was read last. */
static void open_lib(struct tarread *r, const char *head)
{
	if (head && head != r->head)
		r->used -= TARPLAIN_BLOCK;
	r->lib_at = r->block_at + r->used - r->n_head;
	r->lib = tarlib_new(r->is_pax       ? TARLIB_PAX
			    : r->lib_at > 0 ? TARLIB_INSIDE
					    : TARLIB_BEGIN,
			    on_next, r);
}

/* Behind LIB's entry. It may have copied what is before the block that we have:
 * then it goes on with the next entry. */
static int leave_lib(struct tarread *r, struct err *e)
{
	uint64_t at;

	if (tarlib_skip(r->lib, &at, e))
		return -1;
	at += r->lib_at;
	if (at < r->block_at)
		return 0;
	r->used = (size_t)(at - r->block_at);
	r->is_pax = tarlib_is_pax(r->lib);
	close_lib(r);
	return 0;
}

static int next_plain(struct tarread *r, struct entry *entry, struct err *e)
{
	const char *head;

	if (skip(r, r->left + r->padding, e))
		return -1;
	r->left = 0;
	r->padding = 0;
	if (read_head(r, &head, e))
		return -1;
	if (!head || !tarplain_read(head, &r->texts, entry)) {
		open_lib(r, head);
		return 0;
	}
	r->size = entry->size;
	r->left = entry->size;
	r->padding = (TARPLAIN_BLOCK - entry->size % TARPLAIN_BLOCK) %
		     TARPLAIN_BLOCK;
	return 1;
}

int tarread_next(struct tarread *r, struct entry *entry, struct err *e)
{
	if (r->lib && leave_lib(r, e))
		return -1;
	int got = r->lib ? 0 : next_plain(r, entry, e);

	return got ? got : tarlib_next(r->lib, entry, e);
}

int tarread_data(struct tarread *r, const void **p, size_t *n, uint64_t *offset,
		 struct err *e)
{
	const char *piece;

	if (r->lib)
		return tarlib_data(r->lib, p, n, offset, e);
	if (!r->left)
		return 0;
	if (take(r, r->left, &piece, n, e))
		return -1;
	if (!*n)
		return truncated(e);
	*p = piece;
	*offset = r->size - r->left;
	r->left -= *n;
	return 1;
}

bool tarread_xattr(struct tarread *r, const char **name, const void **value,
		   size_t *size)
{
	return r->lib && tarlib_xattr(r->lib, name, value, size);
}

static int entries_next(void *ctx, struct entry *out, struct err *e)
{
	return tarread_next(ctx, out, e);
}

static int entries_data(void *ctx, const void **p, size_t *n, uint64_t *offset,
			struct err *e)
{
	return tarread_data(ctx, p, n, offset, e);
}

static bool entries_xattr(void *ctx, const char **name, const void **value,
			  size_t *size)
{
	return tarread_xattr(ctx, name, value, size);
}

struct entries tarread_entries(struct tarread *r)
{
	return (struct entries){ entries_next, entries_data, entries_xattr, r };
}
