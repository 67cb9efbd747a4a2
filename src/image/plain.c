/* plain.c - a layer's blob, decompressed and verified.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "image/plain.h"

#include "base/hash.h"
#include "base/intr.h"
#include "base/io.h"
#include "base/mem.h"
#include "image/blobs.h"
#include "layer/codec.h"

#include <stdlib.h>
#include <unistd.h>

#define BUFFER_BYTES ((size_t)256 << 10)

struct plain {
	int fd;
	const struct digest *blob;
	const struct digest *diff;
	struct codec *codec;   /* NULL: at the start */
	struct hash *sum;      /* of the blob */
	struct hash *diff_sum; /* of what it holds */
	char *in, *out;        /* of BUFFER_BYTES */
	const void *at;
	size_t left;  /* at AT */
	bool is_full; /* OUT was: more may be pending */
	bool is_over; /* all was read */
	bool is_done; /* and verified */
};

static void forget(struct plain *p)
{
	if (p->codec)
		codec_free(p->codec);
	hash_free(p->sum);
	hash_free(p->diff_sum);
	p->codec = NULL;
	p->sum = p->diff_sum = NULL;
}

static void begin(struct plain *p)
{
	forget(p);
	p->sum = hash_new(p->blob->algo);
	p->diff_sum = hash_new(p->diff->algo);
	p->left = 0;
	p->is_full = p->is_over = p->is_done = false;
}

struct plain *plain_open(int root, const struct imgoci *i, size_t k,
			 struct err *e)
{
	const struct descriptor *d = &i->manifest.layers[k];
	int fd = blobs_open(root, &d->digest, d->size, e);
	struct plain *p;

	if (fd < 0)
		return NULL;
	p = xcalloc(1, sizeof(*p));
	p->fd = fd;
	p->blob = &d->digest;
	p->diff = &i->config.diff_ids[k];
	p->in = xmalloc(BUFFER_BYTES);
	p->out = xmalloc(BUFFER_BYTES);
	begin(p);
	return p;
}

void plain_close(struct plain *p)
{
	forget(p);
	close(p->fd);
	free(p->in);
	free(p->out);
	free(p);
}

static int refill(struct plain *p, struct err *e)
{
	ssize_t n = io_read(p->fd, p->in, BUFFER_BYTES, "layer", e);

	if (n < 0 || intr_check(e))
		return -1;
	hash_add(p->sum, p->in, (size_t)n);
	p->at = p->in;
	p->left = (size_t)n;
	p->is_over = !n;
	if (!p->codec)
		p->codec = codec_new(p->in, (size_t)n, e);
	return p->codec ? 0 : -1;
}

static int finish(struct plain *p, struct err *e)
{
	if (p->is_done)
		return 0;
	p->is_done = true;
	if (codec_end(p->codec, e) || digest_check(p->sum, p->blob, e))
		return -1;
	if (digest_check(p->diff_sum, p->diff, e))
		return err_ctx(e, "diff_id");
	return 0;
}

int plain_next(struct plain *p, const void **at, size_t *n, struct err *e)
{
	*at = p->out;
	*n = 0;
	while (!*n) {
		if (!p->left && !p->is_full && !p->is_over && refill(p, e))
			return -1;
		if (!p->left && !p->is_full && p->is_over)
			return finish(p, e);
		if (codec_step(p->codec, &p->at, &p->left, p->out, BUFFER_BYTES,
			       n, e))
			return -1;
		p->is_full = *n == BUFFER_BYTES;
	}
	hash_add(p->diff_sum, p->out, *n);
	return 1;
}
