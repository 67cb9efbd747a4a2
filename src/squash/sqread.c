/* sqread.c - the bytes and blocks of a squashfs image, through its caches.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "squash/sqread.h"

#include "format/bytes.h"

#define META_PLAIN 0x8000 /* in the two bytes before a table's block */

int sqread_bytes(const struct sqread *r, uint64_t at, void *buf, size_t n)
{
	unsigned char *p = buf;

	if (at > r->size || n > r->size - at)
		return -EIO;
	while (n) {
		ssize_t got = pread(r->fd, p, n, (off_t)(r->offset + at));

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return -EIO;
		p += got;
		at += (uint64_t)got;
		n -= (size_t)got;
	}
	return 0;
}

/* Two bytes that say how long it is come first; both are read at once. */
static int read_meta(const struct sqread *r, struct sqworker *w, uint64_t at,
		     struct sqslot *slot)
{
	size_t have = SQREAD_META + 2;
	size_t n;
	unsigned word;
	ssize_t got;
	int error;

	if (at >= r->size)
		return -EIO;
	if (have > r->size - at)
		have = (size_t)(r->size - at);
	error = sqread_bytes(r, at, w->input, have);
	if (error)
		return error;
	word = have < 2 ? 0 : bytes_get16(w->input);
	n = word & ~(unsigned)META_PLAIN;
	if (!n || n > SQREAD_META || n > have - 2)
		return -EIO;
	slot->next = at + 2 + n;
	if (word & META_PLAIN) {
		memcpy(slot->bytes, w->input + 2, n);
		slot->n = n;
		return 0;
	}
	got = sqcodec_inflate(r->codec, w, w->input + 2, n, slot->bytes,
			      SQREAD_META);
	if (got <= 0)
		return -EIO;
	slot->n = (size_t)got;
	return 0;
}

static int fill_meta(void *ctx, uint64_t key, struct sqslot *slot)
{
	const struct sqread *r = ctx;
	struct sqworker *w = sqcodec_take(r->codec);
	int error;

	if (!w)
		return -ENOMEM;
	error = read_meta(r, w, key, slot);
	sqcodec_give(r->codec, w);
	return error;
}

int sqread_meta(struct sqread *r, uint64_t at, struct sqslot **out)
{
	struct sqcache_filler filler = { fill_meta, r };

	if (at >= r->size)
		return -EIO;
	return sqcache_get(r->meta, sqread_key(SQREAD_BLOCK, at), &filler, out);
}

static int fill_page(void *ctx, uint64_t key, struct sqslot *slot)
{
	const struct sqread *r = ctx;
	uint64_t at = key - sqread_key(SQREAD_PAGE, 0);

	slot->n = r->size - at < SQREAD_META ? (size_t)(r->size - at)
					     : SQREAD_META;
	return sqread_bytes(r, at, slot->bytes, slot->n);
}

int sqread_index(struct sqread *r, uint64_t at, uint64_t i, uint64_t *out)
{
	struct sqcache_filler filler = { fill_page, r };
	size_t offset = (size_t)(i * 8 % SQREAD_META);
	struct sqslot *slot;
	int error;

	at += i * 8 - offset;
	if (at >= r->size)
		return -EIO;
	error = sqcache_get(r->meta, sqread_key(SQREAD_PAGE, at), &filler,
			    &slot);
	if (error)
		return error;
	if (offset + 8 <= slot->n)
		*out = bytes_get64(slot->bytes + offset);
	else
		error = -EIO;
	sqcache_unpin(slot);
	return error;
}

bool sqread_extent(const struct sqread *r, uint64_t at, uint32_t word,
		   struct sqextent *out)
{
	*out = (struct sqextent){
		.at = at,
		.n = word & ~SQREAD_PLAIN,
		.plain = word & SQREAD_PLAIN,
	};
	return out->n && out->n <= r->block_size && at < r->size &&
	       out->n <= r->size - at;
}

/* As many bytes as there are, at most CAP. */
static ssize_t inflate(const struct sqread *r, const struct sqextent *x,
		       void *buf, size_t cap)
{
	struct sqworker *w = sqcodec_take(r->codec);
	ssize_t got;

	if (!w)
		return -ENOMEM;
	got = sqread_bytes(r, x->at, w->input, x->n);
	if (!got)
		got = sqcodec_inflate(r->codec, w, w->input, x->n, buf, cap);
	sqcodec_give(r->codec, w);
	return got;
}

/* How a block is filled: the key has only its place. */
struct filling {
	struct sqread *read;
	const struct sqextent *extent;
};

static int fill_block(void *ctx, uint64_t key, struct sqslot *slot)
{
	const struct filling *f = ctx;
	ssize_t got =
		inflate(f->read, f->extent, slot->bytes, f->read->block_size);

	(void)key;
	if (got < 0)
		return (int)got;
	slot->n = (size_t)got;
	return 0;
}

static int copy(const struct sqslot *slot, size_t from, void *buf, size_t n)
{
	if (from > slot->n || n > slot->n - from)
		return -EIO;
	memcpy(buf, slot->bytes + from, n);
	return 0;
}

/* Blocks that others have inflated for a part of them are taken from there. */
int sqread_block(struct sqread *r, const struct sqextent *x, void *buf,
		 size_t n)
{
	struct sqslot *slot;
	ssize_t got;
	int error;

	if (x->plain)
		return x->n == n ? sqread_bytes(r, x->at, buf, n) : -EIO;
	slot = sqcache_find(r->data, x->at);
	if (slot) {
		error = copy(slot, 0, buf, n);
		sqcache_unpin(slot);
		return error;
	}
	got = inflate(r, x, buf, n);
	if (got < 0)
		return (int)got;
	return (size_t)got == n ? 0 : -EIO;
}

int sqread_part(struct sqread *r, const struct sqextent *x, size_t from,
		void *buf, size_t n)
{
	struct filling filling = { r, x };
	struct sqcache_filler filler = { fill_block, &filling };
	struct sqslot *slot;
	int error;

	if (x->plain && (from > x->n || n > x->n - from))
		return -EIO;
	if (x->plain)
		return sqread_bytes(r, x->at + from, buf, n);
	error = sqcache_get(r->data, x->at, &filler, &slot);
	if (error)
		return error;
	error = copy(slot, from, buf, n);
	sqcache_unpin(slot);
	return error;
}
