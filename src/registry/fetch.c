/* fetch.c - many blobs at once over curl's multi interface.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Slots take items in order; each carries one through all the requests that it
 * needs (xfer.c). When transfers break, all new requests wait for a common
 * pause, so that a registry in trouble sees at most one request for each slot
 * and round, however many there are.
 */
#include "config.h"

#include "registry/fetch.h"

#include "base/intr.h"
#include "base/log.h"
#include "base/mem.h"
#include "registry/xfer.h"

#define POLL_MS 100
#define PROGRESS_BYTES                                         \
	(1u << 20) /* a break after this much is a new trouble \
		    */

struct fetch {
	struct client *client;
	const struct fetch_opts *opts;
	struct fetch_item *items;
	size_t n;
	size_t next; /* to be started */
	size_t done;
	CURLM *multi;
	struct xfer *v; /* slots */
	int slots;
	int round;          /* breaks in a row */
	int64_t hold_until; /* no request before */
	uint64_t finished;  /* bytes of items that are done */
	int64_t reported;   /* when report() was last called */
};

static void fetch_clear(struct fetch *f)
{
	for (int i = 0; i < f->slots; i++) {
		if (f->v[i].running)
			curl_multi_remove_handle(f->multi, f->v[i].easy);
		xfer_clear(&f->v[i]);
	}
	free(f->v);
	if (f->multi)
		curl_multi_cleanup(f->multi);
}
AUTO_DEFINE(fetch, struct fetch, fetch_clear)

/* Tell everybody how far we are; ask whether to go on. */
static int report(struct fetch *f, struct err *e)
{
	uint64_t bytes = f->finished;

	f->reported = http_now_ms();
	for (int i = 0; i < f->slots; i++) {
		xfer_tell(&f->v[i]);
		bytes += f->v[i].item ? f->v[i].top : 0;
	}
	if (intr_check(e))
		return -1;
	return f->opts->tick ? f->opts->tick(f->opts->ctx, bytes, e) : 0;
}

static int between_writes(void *ctx, struct err *e)
{
	struct fetch *f = ctx;

	if (http_now_ms() - f->reported < POLL_MS / 2)
		return 0;
	return report(f, e);
}

static int fetch_init(struct fetch *f, struct err *e)
{
	int slots = f->opts->parallel;

	if (slots < 1)
		slots = 1;
	if (slots > FETCH_PARALLEL_MAX)
		slots = FETCH_PARALLEL_MAX;
	if ((size_t)slots > f->n)
		slots = (int)f->n;
	f->multi = curl_multi_init();
	if (!f->multi)
		return err_set(e, ERR_NET, "can't initialise libcurl");
	f->v = xcalloc((size_t)slots, sizeof(*f->v));
	for (; f->slots < slots; f->slots++)
		if (xfer_init(&f->v[f->slots], f->client, between_writes, f, e))
			return -1;
	return 0;
}

static int start(struct fetch *f, struct xfer *x, struct err *e)
{
	if (xfer_request(x, e))
		return err_ctx(e, "%s", x->item->name);
	if (curl_multi_add_handle(f->multi, x->easy))
		return err_set(e, ERR_NET, "can't start a transfer");
	x->running = true;
	return 0;
}

static int finish(struct fetch *f, struct xfer *x, struct err *e)
{
	struct fetch_item *item = x->item;

	f->finished += item->size;
	f->done++;
	f->round = 0;
	x->item = NULL;
	return item->complete ? item->complete(item->ctx, e) : 0;
}

/* Give the free slot X the next item; an empty one is done at once. */
static int take_next(struct fetch *f, struct xfer *x, struct err *e)
{
	while (!x->item && f->next < f->n) {
		xfer_begin(x, &f->items[f->next++]);
		if (x->item->size)
			return 0;
		if (xfer_ended(x, CURLE_OK, e) != XFER_DONE)
			return err_ctx(e, "%s", x->item->name);
		if (finish(f, x, e))
			return -1;
	}
	return 0;
}

static int fill(struct fetch *f, struct err *e)
{
	if (http_now_ms() < f->hold_until)
		return 0;
	for (int i = 0; i < f->slots; i++) {
		struct xfer *x = &f->v[i];

		if (take_next(f, x, e))
			return -1;
		if (x->item && !x->running && start(f, x, e))
			return -1;
	}
	return 0;
}

/* X's transfer broke, WHY says how: hold new requests for a while, or give up.
 * A break while we hold already belongs to the same trouble. */
static int broken(struct fetch *f, struct xfer *x, const struct err *why)
{
	const struct http_opts *o = &client_options(f->client)->http;
	int64_t now = http_now_ms(), until;
	int ms;

	if (x->top - x->broke_at >= PROGRESS_BYTES)
		f->round = 0;
	x->broke_at = x->top;
	if (now < f->hold_until && x->head.retry_after_s < 0)
		return 0;
	if (now >= f->hold_until && ++f->round >= o->tries)
		return -1;
	ms = http_pause_ms(f->round ? f->round : 1, x->head.retry_after_s);
	until = now + ms;
	if (until > f->hold_until)
		f->hold_until = until;
	log_note("%s: %s; trying again in %d.%d s", x->item->name, why->msg,
		 ms / 1000, ms % 1000 / 100);
	return 0;
}

static int ended(struct fetch *f, struct xfer *x, CURLcode code, struct err *e)
{
	struct err why = { 0 };

	curl_multi_remove_handle(f->multi, x->easy);
	x->running = false;
	switch (xfer_ended(x, code, &why)) {
	case XFER_DONE:
		return finish(f, x, e);
	case XFER_AGAIN:
		return 0;
	case XFER_BROKEN:
		if (!broken(f, x, &why))
			return 0;
		break;
	case XFER_FAILED:
		break;
	}
	*e = why;
	return err_ctx(e, "%s", x->item->name);
}

/* Deal with requests that have ended; how many those were, or -1. */
static int collect(struct fetch *f, struct err *e)
{
	CURLMsg *msg;
	int left, n = 0;

	while ((msg = curl_multi_info_read(f->multi, &left))) {
		CURLcode code = msg->data.result;
		struct xfer *x = NULL;

		if (msg->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &x);
		if (ended(f, x, code, e))
			return -1;
		n++;
	}
	return n;
}

int fetch_blobs(struct client *c, struct fetch_item *items, size_t n,
		const struct fetch_opts *o, struct err *e)
{
	AUTO(fetch)
	struct fetch f = { .client = c, .opts = o, .items = items, .n = n };
	int running, ended_now;

	if (!n)
		return 0;
	if (client_settle(c, e) || fetch_init(&f, e))
		return -1;
	while (f.done < f.n) {
		if (fill(&f, e))
			return -1;
		curl_multi_perform(f.multi, &running);
		ended_now = collect(&f, e);
		if (ended_now < 0 || report(&f, e))
			return -1;
		if (!ended_now) /* else there may be something to start */
			http_poll(f.multi, POLL_MS);
	}
	return 0;
}
