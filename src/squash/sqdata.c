/* sqdata.c - the content of files and symlinks of a squashfs image.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "squash/sqdata.h"

#include "format/bytes.h"
#include "squash/sqblocks.h"

#include <string.h>
#include <sys/stat.h>

#define FRAGMENT_BYTES 16

/* Where the fragment of number I is. */
static int find_fragment(struct sqfile *f, uint32_t i, struct sqextent *out)
{
	const unsigned char *p;
	struct sqmeta m;
	int error;

	if (i >= f->header.n_fragments)
		return -EIO;
	error = sqmeta_init_item(&m, &f->read, f->header.fragments_at, i,
				 FRAGMENT_BYTES);
	if (!error)
		error = sqmeta_take(&m, FRAGMENT_BYTES, &p);
	if (!error &&
	    !sqread_extent(&f->read, bytes_get64(p), bytes_get32(p + 8), out))
		error = -EIO;
	sqmeta_clear(&m);
	return error;
}

/* N bytes of the tail from FROM on. */
static int read_tail(struct sqfile *f, const struct sqnode *node, size_t from,
		     void *buf, size_t n)
{
	struct sqextent x;
	int error = find_fragment(f, node->fragment, &x);

	if (error)
		return error;
	return sqread_part(&f->read, &x, node->tail + from, buf, n);
}

/* N bytes from FROM on of the next block, which has SIZE. */
static int read_one(struct sqfile *f, struct sqblocks *b, size_t size,
		    size_t from, void *buf, size_t n)
{
	struct sqextent x;
	uint32_t word;
	uint64_t at;
	int error = sqblocks_next(b, &at, &word);

	if (error)
		return error;
	if (!word) {
		memset(buf, 0, n);
		return 0;
	}
	if (!sqread_extent(&f->read, at, word, &x))
		return -EIO;
	if (n == size)
		return sqread_block(&f->read, &x, buf, n);
	return sqread_part(&f->read, &x, from, buf, n);
}

/* What a request still wants. */
struct request {
	uint64_t offset;
	unsigned char *buf;
	size_t n;
};

static void advance(struct request *r, size_t n)
{
	r->offset += n;
	r->buf += n;
	r->n -= n;
}

/* The part of the request that is in blocks. */
static int read_blocks(struct sqfile *f, const struct sqnode *node,
		       struct sqblocks *b, uint64_t end, struct request *r)
{
	size_t size = f->read.block_size;

	while (r->n && r->offset < end) {
		size_t from = (size_t)(r->offset % size);
		uint64_t start = r->offset - from;
		size_t block = node->size - start < size
				       ? (size_t)(node->size - start)
				       : size;
		size_t n = r->n < block - from ? r->n : block - from;
		int error = read_one(f, b, block, from, r->buf, n);

		if (error)
			return error;
		advance(r, n);
	}
	return 0;
}

ssize_t sqdata_read(struct sqfile *f, const struct sqnode *node,
		    uint64_t offset, void *buf, size_t n)
{
	struct request r = { offset, buf, n };
	uint64_t size = f->read.block_size;
	uint64_t end = sqblocks_count(f, node) * size;
	struct sqblocks b;
	int error = 0;

	if (!S_ISREG(node->mode))
		return S_ISDIR(node->mode) ? -EISDIR : -EINVAL;
	if (offset >= node->size)
		return 0;
	if (n > node->size - offset)
		r.n = n = (size_t)(node->size - offset);
	if (offset < end) {
		error = sqblocks_init(&b, f, node, offset / size);
		if (!error)
			error = read_blocks(f, node, &b, end, &r);
		sqmeta_clear(&b.meta);
	}
	if (!error && r.n)
		error = read_tail(f, node, (size_t)(r.offset % size), r.buf,
				  r.n);
	return error ? error : (ssize_t)n;
}

ssize_t sqdata_readlink(struct sqfile *f, const struct sqnode *node, char *buf,
			size_t n)
{
	struct sqmeta m;
	int error;

	if (!S_ISLNK(node->mode))
		return -EINVAL;
	if (node->size > n)
		return -ERANGE;
	error = sqmeta_init(&m, &f->read, node->list.block, node->list.offset);
	if (error)
		return error;
	error = sqmeta_copy(&m, buf, (size_t)node->size);
	sqmeta_clear(&m);
	if (!error && memchr(buf, 0, (size_t)node->size))
		error = -EIO;
	return error ? error : (ssize_t)node->size;
}
