/* http.h - one HTTP exchange after another with libcurl: retries, time-outs,
 * redirects followed by us, limits.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The one user of libcurl, together with fetch.c, xfer.c and trust.c. Only http
 * and https. Nothing here knows registries: which token goes where is auth.c's.
 * What is pure stands in httpurl.c (URLs) and httphead.c (header fields),
 * libcurl's options and errors in httpcurl.c.
 */
#ifndef REGISTRY_HTTP_H
#define REGISTRY_HTTP_H

#include "base/err.h"
#include "base/str.h"
#include "base/strlist.h"
#include "registry/retry.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>

#define HTTP_REDIRECTS_MAX 5
#define HTTP_HEAD_MAX                                          \
	(256u << 10) /* bytes of header fields in one exchange \
		      */
#define HTTP_HEAD_LINES_MAX 1000
#define HTTP_REFUSAL_MAX \
	(64u << 10) /* bytes kept of an answer that is not 2xx */

struct trust;

struct http_opts {
	bool tls_verify;        /* check certificates and host names; of all
				 * hosts, if there is no `trust` */
	struct trust *trust;    /* what is known of single hosts, or NULL */
	int connect_timeout_s;  /* for a connection to stand */
	int stall_timeout_s;    /* without a byte arriving */
	int tries;              /* in all, for what is worth retrying */
	int retry_pause_ms;     /* before the second try, see retry.h */
	const char *user_agent; /* "chassis/0.1.0" or NULL */
	const char *ca_file;    /* PEM file trusted in place of the system's, or
				 * NULL */
};
#define HTTP_OPTS_DEFAULT                                    \
	{                                                    \
		.tls_verify = true, .connect_timeout_s = 20, \
		.stall_timeout_s = 30, .tries = 5,           \
		.retry_pause_ms = RETRY_PAUSE_MS,            \
	}

/* What a registry lets one do in a time: RateLimit-Limit and -Remaining, as
 * Docker Hub sends them ("100;w=21600") and others without the window. Each -1
 * if not told. */
struct http_quota {
	int64_t limit;
	int64_t remaining;
	int64_t window_s;
};

/* What the header fields of one answer say. */
struct http_head {
	int status;
	char *content_type;          /* or NULL */
	char *docker_digest;         /* Docker-Content-Digest or NULL */
	char *location;              /* or NULL */
	char *etag;                  /* with its quotes, or NULL */
	struct strlist authenticate; /* WWW-Authenticate fields */
	int retry_after_s;           /* -1 if not given or not understood */
	int64_t length;              /* Content-Length, -1 if not given */
	int64_t range_from; /* Content-Range "bytes FROM-TO/TOTAL", else -1 */
	int64_t range_to;
	int64_t range_total; /* -1 also for '*' */
	bool no_ranges;      /* Accept-Ranges: none */
	struct http_quota quota;
	size_t bytes,
		lines; /* seen in the exchange, interim answers included */
};

/* Take in one header line as curl hands it over: a status line starts anew.
 * -1 when the limits above are passed. */
MUST_CHECK int http_head_line(struct http_head *h, const char *p, size_t n);
/* Were the limits passed? */
bool http_head_over(const struct http_head *h);
/* Ready for another exchange. */
void http_head_clear(struct http_head *h);
AUTO_DEFINE(http_head, struct http_head, http_head_clear)

struct http; /* the connections that are open, the options, the tries */

/* O must outlive it. Not thread-safe (curl_global_init): to be called before
 * any thread is started. */
struct http *http_new(const struct http_opts *o, struct err *e);
void http_free(struct http *h);
AUTO_DEFINE_PTR(http, struct http, http_free)
const struct http_opts *http_options(const struct http *h);
/* What is left of the tries of this pull; http_do's and fetch.c's. */
struct retry *http_retry(struct http *h);

struct http_request {
	const char *method; /* "GET", "HEAD", "POST" */
	const char *url;
	const char *accept;        /* or NULL */
	const char *authorization; /* whole field value, or NULL; sent to the
				    * origin of `url` only */
	const char *body;          /* of POST (form encoded), or NULL */
	size_t limit;              /* 2xx answers over this many bytes:
				    * ERR_LIMIT; others are cut */
	bool probe;                /* when the connection fails don't try it
				    * again */
};

struct http_response {
	struct http_head head; /* of the last answer; status 0: none came */
	struct str body;
	char *url;     /* the last one, after redirects */
	CURLcode curl; /* how the last transfer ended, also on failure */
};

void http_response_clear(struct http_response *r);
AUTO_DEFINE(http_response, struct http_response, http_response_clear)

/* Do it. Any HTTP status is success; the caller judges. GET and HEAD are tried
 * again with growing, jittered pauses on connection errors, 408, 425, 429 and
 * 5xx, as often as http_retry lets it (twice at most while the host was never
 * reached), which is full again in the end; a Retry-After of up to
 * RETRY_AFTER_MAX_S is honoured, with a longer one the answer is returned
 * as it is. At most HTTP_REDIRECTS_MAX
 * redirects, none for POST; never from https to http, never to another scheme,
 * and `authorization` stays behind when scheme, host or port change. ERR_NET
 * names the host and what happened: "can't reach 'HOST': no answer within
 * 20 s". ERR_INTR on a signal. */
MUST_CHECK int http_do(struct http *h, const struct http_request *q,
		       struct http_response *out, struct err *e);

/* For fetch.c: a curl easy handle set up with the options, without URL and
 * sinks. DETAIL (CURL_ERROR_SIZE bytes) outlives it and receives curl's words.
 * Caller cleans up. */
CURL *http_easy(const struct http_opts *o, char *detail, struct err *e);
/* Set the URL and what hangs on its host: verification and certificates
 * (trust.h); a loopback host is never asked through a proxy. An error is one of
 * trust_apply. */
MUST_CHECK int http_easy_url(CURL *easy, const struct http_opts *o,
			     const char *url, struct err *e);
/* Wait for something to happen on MULTI, MS milliseconds at most. */
void http_poll(CURLM *multi, int ms);
/* Turn a failed transfer into an error: time-outs, DNS, refused, TLS. */
int http_curl_err(struct err *e, CURLcode code, CURL *easy, const char *detail,
		  const char *url, const struct http_opts *o);
/* The answer 407 to URL, wherever it comes from: the proxy wants a login. */
int http_proxy_login_err(struct err *e, const char *url);
/* Is it worth trying again after CODE, DETAIL or an answer of STATUS? */
bool http_code_again(CURLcode code, const char *detail);
bool http_status_again(int status);
/* Did the certificate not hold? */
bool http_code_untrusted(CURLcode code);

/* "host:port" of URL for messages, or URL itself. Caller frees. */
char *http_host(const char *url);
/* Are scheme, host and port of A and B the same? False if malformed. */
bool http_same_origin(const char *a, const char *b);
/* Is only the host the same, whatever scheme and port? */
bool http_same_host(const char *a, const char *b);
bool http_is_https(const char *url);
/* Is the host, as written, this machine: 127.0.0.0/8, ::1, localhost? */
bool http_is_loopback(const char *url);
/* ... or else a link-local or unspecified address? */
bool http_is_local(const char *url);
/* Is URL an absolute http or https URL that libcurl and we read in the same
 * way: no user, no backslash, no blank or control character? */
bool http_url_ok(const char *url);
bool http_is_redirect(int status);
/* LOCATION resolved against BASE if it may be followed (RFC 3986, 5.2). Caller
 * frees. ERR_FORMAT for another scheme, https to http, or nonsense. */
char *http_redirect(const char *base, const char *location, struct err *e);

#endif
