/* xfer.c - one blob on its way.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Bytes go from curl's buffer into the sum and into the file. A broken transfer
 * goes on from where it stopped, with the sum as it is, if the server answers
 * 206 for just that range; if it sends the whole blob, all starts anew. Then
 * bytes that a reader may have consumed already are written again. Should they
 * differ from the first ones, nothing is lost: the sum of what was written last
 * decides about the file, and the reader checks the sum of what it read.
 */
#include "config.h"

#include "registry/xfer.h"

#include "base/io.h"
#include "base/mem.h"
#include "registry/refusal.h"

#include <string.h>

#define TELL_BYTES (256u << 10) /* news for readers in steps of this */
#define REFUSALS_MAX 6 /* of one item in a row, tokens renewed or not */

static void fail_size(struct xfer *x, const char *verb, int64_t got)
{
	unsigned long long size = x->item->size;

	x->failed = true;
	if (got < 0)
		err_set(&x->err, ERR_DIGEST, "expected %llu bytes, %s more",
			size, verb);
	else
		err_set(&x->err, ERR_DIGEST, "expected %llu bytes, %s %lld",
			size, verb, (long long)got);
}

static void restart(struct xfer *x)
{
	hash_free(x->hash);
	x->hash = hash_new(x->item->digest.algo);
	x->at = 0;
}

/* Is the answer the blob from x->at on? */
static void judge(struct xfer *x)
{
	struct auth *auth = client_auth(x->client);
	const struct http_head *h = &x->head;
	int64_t size = (int64_t)x->item->size;

	x->judged = true;
	/* Now, not at the end of a long body: the token may expire before. */
	if (h->status / 100 == 2 && x->generation == auth_generation(auth))
		auth_worked(auth);
	if (h->status == 206) {
		x->wanted = h->range_from == (int64_t)x->at &&
			    h->range_to < size &&
			    (h->range_total < 0 || h->range_total == size);
		return;
	}
	if (h->status != 200)
		return;
	if (h->length >= 0 && h->length != size) {
		fail_size(x, "the server has", h->length);
		return;
	}
	if (x->at)
		restart(x); /* Range was ignored */
	x->wanted = true;
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

static size_t on_body(char *p, size_t size, size_t n, void *arg)
{
	struct xfer *x = arg;

	n *= size;
	if (!x->judged)
		judge(x);
	if (!x->failed && x->between(x->ctx, &x->err))
		x->failed = true;
	if (x->failed)
		return 0;
	if (!x->wanted)
		return keep_refusal(x, p, n);
	if (n > x->item->size - x->at) {
		fail_size(x, "got", -1);
		return 0;
	}
	hash_add(x->hash, p, n);
	if (io_pwrite(x->item->fd, p, n, (off_t)x->at, "blob", &x->err)) {
		x->failed = true;
		return 0;
	}
	x->at += n;
	if (x->at > x->top)
		x->top = x->at;
	if (x->top - x->told >= TELL_BYTES)
		xfer_tell(x);
	return n;
}

void xfer_tell(struct xfer *x)
{
	if (!x->item || x->top == x->told)
		return;
	x->told = x->top;
	if (x->item->progress)
		x->item->progress(x->item->ctx, x->told);
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
	hash_free(x->hash);
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
}

void xfer_begin(struct xfer *x, struct fetch_item *item)
{
	x->item = item;
	forget_answer(x);
	free(x->origin);
	x->origin = client_blob_url(x->client, &item->digest);
	go_to(x, xstrdup(x->origin));
	restart(x);
	x->top = x->told = x->broke_at = 0;
	x->hops = x->refusals = 0;
}

int xfer_request(struct xfer *x, struct err *e)
{
	const struct auth *auth = client_auth(x->client);
	const char *field = auth_field(auth);
	autostr char *line = NULL;
	char range[32];

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
	snprintf(range, sizeof(range), "%llu-", (unsigned long long)x->at);
	http_easy_url(x->easy, x->url);
	curl_easy_setopt(x->easy, CURLOPT_HTTPHEADER, x->fields);
	curl_easy_setopt(x->easy, CURLOPT_RANGE, x->at ? range : NULL);
	return 0;
}

static enum xfer_next verify(struct xfer *x, struct err *e)
{
	const struct digest *want = &x->item->digest;
	char hex[HASH_HEX_MAX];

	xfer_tell(x);
	hash_hex(x->hash, hex);
	if (!strcmp(hex, digest_hex(want)))
		return XFER_DONE;
	err_set(e, ERR_DIGEST, "expected %s, got %s:%s", want->text,
		digest_algo(want), hex);
	return XFER_FAILED;
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

	if (x->at == x->item->size)
		return verify(x, e);
	if (code)
		http_curl_err(e, code, x->easy, x->detail, x->url,
			      &client_options(x->client)->http);
	else
		err_set(e, ERR_NET, "expected %llu bytes, got %llu",
			(unsigned long long)x->item->size,
			(unsigned long long)x->at);
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

/* An answer that is not the blob. */
static enum xfer_next answered(struct xfer *x, const struct http_response *r,
			       struct err *e)
{
	int status = r->head.status;

	if (http_is_redirect(status) && r->head.location)
		return redirected(x, e);
	if (auth_may_help(client_auth(x->client), status))
		return refused(x, r, e);
	if (status == 206 || status == 416) { /* ranges are of no use here */
		err_http(e, status, "not the range that was asked for");
		restart(x);
		go_home(x);
		return XFER_BROKEN;
	}
	refusal_err(r, e);
	err_ctx(e, "blob %s", x->item->digest.text);
	if (!http_status_again(status) ||
	    r->head.retry_after_s > HTTP_RETRY_AFTER_MAX_S)
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
