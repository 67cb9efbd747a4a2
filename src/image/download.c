/* download.c - the layers of one image on their way here.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "image/download.h"

#include "base/gate.h"
#include "base/intr.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/str.h"
#include "base/tmp.h"
#include "image/blobs.h"
#include "registry/fetch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

/* How much is read before it is given back. */
#define FREE_BYTES (4 << 20)

/* A layer's blob: in the store already, or on its way there (gate is set). */
struct inflow {
	struct download *all;
	const struct descriptor *d;
	struct inflow *same; /* an earlier layer with the same digest */
	bool is_shared;      /* it is that for a later one */
	struct tmp tmp;
	struct gate *gate; /* bytes that are there */
	int fd;            /* for the reader, by offset */
	bool verified;     /* its digest was right */
	off_t at;          /* how far the reader is */
	off_t freed;       /* what was read up to here is given back */
};

struct download {
	struct download_opts o;
	struct inflow *v;
	size_t n;
	uint64_t missing;
	struct imgoci_layers layers;
	int (*check)(void *ctx, struct err *e);
	void *ctx;
};

/* Where the bytes of layer I will be: in the store's blob, in the temporary
 * file of an earlier layer with the same digest, or in a new one. */
static int open_inflow(struct download *d, size_t i, struct err *e)
{
	struct inflow *in = &d->v[i];
	int store = d->o.store_fd;

	if (store >= 0 && blobs_has(store, &in->d->digest, in->d->size)) {
		in->fd = blobs_open(store, &in->d->digest, in->d->size, e);
		return in->fd < 0 ? -1 : 0;
	}
	for (size_t k = 0; k < i && !in->same; k++)
		if (d->v[k].gate &&
		    digest_eq(&d->v[k].d->digest, &in->d->digest))
			in->same = &d->v[k];
	if (in->same) {
		in->same->is_shared = true;
		return 0;
	}
	in->gate = gate_new();
	d->missing += in->d->size;
	if (tmp_file(&in->tmp, d->o.tmp_fd, e))
		return -1;
	/* Publishing closes the temporary file's own descriptor. */
	in->fd = fcntl(in->tmp.fd, F_DUPFD_CLOEXEC, 3);
	return in->fd < 0 ? err_sys(e, "can't duplicate a descriptor") : 0;
}

struct download *download_new(const struct download_opts *o,
			      const struct imgoci *i, struct err *e)
{
	AUTO(download) struct download *d = xcalloc(1, sizeof *d);

	d->o = *o;
	imgoci_layers_new(i, &d->layers);
	d->v = xcalloc(d->layers.n + 1, sizeof *d->v);
	for (d->n = 0; d->n < d->layers.n; d->n++)
		d->v[d->n] = (struct inflow){
			.all = d,
			.d = &i->manifest.layers[d->n],
			.tmp = TMP_INIT,
			.fd = -1,
		};
	for (size_t k = 0; k < d->n; k++)
		if (open_inflow(d, k, e))
			return NULL;
	return TAKE(d);
}

void download_stop(struct download *d)
{
	for (size_t i = 0; i < d->n; i++)
		if (d->v[i].gate)
			gate_cancel(d->v[i].gate);
}

void download_free(struct download *d)
{
	download_stop(d);
	for (size_t i = 0; i < d->n; i++) {
		tmp_clear(&d->v[i].tmp);
		if (d->v[i].gate)
			gate_free(d->v[i].gate);
		if (d->v[i].fd >= 0)
			close(d->v[i].fd);
	}
	imgoci_layers_close(&d->layers);
	free(d->v);
	free(d);
}

uint64_t download_missing(const struct download *d)
{
	return d->missing;
}

/* What has only passed through need not stay in memory or on disk. Where holes
 * can't be made the file stays as it is until the end. */
static void give_back(struct inflow *in)
{
	off_t n = in->at - in->freed;

	if (in->all->o.keep || !in->gate || in->is_shared || n < FREE_BYTES)
		return;
	if (fallocate(in->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
		      in->freed, n))
		in->is_shared = true; /* not asked again */
	in->freed = in->at;
}

/* The bytes that are there, waiting for more as long as it takes. */
static ssize_t read_inflow(void *ctx, void *p, size_t n, struct err *e)
{
	struct inflow *in = ctx;
	const struct inflow *from = in->same ? in->same : in;
	uint64_t at = (uint64_t)in->at;
	uint64_t there = in->d->size;
	ssize_t got;

	if (at >= in->d->size)
		return 0;
	if (from->gate && !gate_wait(from->gate, at, &there))
		return err_set(e, ERR_INTR, "the download was stopped");
	if (there > in->d->size)
		there = in->d->size;
	if (n > there - at)
		n = there - at;
	do
		got = pread(from->fd, p, n, in->at);
	while (got < 0 && errno == EINTR && !intr_check(e));
	if (got < 0)
		return e->kind ? -1 : err_sys(e, "can't read a layer");
	in->at += got;
	give_back(in);
	return got;
}

/* Called when flattening has failed: its reader must not go on waiting. */
static void cancel_inflow(void *ctx)
{
	struct inflow *in = ctx;

	download_stop(in->all);
}

/* A gate goes one beyond the blob's size when the digest was right. */
static int wait_verified(void *ctx, struct err *e)
{
	struct download *d = ctx;
	uint64_t value;

	for (size_t i = 0; i < d->n; i++)
		if (d->v[i].gate &&
		    !gate_wait(d->v[i].gate, d->v[i].d->size, &value))
			return err_set(e, ERR_INTR, "the download was stopped");
	return 0;
}

void download_attach(struct download *d, struct imgoci_layers *l)
{
	l->wait = wait_verified;
	l->ctx = d;
	for (size_t i = 0; i < l->n; i++) {
		l->v[i].read = read_inflow;
		l->v[i].cancel = cancel_inflow;
		l->v[i].ctx = &d->v[i];
	}
}

bool download_is_verified(const struct download *d)
{
	for (size_t i = 0; i < d->n; i++) {
		const struct inflow *in = &d->v[i];

		if (in->at > 0 && in->gate && !in->verified)
			return false;
	}
	return true;
}

static void on_progress(void *ctx, uint64_t done, uint64_t received)
{
	struct inflow *in = ctx;

	(void)received;
	gate_raise(in->gate, done);
}

static int on_complete(void *ctx, struct err *e)
{
	struct inflow *in = ctx;

	in->verified = true;
	gate_raise(in->gate, in->d->size + 1); /* see wait_verified */
	if (!in->all->o.keep)
		return 0;
	return blobs_publish(in->all->o.store_fd, &in->tmp, &in->d->digest, e);
}

static int on_tick(void *ctx, uint64_t bytes, struct err *e)
{
	struct download *d = ctx;
	autostr char *done = num_size_text(bytes);
	autostr char *all = num_size_text(d->missing);
	autostr char *line = str_fmt("%s: %s of %s", d->o.shown, done, all);

	log_block((const char *const[]){ line }, 1);
	return d->check(d->ctx, e);
}

static size_t fill_items(struct download *d, struct fetch_item *items)
{
	size_t n = 0;

	for (size_t i = 0; i < d->n; i++)
		if (d->v[i].gate)
			items[n++] = (struct fetch_item){
				.digest = d->v[i].d->digest,
				.size = d->v[i].d->size,
				.fd = d->v[i].tmp.fd,
				.name = d->layers.names[i],
				.progress = on_progress,
				.complete = on_complete,
				.ctx = &d->v[i],
			};
	return n;
}

int download_run(struct download *d, struct client *c, int parallel,
		 int (*check)(void *ctx, struct err *e), void *ctx,
		 struct err *e)
{
	struct fetch_opts o = {
		.parallel = parallel,
		.tick = on_tick,
		.ctx = d,
	};
	struct fetch_item *items = xcalloc(d->n + 1, sizeof *items);
	size_t n = fill_items(d, items);
	int rc;

	d->check = check;
	d->ctx = ctx;
	rc = n ? fetch_blobs(c, items, n, &o, e) : 0;
	free(items);
	log_block(NULL, 0);
	if (rc)
		download_stop(d);
	return rc;
}
