/* sqmeta.c - reading on in a table of a squashfs image, from block to block.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "squash/sqmeta.h"

#include <string.h>

static int enter(struct sqmeta *m, uint64_t at)
{
	struct sqslot *slot;
	int error = sqread_meta(m->read, at, &slot);

	if (error)
		return error;
	sqmeta_clear(m);
	m->slot = slot;
	m->at = at;
	m->offset = 0;
	return 0;
}

int sqmeta_init(struct sqmeta *m, struct sqread *r, uint64_t at, size_t offset)
{
	int error;

	m->read = r;
	m->slot = NULL;
	error = enter(m, at);
	if (error)
		return error;
	m->offset = offset;
	if (offset <= m->slot->n)
		return 0;
	sqmeta_clear(m);
	return -EIO;
}

int sqmeta_init_item(struct sqmeta *m, struct sqread *r, uint64_t table,
		     uint64_t i, size_t size)
{
	uint64_t each = SQREAD_META / size;
	uint64_t at;
	int error = sqread_index(r, table, i / each, &at);

	m->slot = NULL;
	return error ? error : sqmeta_init(m, r, at, i % each * size);
}

void sqmeta_clear(struct sqmeta *m)
{
	if (m->slot)
		sqcache_unpin(m->slot);
	m->slot = NULL;
}

/* How many bytes are left in the block, which is the next if there are none. */
static int left(struct sqmeta *m, size_t *out)
{
	int error = 0;

	if (m->offset == m->slot->n)
		error = enter(m, m->slot->next);
	*out = m->slot->n - m->offset;
	return error;
}

/* Past N bytes, which go to P unless that is NULL. */
static int pass(struct sqmeta *m, unsigned char *p, uint64_t n)
{
	while (n) {
		size_t some;
		int error = left(m, &some);

		if (error)
			return error;
		if (some > n)
			some = (size_t)n;
		if (p) {
			memcpy(p, m->slot->bytes + m->offset, some);
			p += some;
		}
		m->offset += some;
		n -= some;
	}
	return 0;
}

int sqmeta_copy(struct sqmeta *m, void *buf, size_t n)
{
	return pass(m, buf, n);
}

int sqmeta_skip(struct sqmeta *m, uint64_t n)
{
	return pass(m, NULL, n);
}

int sqmeta_take(struct sqmeta *m, size_t n, const unsigned char **out)
{
	size_t some;
	int error = left(m, &some);

	if (error)
		return error;
	if (some >= n) {
		*out = m->slot->bytes + m->offset;
		m->offset += n;
		return 0;
	}
	if (n > sizeof(m->joined))
		return -EIO;
	*out = m->joined;
	return sqmeta_copy(m, m->joined, n);
}

int sqmeta_items(struct sqmeta *m, size_t size, uint64_t n,
		 const unsigned char **out, size_t *got)
{
	size_t some;
	int error = left(m, &some);

	if (error)
		return error;
	*got = some / size < n ? some / size : (size_t)n;
	if (!*got)
		*got = 1;
	return sqmeta_take(m, *got * size, out);
}
