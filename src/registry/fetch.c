/* fetch.c - many blobs at once over curl's multi interface.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A slot is a connection; it carries one piece of a blob at a time through all
 * the requests that it needs (xfer.c). A free one takes what keeps a blob from
 * getting on, else the next blob, else a further piece of one (parts.c). When
 * transfers break, all new requests wait for a common pause (retry.c).
 */
#include "config.h"

#include "registry/fetch.h"

#include "base/clock.h"
#include "base/intr.h"
#include "base/log.h"
#include "base/mem.h"
#include "registry/retry.h"
#include "registry/xfer.h"

#define POLL_MS 100
/* A break after this much is a new trouble. */
#define PROGRESS_BYTES (1u << 20)

enum stage { NEW, BEGUN, DONE };

struct blob {
	struct parts parts;
	struct fetch_item *item;
	enum stage stage;
	int64_t ask_at; /* whether it is ready, not before */
};

struct fetch {
	struct client *client;
	const struct fetch_opts *opts;
	const struct parts_plan *plan;
	struct retry *retry;
	struct blob *blobs;
	size_t n;
	size_t open; /* all before are done */
	CURLM *multi;
	struct xfer *v; /* slots */
	int slots;
	bool stirred;      /* there may be something to start at once */
	uint64_t finished; /* bytes of items that are done */
	int64_t reported;  /* when report() was last called */
};

static void fetch_clear(struct fetch *f)
{
	for (int i = 0; i < f->slots; i++) {
		if (f->v[i].running)
			curl_multi_remove_handle(f->multi, f->v[i].easy);
		xfer_clear(&f->v[i]);
	}
	free(f->v);
	for (size_t i = 0; i < f->n; i++)
		parts_clear(&f->blobs[i].parts);
	free(f->blobs);
	if (f->multi)
		curl_multi_cleanup(f->multi);
}
AUTO_DEFINE(fetch, struct fetch, fetch_clear)

/* Tell everybody how far we are; ask whether to go on. */
static int report(struct fetch *f, struct err *e)
{
	uint64_t bytes = f->finished;

	f->reported = clock_ms();
	for (size_t i = f->open; i < f->n; i++) {
		struct blob *b = &f->blobs[i];

		if (b->stage != BEGUN)
			continue;
		parts_tell(&b->parts);
		bytes += b->parts.received;
	}
	if (intr_check(e))
		return -1;
	return f->opts->tick ? f->opts->tick(f->opts->ctx, bytes, e) : 0;
}

static int between_writes(void *ctx, struct err *e)
{
	struct fetch *f = ctx;

	if (clock_ms() - f->reported < POLL_MS / 2)
		return 0;
	return report(f, e);
}

static int fetch_init(struct fetch *f, struct fetch_item *items, struct err *e)
{
	static const struct parts_plan plan = PARTS_PLAN_DEFAULT;
	int slots = f->opts->parallel;

	if (slots < 1)
		slots = 1;
	if (slots > FETCH_PARALLEL_MAX)
		slots = FETCH_PARALLEL_MAX;
	f->plan = f->opts->plan ? f->opts->plan : &plan;
	f->retry = http_retry(client_http(f->client));
	f->blobs = xcalloc(f->n, sizeof(*f->blobs));
	for (size_t i = 0; i < f->n; i++)
		f->blobs[i].item = &items[i];
	f->multi = curl_multi_init();
	if (!f->multi)
		return err_set(e, ERR_NET, "can't initialise libcurl");
	f->v = xcalloc((size_t)slots, sizeof(*f->v));
	for (; f->slots < slots; f->slots++)
		if (xfer_init(&f->v[f->slots], f->client, between_writes, f, e))
			return -1;
	return 0;
}

static void done(struct fetch *f, struct blob *b)
{
	f->finished += b->item->size;
	f->stirred = true;
	b->stage = DONE;
	parts_clear(&b->parts);
	while (f->open < f->n && f->blobs[f->open].stage == DONE)
		f->open++;
}

/* Begin the new blob B if it is ready. */
static int begin(struct fetch *f, struct blob *b, int64_t now, struct err *e)
{
	struct fetch_item *item = b->item;
	enum fetch_ready ready = FETCH_START;

	if (now < b->ask_at)
		return 0;
	if (item->ready)
		ready = item->ready(item->ctx, item, e);
	if (ready == FETCH_FAILED)
		return -1;
	if (ready == FETCH_HAVE) {
		done(f, b);
	} else if (ready == FETCH_WAIT) {
		b->ask_at = now + POLL_MS;
	} else {
		b->stage = BEGUN;
		if (parts_begin(&b->parts, item, e))
			return err_ctx(e, "%s", item->name);
		f->stirred = true;
	}
	return 0;
}

/* The next piece for the free slot X, if there is one. */
static int give(struct fetch *f, struct xfer *x, int64_t now, struct err *e)
{
	struct piece *piece = NULL;
	struct blob *b;

	/* In order: what has begun stands before what is new, nearly always. */
	for (size_t i = f->open; i < f->n && !piece; i++) {
		b = &f->blobs[i];
		if (b->stage == NEW && begin(f, b, now, e))
			return -1;
		if (b->stage == BEGUN)
			piece = parts_front(&b->parts, f->plan);
	}
	for (size_t i = f->open; i < f->n && !piece; i++) {
		b = &f->blobs[i];
		if (b->stage == BEGUN)
			piece = parts_more(&b->parts, f->plan, f->slots, now);
	}
	if (piece)
		xfer_begin(x, &b->parts, piece);
	return 0;
}

static int start(struct fetch *f, struct xfer *x, struct err *e)
{
	if (xfer_request(x, e))
		return err_ctx(e, "%s", x->parts->item->name);
	if (curl_multi_add_handle(f->multi, x->easy))
		return err_set(e, ERR_NET, "can't start a transfer");
	x->running = true;
	return 0;
}

static int fill(struct fetch *f, struct err *e)
{
	int64_t now = clock_ms();

	if (now < f->retry->hold_until)
		return 0;
	for (int i = 0; i < f->slots; i++) {
		struct xfer *x = &f->v[i];

		if (x->running)
			continue;
		if (!x->piece && give(f, x, now, e))
			return -1;
		if (x->piece && start(f, x, e))
			return -1;
	}
	return 0;
}

/* Take its piece from X, whatever it is doing. */
static void stop(struct fetch *f, struct xfer *x)
{
	if (x->running)
		curl_multi_remove_handle(f->multi, x->easy);
	x->running = false;
	if (x->piece)
		xfer_leave(x);
}

/* The blob P goes on in one stream. */
static void join(struct fetch *f, struct parts *p)
{
	uint64_t at = parts_prefix(p);

	for (int i = 0; i < f->slots; i++)
		if (f->v[i].parts == p && f->v[i].piece->at != at)
			stop(f, &f->v[i]);
	parts_join(p);
}

static void begin_anew(struct fetch *f, struct parts *p)
{
	for (int i = 0; i < f->slots; i++)
		if (f->v[i].parts == p)
			stop(f, &f->v[i]);
	parts_restart(p);
}

/* X's transfer broke, WHY says how: hold new requests for a while, or give up.
 * A break while we hold already belongs to the same trouble. */
static int broken(struct fetch *f, struct xfer *x, const struct err *why)
{
	struct parts *p = x->parts;
	int64_t held = f->retry->hold_until;
	int ms;

	if (p->top - p->broke_at >= PROGRESS_BYTES)
		retry_refill(f->retry);
	p->broke_at = p->top;
	ms = retry_broke(f->retry, x->head.retry_after_s, clock_ms());
	if (ms < 0)
		return -1;
	if (f->retry->hold_until > held)
		log_note("%s: %s; trying again in %d.%d s", p->item->name,
			 why->msg, ms / 1000, ms % 1000 / 100);
	return 0;
}

static bool may_work_elsewhere(const struct err *why)
{
	return why->kind == ERR_NET || why->kind == ERR_NOTFOUND ||
	       why->kind == ERR_AUTH || why->kind == ERR_DIGEST ||
	       why->code == 429;
}

/* The blob P, or with NULL something else, failed for good, E says how. If
 * there is another place to ask, all that is not there yet is fetched from
 * that. Of wrong bytes none is kept. */
static int move_on(struct fetch *f, struct parts *p, struct err *e)
{
	bool is_wrong = p && e->kind == ERR_DIGEST;

	for (;;) {
		struct err why = *e;

		if (!may_work_elsewhere(&why) ||
		    !client_fallback(f->client, &why))
			return -1;
		retry_reset(f->retry);
		*e = (struct err){ 0 };
		if (!client_settle(f->client, e))
			break;
	}
	for (int i = 0; i < f->slots; i++)
		stop(f, &f->v[i]);
	if (is_wrong)
		parts_restart(p);
	for (size_t i = f->open; i < f->n; i++)
		if (f->blobs[i].stage == BEGUN)
			parts_moved(&f->blobs[i].parts);
	f->stirred = true;
	return 0;
}

static int ended(struct fetch *f, struct xfer *x, CURLcode code, struct err *e)
{
	struct err why = { 0 };

	curl_multi_remove_handle(f->multi, x->easy);
	x->running = false;
	switch (xfer_ended(x, code, &why)) {
	case XFER_DONE:
		xfer_leave(x);
		return 0;
	case XFER_AGAIN:
		return 0;
	case XFER_JOIN:
		join(f, x->parts);
		return 0;
	case XFER_ANEW:
		begin_anew(f, x->parts);
		return 0;
	case XFER_BROKEN:
		if (!broken(f, x, &why))
			return 0;
		break;
	case XFER_FAILED:
		break;
	}
	*e = why;
	err_ctx(e, "%s", x->parts->item->name);
	return move_on(f, x->parts, e);
}

/* Deal with requests that have ended. */
static int collect(struct fetch *f, struct err *e)
{
	CURLMsg *msg;
	int left;

	while ((msg = curl_multi_info_read(f->multi, &left))) {
		CURLcode code = msg->data.result;
		struct xfer *x = NULL;

		if (msg->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &x);
		f->stirred = true;
		if (ended(f, x, code, e))
			return -1;
	}
	return 0;
}

/* All of B is there. */
static int finish(struct fetch *f, struct blob *b, struct err *e)
{
	struct fetch_item *item = b->item;

	if (parts_verify(&b->parts, e)) {
		err_ctx(e, "%s", item->name);
		if (e->kind != ERR_DIGEST)
			return -1;
		if (!b->parts.have)
			return move_on(f, &b->parts, e);
		log_note("%s: what an earlier run left is wrong; "
			 "fetching it anew",
			 item->name);
		*e = (struct err){ 0 };
		parts_restart(&b->parts);
		f->stirred = true;
		return 0;
	}
	if (b->parts.arrived)
		retry_refill(f->retry);
	done(f, b);
	return item->complete ? item->complete(item->ctx, e) : 0;
}

/* Sum up a slice, if one waits; finish what is complete. */
static int advance(struct fetch *f, struct err *e)
{
	bool summed = false;

	for (size_t i = f->open; i < f->n; i++) {
		struct blob *b = &f->blobs[i];

		if (b->stage != BEGUN)
			continue;
		if (!summed && parts_lags(&b->parts)) {
			summed = f->stirred = true;
			if (parts_sum(&b->parts, e))
				return err_ctx(e, "%s", b->item->name);
		}
		if (parts_complete(&b->parts) && finish(f, b, e))
			return -1;
	}
	return 0;
}

int fetch_blobs(struct client *c, struct fetch_item *items, size_t n,
		const struct fetch_opts *o, struct err *e)
{
	AUTO(fetch) struct fetch f = { .client = c, .opts = o, .n = n };
	int running;

	if (!n)
		return 0;
	if (fetch_init(&f, items, e))
		return -1;
	if (client_settle(c, e) && move_on(&f, NULL, e))
		return -1;
	while (f.open < f.n) {
		f.stirred = false;
		if (fill(&f, e))
			return -1;
		curl_multi_perform(f.multi, &running);
		if (collect(&f, e) || advance(&f, e) || report(&f, e))
			return -1;
		if (!f.stirred)
			http_poll(f.multi, POLL_MS);
	}
	return 0;
}
