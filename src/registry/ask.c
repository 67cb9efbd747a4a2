/* ask.c - one question to one endpoint.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "registry/ask.h"

#include "base/log.h"
#include "registry/refusal.h"

#include <string.h>

char *ask_url(const struct endpoint *at, const char *kind, const char *name)
{
	autostr char *base = endpoint_url(at);

	return str_fmt("%s/v2/%s/%s/%s", base, at->repo, kind, name);
}

struct auth *ask_auth(const struct asker *a)
{
	struct endpoint *at = a->at;
	autostr char *base = endpoint_url(at);

	if (!at->auth)
		at->auth = auth_new(a->http, at->cred_host, at->repo, base,
				    a->paths);
	return at->auth;
}

static int request(const struct asker *a, const struct ask *k, bool probe,
		   struct http_response *r, struct err *e)
{
	autostr char *base = endpoint_url(a->at);
	autostr char *url = k->kind ? ask_url(a->at, k->kind, k->name)
				    : str_fmt("%s/v2/", base);
	struct http_request q = {
		.method = k->method,
		.url = url,
		.accept = k->accept,
		.authorization = a->at->auth ? auth_field(a->at->auth) : NULL,
		.limit = k->limit,
		.probe = probe || k->once,
	};

	return http_do(a->http, &q, r, e);
}

/* Go's, nginx's and Apache's answers to plain HTTP on a TLS port. */
static bool says_use_tls(const struct http_response *r)
{
	const char *body = str_text(&r->body);

	return r->head.status == 400 &&
	       (strcasestr(body, "to an HTTPS server") ||
		strcasestr(body, "sent to HTTPS port") ||
		strcasestr(body, "to an SSL-enabled server"));
}

/* Could the other scheme be the right one, after this failed? */
static bool may_be_other(const struct endpoint *at,
			 const struct http_response *r)
{
	if (at->https)
		return at->insecure && r->curl != CURLE_COULDNT_RESOLVE_HOST;
	return r->curl == CURLE_WEIRD_SERVER_REPLY ||
	       r->curl == CURLE_UNSUPPORTED_PROTOCOL ||
	       r->curl == CURLE_GOT_NOTHING || r->curl == CURLE_RECV_ERROR;
}

/* Probe; the scheme tried first has the benefit of the doubt: when the other
 * fails too, the first is tried as often as the options say, and the error is
 * of that. */
static int settle_by_probe(const struct asker *a, const struct ask *k,
			   struct http_response *r, struct err *e)
{
	struct endpoint *at = a->at;
	struct err other = { 0 };
	int rc = request(a, k, true, r, e);

	if (rc && (e->kind != ERR_NET || r->curl == CURLE_OK))
		return -1;
	if (!rc && (at->https || !says_use_tls(r)))
		return 0;
	if (!rc) {
		at->https = true;
		return request(a, k, false, r, e);
	}
	if (may_be_other(at, r)) {
		at->https = !at->https;
		rc = request(a, k, true, r, &other);
		if (!rc && (at->https || !says_use_tls(r)))
			return 0;
		if (rc &&
		    (r->curl == CURLE_OK || http_code_untrusted(r->curl) ||
		     r->curl == CURLE_SSL_CACERT_BADFILE)) {
			*e = other; /* the scheme is right, no more */
			return -1;
		}
		at->https = !at->https;
	}
	return k->once ? -1 : request(a, k, false, r, e);
}

/* The first request, which finds out the scheme. To a HEAD a TLS port can't say
 * that it is one: what it answers to that settles nothing. */
static int settle(const struct asker *a, const struct ask *k,
		  struct http_response *r, struct err *e)
{
	struct endpoint *at = a->at;
	int rc;

	if (at->https && !at->insecure)
		rc = request(a, k, false, r, e);
	else
		rc = settle_by_probe(a, k, r, e);
	at->settled = !rc && (at->https || r->head.status != 400 ||
			      strcmp(k->method, "HEAD") != 0);
	if (at->settled && !at->https)
		log_info("'%s' is asked over plain HTTP", at->host);
	return rc;
}

int ask_settle(const struct asker *a, struct err *e)
{
	AUTO(http_response) struct http_response r = { 0 };
	struct ask k = { .method = "GET", .limit = HTTP_REFUSAL_MAX };

	return a->at->settled ? 0 : settle(a, &k, &r, e);
}

int ask_do(const struct asker *a, const struct ask *k, struct http_response *r,
	   struct err *e)
{
	for (;;) {
		int rc = a->at->settled ? request(a, k, false, r, e)
					: settle(a, k, r, e);

		if (rc)
			return -1;
		if (r->head.status == 200)
			break;
		if (!auth_may_help(ask_auth(a), r->head.status))
			return refusal_err(r, e);
		if (auth_step(ask_auth(a), r, e))
			return -1;
	}
	auth_worked(ask_auth(a));
	return 0;
}
