/* arread.c - descriptor to decoder to tar reader.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "layer/arread.h"

#include "base/io.h"
#include "base/mem.h"
#include "layer/codec.h"

#define IN_BYTES (256u << 10)
#define OUT_BYTES (1u << 20)

struct arread {
	int fd;
	const char *name;
	struct codec *codec; /* NULL: not yet known */
	struct tarread *tar;
	char *in; /* of IN_BYTES */
	const void *at;
	size_t left;  /* at AT, not yet decoded */
	char *out;    /* of OUT_BYTES */
	bool is_full; /* OUT was: more may be pending */
	bool is_over; /* FD is at its end */
	bool is_checked;
	uint64_t bytes;
};

static int refill(struct arread *r, struct err *e)
{
	ssize_t n = io_read(r->fd, r->in, IN_BYTES, r->name, e);

	if (n < 0)
		return -1;
	r->at = r->in;
	r->left = (size_t)n;
	r->bytes += (size_t)n;
	r->is_over = !n;
	if (r->codec)
		return 0;
	r->codec = codec_new(r->in, (size_t)n, e);
	return r->codec ? 0 : -1;
}

/* The stream has ended: 0 bytes, if that was its right end. */
static int finish(struct arread *r, struct err *e)
{
	if (r->is_checked)
		return 0;
	r->is_checked = true;
	return codec_end(r->codec, e);
}

static int next_block(void *ctx, const void **p, size_t *n, struct err *e)
{
	struct arread *r = ctx;

	*p = r->out;
	*n = 0;
	while (!*n) {
		if (!r->left && !r->is_full && !r->is_over && refill(r, e))
			return -1;
		if (!r->left && !r->is_full)
			return finish(r, e);
		if (codec_step(r->codec, &r->at, &r->left, r->out, OUT_BYTES, n,
			       e))
			return -1;
		r->is_full = *n == OUT_BYTES;
	}
	return 0;
}

struct arread *arread_new(int fd, const char *name)
{
	struct arread *r = xcalloc(1, sizeof(*r));

	r->fd = fd;
	r->name = name;
	r->in = xmalloc(IN_BYTES);
	r->out = xmalloc(OUT_BYTES);
	r->tar = tarread_new(next_block, r);
	return r;
}

void arread_free(struct arread *r)
{
	tarread_free(r->tar);
	if (r->codec)
		codec_free(r->codec);
	free(r->in);
	free(r->out);
	free(r);
}

int arread_next(struct arread *r, struct entry *entry, struct err *e)
{
	int got = tarread_next(r->tar, entry, e);
	const void *p;
	size_t n;

	if (got)
		return got;
	do {
		if (next_block(r, &p, &n, e))
			return -1;
	} while (n);
	return 0;
}

int arread_data(struct arread *r, const void **p, size_t *n, uint64_t *offset,
		struct err *e)
{
	return tarread_data(r->tar, p, n, offset, e);
}

uint64_t arread_bytes(const struct arread *r)
{
	return r->bytes;
}
