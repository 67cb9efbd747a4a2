/* download.c - the layers of one image on their way here.
 * SPDX-License-Identifier: Apache-2.0
 *
 * To be kept, a blob is fetched under its lease. Who finds that taken waits,
 * and looks for the blob and at the lease again a few times a second. What an
 * earlier run has left is shown to the reader only when the whole was right, so
 * that a file gone bad costs time and no failure.
 */
#include "config.h"

#include "image/download.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "image/blobs.h"
#include "image/inflow.h"
#include "image/partial.h"
#include "registry/fetch.h"

#include <fcntl.h>

#define ASK_MS 300 /* a look at another's lease: on NFS some requests */

struct download {
	struct download_opts o;
	struct inflow *v;
	size_t n;
	uint64_t missing;
	uint64_t fetched;
	bool is_full;    /* the disk: what is unfinished must not fill it */
	bool is_stopped; /* by `check` */
	struct imgoci_layers layers; /* for their names */
	int (*check)(void *ctx, struct err *e);
	void *ctx;
};

static int own_store(const struct download *d)
{
	return d->o.stores->v[0].fd;
}

/* Copy IN's blob from a read-only store to the own one; false if what is there
 * is not the blob. */
static int copy_blob(struct inflow *in, const struct store *from, bool *is_good,
		     struct err *e)
{
	const struct descriptor *d = in->d;
	autofd int fd = blobs_open(from->fd, &d->digest, d->size, e);

	*is_good = fd >= 0 &&
		   !blobs_copy(own_store(in->all), fd, &d->digest, d->size, e);
	if (*is_good)
		return 0;
	if (e->kind != ERR_DIGEST && e->kind != ERR_NOTFOUND)
		return err_ctx(e, "store '%s'", from->path);
	log_warn("store '%s': %s; it is fetched instead", from->path, e->msg);
	*e = (struct err){ 0 };
	return 0;
}

/* Open IN's blob if a store has it: 1, or 0. */
static int open_stored(struct inflow *in, struct err *e)
{
	const struct download *d = in->all;
	const struct store *own = &d->o.stores->v[0];
	const struct store *s;
	bool is_good;

	s = stores_blob(d->o.stores, &in->d->digest, in->d->size);
	if (!s)
		return 0;
	if (d->o.keep && s != own) {
		if (copy_blob(in, s, &is_good, e))
			return -1;
		if (!is_good)
			return 0;
		s = own;
	}
	in->fd = blobs_open(s->fd, &in->d->digest, in->d->size, e);
	return in->fd < 0 ? -1 : 1;
}

static struct inflow *find_same(struct download *d, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (d->v[k].gate &&
		    digest_eq(&d->v[k].d->digest, &d->v[i].d->digest))
			return &d->v[k];
	return NULL;
}

/* Where the bytes of layer I will be: in a store's blob, in the file of an
 * earlier layer with the same digest, or in a new one. */
static int open_inflow(struct download *d, size_t i, struct err *e)
{
	struct inflow *in = &d->v[i];
	int rc;

	in->same = find_same(d, i);
	if (in->same) {
		in->same->is_kept = true;
		return 0;
	}
	rc = open_stored(in, e);
	if (rc < 0)
		return -1;
	if (d->o.progress)
		in->row = progress_add(d->o.progress, d->layers.names[i],
				       &in->d->digest, in->d->size);
	if (rc) {
		if (d->o.progress)
			progress_have(d->o.progress, in->row);
		return 0;
	}
	in->gate = gate_new();
	in->is_kept = d->o.keep;
	d->missing += in->d->size;
	return 0;
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

/* A file with all its bytes that was not found right is wrong: no base to go on
 * from. */
static void put_away(struct inflow *in)
{
	if (in->all->o.keep && !in->all->is_full && in->prefix < in->d->size)
		partial_park(&in->tmp, &in->d->digest, in->prefix);
	tmp_clear(&in->tmp);
	if (in->lease)
		lease_free(TAKE(in->lease));
}

void download_free(struct download *d)
{
	download_stop(d);
	for (size_t i = 0; i < d->n; i++) {
		put_away(&d->v[i]);
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

uint64_t download_fetched(const struct download *d)
{
	return d->fetched;
}

/* Called when flattening has failed: its reader must not go on waiting. */
static void cancel_inflow(void *ctx)
{
	struct inflow *in = ctx;

	download_stop(in->all);
}

static int wait_verified(void *ctx, struct err *e)
{
	struct download *d = ctx;

	for (size_t i = 0; i < d->n; i++)
		if (!inflow_wait(&d->v[i]))
			return err_set(e, ERR_INTR, "the download was stopped");
	return 0;
}

void download_attach(struct download *d, struct imgoci_layers *l)
{
	l->wait = wait_verified;
	l->ctx = d;
	for (size_t i = 0; i < l->n; i++) {
		l->v[i].read = inflow_read;
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

bool download_took_back(const struct download *d)
{
	for (size_t i = 0; i < d->n; i++)
		if (d->v[i].taken_back)
			return true;
	return false;
}

static void let_pass(struct inflow *in)
{
	in->verified = true;
	gate_raise(in->gate, in->d->size + 1);
}

/* The blob is in the store by now, whoever has put it there. */
static enum fetch_ready have_it(struct inflow *in, struct err *e)
{
	in->fd = blobs_open(own_store(in->all), &in->d->digest, in->d->size, e);
	if (in->fd < 0)
		return FETCH_FAILED;
	if (in->lease)
		lease_free(TAKE(in->lease));
	if (in->all->o.progress)
		progress_have(in->all->o.progress, in->row);
	let_pass(in);
	return FETCH_HAVE;
}

/* Open IN's file; publishing closes its own descriptor, so the reader has
 * another. */
static enum fetch_ready begin(struct inflow *in, struct fetch_item *item,
			      struct err *e)
{
	int tmp_fd = in->all->o.tmp_fd;

	if (in->lease
		    ? partial_open(tmp_fd, &in->d->digest, in->d->size,
				   in->lease, &in->view, &in->tmp, &in->had, e)
		    : tmp_file(&in->tmp, tmp_fd, e))
		return FETCH_FAILED;
	in->fd = fcntl(in->tmp.fd, F_DUPFD_CLOEXEC, 3);
	if (in->fd < 0) {
		err_sys(e, "can't duplicate a descriptor");
		return FETCH_FAILED;
	}
	in->prefix = in->received = in->had;
	item->fd = in->tmp.fd;
	item->have = in->had;
	return FETCH_START;
}

static enum fetch_ready on_ready(void *ctx, struct fetch_item *item,
				 struct err *e)
{
	struct inflow *in = ctx;
	const struct descriptor *d = in->d;
	autostr char *name = NULL;
	enum lease_answer answer;

	if (!in->all->o.keep)
		return begin(in, item, e);
	if (in->asked_ms && clock_ms() - in->asked_ms < ASK_MS)
		return FETCH_WAIT;
	in->asked_ms = clock_ms();
	name = str_fmt("%s.%s", digest_algo(&d->digest),
		       digest_hex(&d->digest));
	answer = lease_try(in->all->o.tmp_fd, name, &in->view, &in->lease, e);
	if (answer == LEASE_ERROR)
		return FETCH_FAILED;
	/* Asked after the lease, which is given back after the blob is there.
	 */
	if (blobs_has(own_store(in->all), &d->digest, d->size))
		return have_it(in, e);
	if (answer == LEASE_OURS)
		return begin(in, item, e);
	if (in->all->o.progress)
		progress_wait(in->all->o.progress, in->row, in->view.who,
			      in->view.done);
	return FETCH_WAIT;
}

static void on_progress(void *ctx, uint64_t prefix, uint64_t received)
{
	struct inflow *in = ctx;

	if (received > in->received)
		in->all->fetched += received - in->received;
	in->taken_back |= !in->had && prefix < in->prefix;
	in->prefix = prefix;
	in->received = received;
	if (!in->had)
		gate_raise(in->gate, prefix);
	if (in->all->o.progress)
		progress_at(in->all->o.progress, in->row, received, in->had);
}

/* Publish IN's file. Should somebody have believed us dead and removed it, they
 * have fetched the blob. */
static int keep(struct inflow *in, struct err *e)
{
	int store = own_store(in->all);

	if (blobs_publish(store, &in->tmp, &in->d->digest, e)) {
		if (!blobs_has(store, &in->d->digest, in->d->size))
			return -1;
		*e = (struct err){ 0 };
	}
	tmp_clear(&in->tmp);
	partial_drop(in->all->o.tmp_fd, &in->d->digest);
	lease_free(TAKE(in->lease));
	return 0;
}

static int on_complete(void *ctx, struct err *e)
{
	struct inflow *in = ctx;

	/* What came since we were last told. */
	in->all->fetched += in->d->size - in->received;
	in->received = in->d->size;
	if (in->all->o.keep && keep(in, e))
		return -1;
	if (in->all->o.progress)
		progress_done(in->all->o.progress, in->row);
	let_pass(in);
	return 0;
}

static int on_tick(void *ctx, uint64_t bytes, struct err *e)
{
	struct download *d = ctx;

	(void)bytes;
	for (size_t i = 0; i < d->n; i++)
		if (d->v[i].lease)
			lease_beat(d->v[i].lease, d->v[i].prefix,
				   d->v[i].d->size);
	if (d->o.progress)
		progress_tick(d->o.progress);
	d->is_stopped = d->check(d->ctx, e) != 0;
	return d->is_stopped ? -1 : 0;
}

static size_t fill_items(struct download *d, struct fetch_item *items)
{
	size_t n = 0;

	for (size_t i = 0; i < d->n; i++)
		if (d->v[i].gate)
			items[n++] = (struct fetch_item){
				.digest = d->v[i].d->digest,
				.size = d->v[i].d->size,
				.fd = -1,
				.name = d->layers.names[i],
				.ready = on_ready,
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
	if (!rc)
		return 0;
	d->is_full =
		e->kind == ERR_SYS && (e->code == ENOSPC || e->code == EDQUOT);
	download_stop(d);
	if (d->is_full && d->o.keep && !d->is_stopped)
		return err_hint(e,
				"make room for store '%s', or choose another "
				"with --store",
				d->o.stores->v[0].path);
	return -1;
}
