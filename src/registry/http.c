/* http.c - one HTTP exchange after another with libcurl.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Each exchange gets a fresh easy handle, so that no option of the one before
 * is left over; the connections live in the multi handle and are used again.
 * The multi interface, rather than curl_easy_perform, because it comes back to
 * us every 100 ms to look for signals.
 */
#include "config.h"

#include "registry/http.h"

#include "base/clock.h"
#include "base/intr.h"
#include "base/log.h"
#include "base/mem.h"

#include <string.h>

struct http {
	const struct http_opts *opts;
	CURLM *multi;
	struct retry retry;
	bool reached; /* some host has answered */
};

struct exchange { /* one request and its one answer */
	struct http *http;
	CURL *easy;
	struct curl_slist *fields;
	struct http_response *out;
	size_t limit;
	bool too_much; /* fields, or body of a 2xx answer */
	bool cut;      /* the rest of a refusal's body was not wanted */
	char detail[CURL_ERROR_SIZE];
};

struct http *http_new(const struct http_opts *o, struct err *e)
{
	AUTO(http) struct http *h = NULL;

	if (curl_global_init(CURL_GLOBAL_DEFAULT)) {
		err_set(e, ERR_NET, "can't initialise libcurl");
		return NULL;
	}
	h = xcalloc(1, sizeof(*h));
	h->opts = o;
	h->retry.tries = o->tries;
	h->retry.pause_ms = o->retry_pause_ms;
	h->multi = curl_multi_init();
	if (!h->multi) {
		err_set(e, ERR_NET, "can't initialise libcurl");
		return NULL;
	}
	return TAKE(h);
}

void http_free(struct http *h)
{
	if (!h)
		return;
	curl_multi_cleanup(h->multi);
	free(h);
	curl_global_cleanup();
}

const struct http_opts *http_options(const struct http *h)
{
	return h->opts;
}

struct retry *http_retry(struct http *h)
{
	return &h->retry;
}

void http_response_clear(struct http_response *r)
{
	http_head_clear(&r->head);
	if (r->body.p) /* may be an answer with a token */
		explicit_bzero(r->body.p, r->body.cap);
	str_clear(&r->body);
	free(r->url);
	r->url = NULL;
	r->curl = CURLE_OK;
}

static size_t on_field(char *p, size_t size, size_t n, void *arg)
{
	struct exchange *x = arg;

	n *= size;
	if (!http_head_line(&x->out->head, p, n))
		return n;
	x->too_much = true;
	return 0;
}

static size_t on_body(char *p, size_t size, size_t n, void *arg)
{
	struct exchange *x = arg;
	bool good = x->out->head.status / 100 == 2;
	size_t limit = good ? x->limit : HTTP_REFUSAL_MAX;

	n *= size;
	if (n <= limit - x->out->body.len) {
		str_addn(&x->out->body, p, n);
		return n;
	}
	x->too_much = good;
	x->cut = !good;
	return 0;
}

static int add_field(struct exchange *x, const char *name, const char *value,
		     struct err *e)
{
	autostr char *line = NULL;
	struct curl_slist *longer;

	if (!value)
		return 0;
	line = str_fmt("%s: %s", name, value);
	longer = curl_slist_append(x->fields, line);
	explicit_bzero(line, strlen(line));
	if (!longer)
		return err_set(e, ERR_NET, "out of memory");
	x->fields = longer;
	return 0;
}

static int exchange_setup(struct exchange *x, const struct http_request *q,
			  const char *url, struct err *e)
{
	bool same = http_same_origin(q->url, url);
	CURL *c = x->easy = http_easy(x->http->opts, x->detail, e);

	if (!c || add_field(x, "Accept", q->accept, e) ||
	    add_field(x, "Authorization", same ? q->authorization : NULL, e) ||
	    http_easy_url(c, x->http->opts, url, e))
		return -1;
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, x->fields);
	curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_field);
	curl_easy_setopt(c, CURLOPT_HEADERDATA, x);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, x);
	if (!strcmp(q->method, "HEAD"))
		curl_easy_setopt(c, CURLOPT_NOBODY, 1L);
	if (!strcmp(q->method, "POST"))
		curl_easy_setopt(c, CURLOPT_COPYPOSTFIELDS,
				 q->body ? q->body : "");
	return 0;
}

static void exchange_clear(struct exchange *x)
{
	for (struct curl_slist *l = x->fields; l; l = l->next)
		explicit_bzero(l->data, strlen(l->data));
	curl_slist_free_all(x->fields);
	curl_easy_cleanup(x->easy);
}
AUTO_DEFINE(exchange, struct exchange, exchange_clear)

/* Run the one transfer to its end; its result to out->curl. */
static int run(struct exchange *x, struct err *e)
{
	CURLM *multi = x->http->multi;
	CURLMsg *msg = NULL;
	int running = 1, left, rc;

	if (curl_multi_add_handle(multi, x->easy))
		return err_set(e, ERR_NET, "can't start a transfer");
	while ((rc = intr_check(e)) == 0 && running) {
		curl_multi_perform(multi, &running);
		if (running)
			http_poll(multi, 100);
	}
	while ((msg = curl_multi_info_read(multi, &left)))
		if (msg->msg == CURLMSG_DONE)
			x->out->curl = msg->data.result;
	curl_multi_remove_handle(multi, x->easy);
	return rc;
}

static int too_much_err(struct err *e, const struct http_head *head,
			size_t limit, const char *host)
{
	if (http_head_over(head))
		return err_set(e, ERR_LIMIT,
			       "'%s' sent too many header fields (%zu, with "
			       "%zu bytes)",
			       host, head->lines, head->bytes);
	return err_set(e, ERR_LIMIT, "'%s' sent more than %zu bytes", host,
		       limit);
}

/* One request to URL, one answer. *AGAIN: it failed, but may work later. */
static int once(struct http *h, const struct http_request *q, const char *url,
		struct http_response *out, bool *again, struct err *e)
{
	AUTO(exchange)
	struct exchange x = { .http = h, .out = out, .limit = q->limit };
	autostr char *host = http_host(url);

	*again = false;
	http_response_clear(out);
	out->url = xstrdup(url);
	if (exchange_setup(&x, q, url, e) || run(&x, e))
		return -1;
	h->reached |= out->head.status != 0;
	if (!out->curl && !out->head.status) /* HTTP/0.9, in old libcurl */
		out->curl = CURLE_WEIRD_SERVER_REPLY;
	if (x.too_much)
		return too_much_err(e, &out->head, q->limit, host);
	if (out->curl == CURLE_OK || x.cut)
		return 0;
	*again = http_code_again(out->curl, x.detail);
	return http_curl_err(e, out->curl, x.easy, x.detail, url, h->opts);
}

static int follow(struct http *h, const struct http_request *q,
		  struct http_response *out, bool *again, struct err *e)
{
	autostr char *url = xstrdup(q->url);
	autostr char *host = NULL;

	for (int hop = 0; hop <= HTTP_REDIRECTS_MAX; hop++) {
		autostr char *next = NULL;

		if (once(h, q, url, out, again, e))
			return -1;
		if (!http_is_redirect(out->head.status) ||
		    !out->head.location || !strcmp(q->method, "POST"))
			return 0;
		next = http_redirect(url, out->head.location, e);
		if (!next)
			return -1;
		free(url);
		url = TAKE(next);
	}
	host = http_host(q->url);
	return err_set(e, ERR_NET, "'%s' redirects more than %d times", host,
		       HTTP_REDIRECTS_MAX);
}

/* Say what happened and wait. */
static int pause_for(int ms, const char *why, struct err *e)
{
	int64_t end = clock_ms() + ms;

	log_note("%s; trying again in %d.%d s", why, ms / 1000,
		 ms % 1000 / 100);
	for (;;) {
		int64_t left = end - clock_ms();

		if (intr_check(e))
			return -1;
		if (left <= 0)
			return 0;
		http_poll(NULL, left < 100 ? (int)left : 100);
	}
}

/* A wrong name or port should be told soon: what was never reached is asked
 * twice only. */
static int tries_for(const struct http *h, const struct http_request *q,
		     const struct http_response *out)
{
	int tries = h->opts->tries;

	if (!strcmp(q->method, "POST") || (q->probe && out->curl))
		return 1;
	if (!h->reached && tries > 2 &&
	    (out->curl == CURLE_COULDNT_RESOLVE_HOST ||
	     out->curl == CURLE_COULDNT_CONNECT ||
	     out->curl == CURLE_OPERATION_TIMEDOUT))
		return 2;
	return tries;
}

/* Try until there is an answer or no try left. */
static int try_all(struct http *h, const struct http_request *q,
		   struct http_response *out, struct err *e)
{
	autostr char *host = http_host(q->url);

	for (int attempt = 1;; attempt++) {
		struct err why = { 0 };
		bool again;
		int rc = follow(h, q, out, &again, &why), ms;

		if (!rc && !http_status_again(out->head.status))
			return 0;
		if (rc)
			*e = why;
		if ((rc && !again) || attempt >= tries_for(h, q, out))
			return rc;
		ms = retry_broke(&h->retry, out->head.retry_after_s,
				 clock_ms());
		if (ms < 0)
			return rc;
		if (!rc)
			err_http(&why, out->head.status, "'%s' is busy", host);
		if (pause_for(ms, why.msg, e))
			return -1;
	}
}

int http_do(struct http *h, const struct http_request *q,
	    struct http_response *out, struct err *e)
{
	int rc;

	if (!http_url_ok(q->url))
		return err_set(e, ERR_FORMAT, "not an http or https URL: '%s'",
			       q->url);
	rc = try_all(h, q, out, e);
	retry_refill(&h->retry);
	return rc;
}
