/* httpcurl.c - libcurl tamed: how its handles are set up, what its results
 * mean to the user, and what is worth another try.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Builds with libcurl 7.61; options that came later are guarded.
 */
#include "config.h"

#include "registry/http.h"

#include "base/mem.h"
#include "registry/trust.h"

#include <ctype.h>
#include <string.h>
#include <time.h>

#define BUFFER_BYTES (512L << 10)
/* Fewer bytes in a second than this, for the whole stall time-out, are as bad
 * as none: a server that drips one byte at a time would hold us for ever. */
#define STALL_BYTES_S 16L

static void only_http(CURL *c)
{
#if LIBCURL_VERSION_NUM >= 0x075500
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
#else
	curl_easy_setopt(c, CURLOPT_PROTOCOLS,
			 (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
#if LIBCURL_VERSION_NUM >= 0x074000
	curl_easy_setopt(c, CURLOPT_HTTP09_ALLOWED, 0L);
#endif
}

/* No Accept-Encoding: a digest is of the bytes as the registry has them. No
 * cookies, no .netrc, no redirects by libcurl. Proxies are libcurl's defaults
 * from the environment (libcurl-env(3)). */
CURL *http_easy(const struct http_opts *o, char *detail, struct err *e)
{
	CURL *c = curl_easy_init();

	if (!c) {
		err_set(e, ERR_NET, "can't initialise libcurl");
		return NULL;
	}
	detail[0] = '\0';
	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, detail);
	only_http(c);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
#if LIBCURL_VERSION_NUM >= 0x075700
	/* Not to wait for a resolver thread, which nobody can stop. */
	curl_easy_setopt(c, CURLOPT_QUICK_EXIT, 1L);
#endif
	curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(c, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(c, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	curl_easy_setopt(c, CURLOPT_BUFFERSIZE, BUFFER_BYTES);
	curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, (long)o->connect_timeout_s);
	curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, STALL_BYTES_S);
	curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, (long)o->stall_timeout_s);
	curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (o->user_agent)
		curl_easy_setopt(c, CURLOPT_USERAGENT, o->user_agent);
	return c;
}

int http_easy_url(CURL *easy, const struct http_opts *o, const char *url,
		  struct err *e)
{
	curl_easy_setopt(easy, CURLOPT_URL, url);
	curl_easy_setopt(easy, CURLOPT_NOPROXY,
			 http_is_loopback(url) ? "*" : NULL);
	if (o->trust)
		return trust_apply(o->trust, easy, url, o->ca_file, e);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, o->tls_verify ? 1L : 0L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, o->tls_verify ? 2L : 0L);
	if (o->ca_file)
		curl_easy_setopt(easy, CURLOPT_CAINFO, o->ca_file);
	return 0;
}

void http_poll(CURLM *multi, int ms)
{
	struct timespec nap = { .tv_nsec = 10 * 1000000L };
	int n = 0;

	if (!multi) {
		nap.tv_nsec = ms * 1000000L; /* under a second by contract */
		nanosleep(&nap, NULL);
		return;
	}
#if LIBCURL_VERSION_NUM >= 0x074200
	(void)n;
	curl_multi_poll(multi, NULL, 0, ms, NULL);
#else
	/* Comes back at once when it has no descriptor to wait for. */
	curl_multi_wait(multi, NULL, 0, ms, &n);
	if (n == 0)
		nanosleep(&nap, NULL);
#endif
}

bool http_status_again(int status)
{
	return status == 408 || status == 425 || status == 429 ||
	       status == 500 || (status >= 502 && status <= 504);
}

/* The alerts of TLS 1.2 and 1.3 (RFC 8446, 6.2) in the words of OpenSSL and
 * GnuTLS. In 1.3 they come when the handshake is over for us, in place of the
 * answer. */
static bool wants_certificate(const char *detail)
{
	return strcasestr(detail, "certificate required") ||
	       strcasestr(detail, "certificate is required") ||
	       strcasestr(detail, "alert bad certificate") ||
	       strcasestr(detail, "alert unknown ca");
}

bool http_code_again(CURLcode code, const char *detail)
{
	switch (code) {
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_CONNECT:
	case CURLE_OPERATION_TIMEDOUT:
	case CURLE_PARTIAL_FILE:
	case CURLE_GOT_NOTHING:
	case CURLE_SEND_ERROR:
		return true;
	case CURLE_RECV_ERROR:
		return !strstr(detail, "CONNECT tunnel") &&
		       !strstr(detail, "from proxy") &&
		       !wants_certificate(detail);
	case CURLE_SSL_CONNECT_ERROR: /* cut off, rather than not agreed */
		return strstr(detail, "reset") || strstr(detail, "SYSCALL");
	default:
		return false;
	}
}

/* libcurl has no code for it; these are the words of OpenSSL and GnuTLS. */
static bool peer_speaks_plain(const char *detail)
{
	return strstr(detail, "wrong version number") ||
	       strstr(detail, "packet length too long") ||
	       strstr(detail, "http request") ||
	       strstr(detail, "unexpected TLS packet");
}

/* Two codes until libcurl 7.62. */
bool http_code_untrusted(CURLcode code)
{
	return code == CURLE_PEER_FAILED_VERIFICATION ||
	       code == CURLE_SSL_CACERT;
}

static bool verifies(const struct http_opts *o, const char *url)
{
	return o->trust ? trust_verifies(o->trust, url) : o->tls_verify;
}

static int tls_err(struct err *e, CURLcode code, const char *detail,
		   const char *url, const struct http_opts *o)
{
	autostr char *host = http_host(url);
	const char *why = detail[0] ? detail : curl_easy_strerror(code);
	const char *prefix = "SSL certificate problem: ";

	if (code == CURLE_SSL_CONNECT_ERROR && peer_speaks_plain(detail)) {
		err_set(e, ERR_NET, "'%s' speaks plain HTTP, not TLS", host);
		return !verifies(o, url)
			       ? -1
			       : err_hint(e, "use --tls-verify=no to allow "
					     "plain HTTP");
	}
	if (!http_code_untrusted(code))
		return err_set(e, ERR_NET, "no TLS with '%s': %s", host, why);
	if (str_starts(why, prefix))
		why += strlen(prefix);
	err_set(e, ERR_NET, "can't verify the certificate of '%s': %s", host,
		why);
	if (!o->tls_verify) /* which is not for where we were sent to */
		return -1;
	return err_hint(e, "use --tls-verify=no to do without");
}

static int timeout_err(struct err *e, CURL *easy, const char *host,
		       const struct http_opts *o)
{
	double began = 0;

	/* Zero until the request could be sent. */
	curl_easy_getinfo(easy, CURLINFO_PRETRANSFER_TIME, &began);
	if (began <= 0)
		return err_set(e, ERR_NET,
			       "can't reach '%s': no answer within %d s", host,
			       o->connect_timeout_s);
	return err_set(e, ERR_NET, "'%s' sent nothing for %d s", host,
		       o->stall_timeout_s);
}

/* The system's reason, in our lower case; curl's words name the peer when it
 * is a proxy. */
static int connect_err(struct err *e, CURL *easy, const char *detail,
		       const char *host)
{
	autostr char *name = xstrdup(host + (host[0] == '['));
	autostr char *why = NULL;
	long errnum = 0;

	name[strcspn(name, host[0] == '[' ? "]" : ":")] = '\0';
	curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &errnum);
	if (!errnum || !strstr(detail, name))
		return err_set(e, ERR_NET, "can't reach '%s': %s", host,
			       detail[0] ? detail : "no connection");
	why = xstrdup(strerror((int)errnum));
	why[0] = (char)tolower((unsigned char)why[0]);
	return err_set(e, ERR_NET, "can't reach '%s': %s", host, why);
}

int http_proxy_login_err(struct err *e, const char *url)
{
	autostr char *host = http_host(url);
	const char *scheme = http_is_https(url) ? "https" : "http";

	err_set(e, ERR_NET,
		"the proxy to '%s' wants another login, or one at all (HTTP "
		"407)",
		host);
	return err_hint(e, "%s_proxy=http://USER:PASSWORD@HOST:PORT gives it",
			scheme);
}

static int proxy_err(struct err *e, long status, const char *url)
{
	autostr char *host = http_host(url);

	if (status == 407)
		return http_proxy_login_err(e, url);
	return err_set(e, ERR_NET,
		       "the proxy to '%s' does not lead there (HTTP %ld)", host,
		       status);
}

static bool is_tls(CURLcode code)
{
	return http_code_untrusted(code) || code == CURLE_SSL_CONNECT_ERROR ||
	       code == CURLE_SSL_CACERT_BADFILE ||
	       code == CURLE_SSL_CERTPROBLEM || code == CURLE_SSL_CIPHER ||
	       code == CURLE_SSL_ISSUER_ERROR;
}

int http_curl_err(struct err *e, CURLcode code, CURL *easy, const char *detail,
		  const char *url, const struct http_opts *o)
{
	autostr char *host = http_host(url);
	const char *why;
	long status = 0; /* of a proxy's answer to CONNECT */

	if (strchr(detail, '@')) /* a proxy's URL, maybe with a password */
		detail = "";
	why = detail[0] ? detail : curl_easy_strerror(code);
	curl_easy_getinfo(easy, CURLINFO_HTTP_CONNECTCODE, &status);
	if (status >= 300)
		return proxy_err(e, status, url);
	if (wants_certificate(detail))
		return err_set(e, ERR_NET,
			       "'%s' wants another client certificate, or one "
			       "at all: %s",
			       host, why);
	if (is_tls(code))
		return tls_err(e, code, detail, url, o);
	switch (code) {
	case CURLE_COULDNT_RESOLVE_HOST:
		return err_set(e, ERR_NET, "can't find host '%s'", host);
	case CURLE_COULDNT_RESOLVE_PROXY:
		return err_set(e, ERR_NET, "can't reach '%s': %s", host, why);
	case CURLE_COULDNT_CONNECT:
		return connect_err(e, easy, detail, host);
	case CURLE_OPERATION_TIMEDOUT:
		return timeout_err(e, easy, host, o);
	case CURLE_GOT_NOTHING:
		return err_set(e, ERR_NET,
			       "'%s' closed the connection without an answer",
			       host);
	case CURLE_PARTIAL_FILE:
		return err_set(e, ERR_NET,
			       "'%s' closed the connection too early", host);
	case CURLE_OUT_OF_MEMORY: /* this is how it refuses a long one */
#if LIBCURL_VERSION_NUM >= 0x080600
	case CURLE_TOO_LARGE:
#endif
		return err_set(e, ERR_LIMIT,
			       "'%s' sent a header field that is too long",
			       host);
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_WEIRD_SERVER_REPLY:
		return err_set(e, ERR_NET, "'%s' does not speak HTTP", host);
	default:
		return err_set(e, ERR_NET, "connection to '%s' broke: %s", host,
			       why);
	}
}
