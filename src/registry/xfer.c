/* xfer.c - one connection's work on a piece of a blob.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The last piece, which may be the whole blob, is asked for with an open end,
 * or without a range at all; others with both ends. An open one that was cut
 * in the meantime is stopped where it ends now. A broken transfer goes on from
 * where it stopped if the server answers 206 for just that range; if it sends
 * the whole blob to the only transfer, all starts anew with that.
 */
#include "config.h"

#include "registry/xfer.h"

#include "base/mem.h"
#include "registry/refusal.h"

#include <string.h>

#define REFUSALS_MAX 6 /* of one piece in a row, tokens renewed or not */

static void fail_size(struct xfer *x, const char *verb, int64_t got)
{
	unsigned long long size = x->parts->item->size;

	x->failed = true;
	if (got < 0)
		err_set(&x->err, ERR_DIGEST, "expected %llu bytes, %s more",
			size, verb);
	else
		err_set(&x->err, ERR_DIGEST, "expected %llu bytes, %s %lld",
			size, verb, (long long)got);
}

/* Does the 206 carry just what was asked for? */
static bool fits(const struct xfer *x)
{
	const struct http_head *h = &x->head;
	int64_t size = (int64_t)x->parts->item->size;
	int64_t last = x->until ? (int64_t)x->until - 1 : h->range_to;

	return h->range_from == (int64_t)x->piece->at && h->range_to == last &&
	       last < size && (h->range_total < 0 || h->range_total == size);
}

/* The whole blob, from its first byte on. */
static bool whole_fits(struct xfer *x)
{
	int64_t size = (int64_t)x->parts->item->size;
	bool ranged = x->piece->at || x->until;

	if (ranged && !parts_is_sole(x->parts, x->piece)) {
		x->instead = XFER_JOIN;
		return false;
	}
	if (x->head.length >= 0 && x->head.length != size) {
		fail_size(x, "the server has", x->head.length);
		return false;
	}
	x->parts->no_ranges |= x->head.no_ranges;
	x->until = 0;
	if (ranged)
		parts_restart(x->parts);
	return true;
}

/* Is the answer the blob from x->piece->at on? */
static void judge(struct xfer *x)
{
	struct auth *auth = client_auth(x->client);
	const struct http_head *h = &x->head;

	x->judged = true;
	/* Now, not at the end of a long body: the token may expire before. */
	if (h->status / 100 == 2 && x->generation == auth_generation(auth))
		auth_worked(auth);
	if (h->status == 206)
		x->wanted = fits(x);
	else if (h->status == 200)
		x->wanted = whole_fits(x);
	if (x->wanted && !parts_same(x->parts, h->etag, x->piece->at)) {
		x->wanted = false;
		x->instead = XFER_ANEW;
	}
}

static size_t on_field(char *p, size_t size, size_t n, void *arg)
{
	struct xfer *x = arg;

	n *= size;
	if (x->judged || !http_head_line(&x->head, p, n))
		return n; /* trailer fields are of no interest */
	err_set(&x->err, ERR_LIMIT,
		"too many header fields (%zu, with %zu bytes)", x->head.lines,
		x->head.bytes);
	x->failed = true;
	return 0;
}

/* The body of a redirect or refusal: read to its end, if that is near, so that
 * the connection can be used again. */
static size_t keep_refusal(struct xfer *x, const char *p, size_t n)
{
	if (x->head.status / 100 == 2 || n > HTTP_REFUSAL_MAX - x->refusal.len)
		return 0;
	str_addn(&x->refusal, p, n);
	return n;
}

/* Is the rest of the range that was asked for somebody else's now? */
static bool is_cut(const struct xfer *x)
{
	return !x->until && x->piece->to < x->parts->item->size;
}

static size_t on_body(char *p, size_t size, size_t n, void *arg)
{
	struct xfer *x = arg;
	struct piece *c = x->piece;
	uint64_t room;

	n *= size;
	if (!x->judged)
		judge(x);
	if (!x->failed && x->between(x->ctx, &x->err))
		x->failed = true;
	if (x->failed)
		return 0;
	if (!x->wanted)
		return keep_refusal(x, p, n);
	room = (x->until && x->until < c->to ? x->until : c->to) - c->at;
	if (n > room && c->at + room == x->parts->item->size) {
		fail_size(x, "got", -1);
		return 0;
	}
	if (parts_write(x->parts, c, p, n < room ? n : room, &x->err)) {
		x->failed = true;
		return 0;
	}
	if (n > room || (is_cut(x) && n == room))
		return 0;
	return n;
}

int xfer_init(struct xfer *x, struct client *c,
	      int (*between)(void *ctx, struct err *e), void *ctx,
	      struct err *e)
{
	x->client = c;
	x->between = between;
	x->ctx = ctx;
	x->easy = http_easy(&client_options(c)->http, x->detail, e);
	if (!x->easy)
		return -1;
	curl_easy_setopt(x->easy, CURLOPT_PRIVATE, x);
	curl_easy_setopt(x->easy, CURLOPT_HEADERFUNCTION, on_field);
	curl_easy_setopt(x->easy, CURLOPT_HEADERDATA, x);
	curl_easy_setopt(x->easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(x->easy, CURLOPT_WRITEDATA, x);
	return 0;
}

static void clear_fields(struct xfer *x)
{
	for (struct curl_slist *l = x->fields; l; l = l->next)
		explicit_bzero(l->data, strlen(l->data));
	curl_slist_free_all(x->fields);
	x->fields = NULL;
}

void xfer_clear(struct xfer *x)
{
	curl_easy_cleanup(x->easy);
	clear_fields(x);
	http_head_clear(&x->head);
	str_clear(&x->refusal);
	free(x->origin);
	free(x->url);
}

static void go_to(struct xfer *x, char *url)
{
	free(x->url);
	x->url = url;
}

static void forget_answer(struct xfer *x)
{
	http_head_clear(&x->head);
	str_clear(&x->refusal);
	x->failed = x->judged = x->wanted = false;
	x->instead = XFER_DONE;
}

void xfer_begin(struct xfer *x, struct parts *parts, struct piece *piece)
{
	x->parts = parts;
	x->piece = piece;
	forget_answer(x);
	free(x->origin);
	x->origin = client_blob_url(x->client, &parts->item->digest);
	go_to(x, xstrdup(x->origin));
	x->hops = x->refusals = 0;
}

void xfer_leave(struct xfer *x)
{
	parts_release(x->parts, x->piece);
	x->parts = NULL;
	x->piece = NULL;
}

/* The Range field's value, or NULL for the whole blob. Caller frees. */
static char *range_of(struct xfer *x)
{
	unsigned long long at = x->piece->at, to = x->piece->to;

	x->until = to < x->parts->item->size ? to : 0;
	if (x->until)
		return str_fmt("%llu-%llu", at, to - 1);
	return at ? str_fmt("%llu-", at) : NULL;
}

int xfer_request(struct xfer *x, struct err *e)
{
	const struct auth *auth = client_auth(x->client);
	const char *field = auth_field(auth);
	autostr char *line = NULL;
	autostr char *range = range_of(x);

	forget_answer(x);
	clear_fields(x);
	x->generation = auth_generation(auth);
	if (field && http_same_origin(x->url, x->origin)) {
		line = str_fmt("Authorization: %s", field);
		x->fields = curl_slist_append(NULL, line);
		explicit_bzero(line, strlen(line));
		if (!x->fields)
			return err_set(e, ERR_NET, "out of memory");
	}
	if (http_easy_url(x->easy, &client_options(x->client)->http, x->url, e))
		return -1;
	curl_easy_setopt(x->easy, CURLOPT_HTTPHEADER, x->fields);
	curl_easy_setopt(x->easy, CURLOPT_RANGE, range);
	return 0;
}

/* Back to the registry: what it sent us to may expire. */
static void go_home(struct xfer *x)
{
	go_to(x, xstrdup(x->origin));
	x->hops = 0;
}

/* The body ended or broke off. */
static enum xfer_next body_ended(struct xfer *x, CURLcode code, struct err *e)
{
	bool again = code == CURLE_OK || http_code_again(code, x->detail);
	const struct piece *c = x->piece;

	if (c->at == c->to)
		return XFER_DONE;
	if (x->until && c->at == x->until) { /* it was made longer since */
		go_home(x);
		return XFER_AGAIN;
	}
	if (code)
		http_curl_err(e, code, x->easy, x->detail, x->url,
			      &client_options(x->client)->http);
	else
		err_set(e, ERR_NET, "expected %llu bytes, got %llu",
			(unsigned long long)x->parts->item->size,
			(unsigned long long)c->at);
	go_home(x);
	return again ? XFER_BROKEN : XFER_FAILED;
}

static enum xfer_next redirected(struct xfer *x, struct err *e)
{
	autostr char *next = http_redirect(x->url, x->head.location, e);
	autostr char *host = http_host(x->origin);

	if (!next)
		return XFER_FAILED;
	if (++x->hops > HTTP_REDIRECTS_MAX) {
		err_set(e, ERR_NET, "'%s' redirects more than %d times", host,
			HTTP_REDIRECTS_MAX);
		return XFER_FAILED;
	}
	go_to(x, TAKE(next));
	return XFER_AGAIN;
}

/* Another transfer may have a new token already. */
static enum xfer_next refused(struct xfer *x, const struct http_response *r,
			      struct err *e)
{
	struct auth *auth = client_auth(x->client);

	if (++x->refusals > REFUSALS_MAX) {
		refusal_err(r, e);
		return XFER_FAILED;
	}
	if (x->generation == auth_generation(auth) && auth_step(auth, r, e))
		return XFER_FAILED;
	go_home(x);
	return XFER_AGAIN;
}

/* Ranges are of no use here; without them it has to begin anew. */
static enum xfer_next wrong_range(struct xfer *x, struct err *e)
{
	go_home(x);
	if (!parts_is_sole(x->parts, x->piece))
		return XFER_JOIN;
	err_http(e, x->head.status, "not the range that was asked for");
	parts_restart(x->parts);
	return XFER_BROKEN;
}

/* An answer that is not the blob. */
static enum xfer_next answered(struct xfer *x, const struct http_response *r,
			       struct err *e)
{
	int status = r->head.status;

	if (http_is_redirect(status) && r->head.location)
		return redirected(x, e);
	if (auth_may_help(client_auth(x->client), status))
		return refused(x, r, e);
	if (status == 206 || status == 416)
		return wrong_range(x, e);
	refusal_err(r, e);
	err_ctx(e, "blob %s", x->parts->item->digest.text);
	if (!http_status_again(status))
		return XFER_FAILED;
	go_home(x);
	return XFER_BROKEN;
}

enum xfer_next xfer_ended(struct xfer *x, CURLcode code, struct err *e)
{
	struct http_response r = { .head = x->head,
				   .body = x->refusal,
				   .url = x->url };

	if (!x->judged && !x->failed && code == CURLE_OK)
		judge(x); /* an answer without a body */
	if (x->failed) {
		*e = x->err;
		return XFER_FAILED;
	}
	if (x->instead) {
		go_home(x);
		return x->instead;
	}
	if (x->wanted) {
		x->refusals = 0;
		return body_ended(x, code, e);
	}
	/* Without a body wanted, an answer is one although we cut it off. */
	if (x->head.status && x->head.status != 200 &&
	    (code == CURLE_OK || code == CURLE_WRITE_ERROR))
		return answered(x, &r, e);
	return body_ended(x, code, e);
}
