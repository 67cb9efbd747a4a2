/* httpurl.c - URLs: origins, which hosts are local, where a redirect leads.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Who may get a credential hangs on the origin, so what we take for the host
 * must be what libcurl takes for it. Therefore the authority is held to a
 * strict set of characters: no user, no backslash, no percent sign. libcurl's
 * own parser (curl_url) would do, but is younger than the oldest libcurl that
 * we build with (7.61).
 */
#include "config.h"

#include "registry/http.h"

#include "base/mem.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

struct url { /* pieces of a text, borrowed */
	bool https;
	const char *host; /* IPv6 without its brackets */
	size_t host_len;
	const char *authority; /* host and port as written */
	size_t authority_len;
	int port;         /* given or implied */
	const char *path; /* what follows the authority, maybe "" */
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_host_char(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z') || c == '.' || c == '-' || c == '_';
}

static bool is_ip6_char(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') ||
	       (c >= 'A' && c <= 'F') || c == ':' || c == '.';
}

/* The host at P into U; what follows it, or NULL. */
static const char *split_host(struct url *u, const char *p)
{
	bool ip6 = *p == '[';

	u->host = p += ip6;
	while (ip6 ? is_ip6_char(*p) : is_host_char(*p))
		p++;
	u->host_len = (size_t)(p - u->host);
	if (u->host_len == 0 || u->host_len > 255)
		return NULL;
	if (ip6 && *p++ != ']')
		return NULL;
	return p;
}

/* The ":PORT" at P, if any, into U; what follows it, or NULL. */
static const char *split_port(struct url *u, const char *p)
{
	int port = 0;

	u->port = u->https ? 443 : 80;
	if (*p != ':')
		return p;
	for (p++; is_digit(*p) && port < 65536; p++)
		port = port * 10 + (*p - '0');
	if (port < 1 || port > 65535)
		return NULL;
	u->port = port;
	return p;
}

static bool is_clean(const char *text)
{
	for (const unsigned char *p = (const void *)text; *p; p++)
		if (*p <= ' ' || *p == 0x7f || *p == '\\')
			return false;
	return true;
}

static bool split(struct url *u, const char *text)
{
	const char *p;

	u->https = !strncasecmp(text, "https://", 8);
	if (!u->https && strncasecmp(text, "http://", 7))
		return false;
	if (!is_clean(text))
		return false;
	u->authority = text + (u->https ? 8 : 7);
	p = split_host(u, u->authority);
	p = p ? split_port(u, p) : NULL;
	if (!p || (*p && !strchr("/?#", *p)))
		return false;
	u->authority_len = (size_t)(p - u->authority);
	u->path = p;
	return true;
}

bool http_url_ok(const char *url)
{
	struct url u;

	return split(&u, url);
}

char *http_host(const char *url)
{
	struct url u;

	if (!split(&u, url))
		return xstrdup(url);
	return xstrndup(u.authority, u.authority_len);
}

static bool same_host(const struct url *a, const struct url *b)
{
	return a->host_len == b->host_len &&
	       !strncasecmp(a->host, b->host, a->host_len);
}

bool http_same_origin(const char *a, const char *b)
{
	struct url x, y;

	return split(&x, a) && split(&y, b) && x.https == y.https &&
	       x.port == y.port && same_host(&x, &y);
}

bool http_same_host(const char *a, const char *b)
{
	struct url x, y;

	return split(&x, a) && split(&y, b) && same_host(&x, &y);
}

bool http_is_https(const char *url)
{
	struct url u;

	return split(&u, url) && u.https;
}

static bool ip4_is_local(uint32_t host_order, bool or_link)
{
	if (host_order >> 24 == 127)
		return true;
	return or_link && (host_order == 0 || host_order >> 16 == 0xa9fe);
}

static bool ip6_is_local(const struct in6_addr *a, bool or_link)
{
	const uint8_t *b = a->s6_addr;

	if (IN6_IS_ADDR_LOOPBACK(a))
		return true;
	if (IN6_IS_ADDR_V4MAPPED(a))
		return ip4_is_local((uint32_t)b[12] << 24 | b[13] << 16 |
					    b[14] << 8 | b[15],
				    or_link);
	return or_link &&
	       (IN6_IS_ADDR_LINKLOCAL(a) || IN6_IS_ADDR_UNSPECIFIED(a));
}

/* inet_aton, and not inet_pton, because the resolver too takes "127.1" and
 * "0x7f000001" for addresses (inet_aton(3)). */
static bool is_local(const char *url, bool or_link)
{
	autostr char *host = NULL;
	struct in_addr ip4;
	struct in6_addr ip6;
	struct url u;

	if (!split(&u, url))
		return false;
	host = xstrndup(u.host, u.host_len);
	if (!strcasecmp(host, "localhost"))
		return true;
	if (inet_aton(host, &ip4))
		return ip4_is_local(ntohl(ip4.s_addr), or_link);
	if (inet_pton(AF_INET6, host, &ip6) == 1)
		return ip6_is_local(&ip6, or_link);
	return false;
}

bool http_is_loopback(const char *url)
{
	return is_local(url, false);
}

bool http_is_local(const char *url)
{
	return is_local(url, true);
}

bool http_is_redirect(int status)
{
	return status == 301 || status == 302 || status == 303 ||
	       status == 307 || status == 308;
}

/* Does TEXT begin with a scheme (RFC 3986, 3.1)? */
static bool has_scheme(const char *text)
{
	size_t n = strcspn(text, ":/?#");

	return n && text[n] == ':';
}

/* LOCATION, without its fragment, put behind as much of BASE as it lacks.
 * Dot segments are left to libcurl. */
static char *resolve(const struct url *base, const char *location)
{
	const char *scheme = base->https ? "https" : "http";
	int n = (int)strcspn(location, "#");
	int path = (int)strcspn(base->path, "?#");
	int authority = (int)base->authority_len;

	if (has_scheme(location))
		return str_fmt("%.*s", n, location);
	if (str_starts(location, "//"))
		return str_fmt("%s:%.*s", scheme, n, location);
	if (location[0] == '/')
		return str_fmt("%s://%.*s%.*s", scheme, authority,
			       base->authority, n, location);
	while (location[0] != '?' && n && path && base->path[path - 1] != '/')
		path--;
	return str_fmt("%s://%.*s%.*s%s%.*s", scheme, authority,
		       base->authority, path, base->path, path ? "" : "/", n,
		       location);
}

char *http_redirect(const char *base, const char *location, struct err *e)
{
	autostr char *host = http_host(base);
	autostr char *next = NULL;
	struct url from, to;

	if (!split(&from, base)) {
		err_set(e, ERR_FORMAT, "not an http or https URL: '%s'", base);
		return NULL;
	}
	next = resolve(&from, location);
	if (!split(&to, next)) {
		/* No more of it than the start: the query may hold a key, and
		 * what is before an '@' a password. */
		err_set(e, ERR_FORMAT, "'%s' redirects to '%.*s', %s", host,
			(int)strcspn(next, strchr(next, '@') ? ":" : "?#"),
			next, "which is not an http or https URL");
		return NULL;
	}
	if (from.https && !to.https) {
		err_set(e, ERR_FORMAT,
			"'%s' redirects from https to plain http at '%.*s'",
			host, (int)to.authority_len, to.authority);
		return NULL;
	}
	return TAKE(next);
}
