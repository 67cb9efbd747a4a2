/* transfer.c - the layers of an image into the store, to a directory, or both.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "image/transfer.h"

#include "base/intr.h"
#include "base/log.h"
#include "base/pool.h"
#include "image/flatten.h"
#include "image/imgsif.h"

/* How often all is unpacked, when bytes were wrong and fetched from elsewhere.
 */
#define ROUNDS 3

struct work {
	struct transfer *t;
	struct download *download;
	struct pool *pool; /* the unpacking thread */
	bool is_misled;    /* by bytes that were taken back: the cause of all */
	bool gave_up;      /* the download was stopped for its sake */
	bool flat_failed;  /* it has failed, with this: */
	struct err flat;
};

static void work_clear(struct work *w)
{
	/* First free readers from waiting, then end them, then what they use.
	 */
	if (w->download)
		download_stop(w->download);
	if (w->pool)
		pool_free(w->pool);
	if (w->download)
		download_free(w->download);
}
AUTO_DEFINE(work, struct work, work_clear)

static void join(struct work *w)
{
	if (w->pool && !w->flat_failed)
		w->flat_failed = pool_join(w->pool, &w->flat) != 0;
}

/* Unpacking has failed, and nothing else. */
static int flat_err(struct work *w, struct err *e)
{
	w->is_misled =
		download_took_back(w->download) &&
		(w->flat.kind == ERR_FORMAT || w->flat.kind == ERR_DIGEST);
	*e = w->flat;
	return -1;
}

/* Is the download still worth going on with? Content that can't be unpacked may
 * be a download gone wrong: then the blob's digest tells the true cause, so
 * that is waited for. */
static int keep_going(void *ctx, struct err *e)
{
	struct work *w = ctx;

	if (w->t->lease)
		lease_beat(w->t->lease, download_fetched(w->download),
			   download_missing(w->download));
	if (intr_check(e))
		return -1;
	if (!w->pool || !pool_failed(w->pool))
		return 0;
	join(w);
	if ((w->flat.kind == ERR_FORMAT || w->flat.kind == ERR_DIGEST) &&
	    !download_is_verified(w->download))
		return 0;
	w->gave_up = true;
	return flat_err(w, e);
}

static int unpack_thread(void *arg, struct err *e)
{
	struct work *w = arg;
	const struct transfer *t = w->t;
	AUTO(imgoci_layers) struct imgoci_layers layers = { 0 };

	imgoci_layers_new(t->image, &layers);
	download_attach(w->download, &layers);
	if (t->image->manifest.is_sif)
		return imgsif_copy(t->dest, t->image, &layers, e);
	return flatten_layers(t->dest->parent, t->dest, t->image, t->name,
			      &layers, e);
}

static int run(struct work *w, struct err *e)
{
	const struct transfer *t = w->t;
	int rc;

	if (t->dest) {
		w->pool = pool_new();
		if (pool_start(w->pool, unpack_thread, w, e))
			return -1;
	}
	rc = download_run(w->download, t->client, t->parallel, keep_going, w,
			  e);
	join(w);
	/* What stopped the download may by now say a blob's name, too. */
	return w->flat_failed && (!rc || w->gave_up) ? flat_err(w, e) : rc;
}

/* Unpacking failed with E; a layer that a store has may be why. */
static void blame_stores(const struct transfer *t, struct err *e)
{
	const struct stores *s = t->from.stores;

	for (size_t i = 0; i < s->n; i++)
		if (s->v[i].fd >= 0)
			imgoci_blame_store(s->v[i].fd, i ? s->v[i].path : NULL,
					   t->image, e);
}

/* *AGAIN: it failed, but would not with the bytes that there are now. */
static int once(struct transfer *t, bool *again, struct err *e)
{
	AUTO(work) struct work w = { .t = t };
	int rc;

	if (t->dest && !t->from.keep)
		t->from.tmp_fd = t->dest->parent;
	w.download = download_new(&t->from, t->image, e);
	if (!w.download)
		return -1;
	if (!t->missing) /* as it was before the first round */
		t->missing = download_missing(w.download);
	rc = run(&w, e);
	t->fetched += download_fetched(w.download);
	*again = rc && w.is_misled;
	if (rc && !*again && t->dest)
		blame_stores(t, e);
	return rc;
}

int transfer_image(struct transfer *t, struct err *e)
{
	bool again;
	int rc = once(t, &again, e);

	for (int round = 1; again && round < ROUNDS; round++) {
		log_info("%s; unpacking once more", e->msg);
		*e = (struct err){ 0 };
		rc = once(t, &again, e);
	}
	return rc;
}
