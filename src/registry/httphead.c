/* httphead.c - header fields of an answer, line by line.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "registry/http.h"

#include "base/mem.h"

#include <limits.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define AUTHENTICATE_MAX                                    \
	16 /* challenges kept; nobody sends more than three \
	    */

/* Decimal digits at *P as a number, -1 if there are none or too many. */
static int64_t take_number(const char **p)
{
	int64_t v = 0;
	int digits = 0;

	for (; **p >= '0' && **p <= '9'; (*p)++) {
		if (++digits > 18)
			return -1;
		v = v * 10 + (**p - '0');
	}
	return digits ? v : -1;
}

static int64_t whole_number(const char *p)
{
	int64_t v = take_number(&p);

	return *p ? -1 : v;
}

/* "bytes 5-9/10", with a star for an unknown total (RFC 9110, 14.4). */
static void take_range(struct http_head *h, const char *p)
{
	int64_t from, to;

	h->range_from = h->range_to = h->range_total = -1;
	if (strncasecmp(p, "bytes ", 6))
		return;
	p += 6;
	from = take_number(&p);
	if (from < 0 || *p++ != '-')
		return;
	to = take_number(&p);
	if (to < from || *p++ != '/')
		return;
	if (strcmp(p, "*")) {
		h->range_total = whole_number(p);
		if (h->range_total < 0)
			return;
	}
	h->range_from = from;
	h->range_to = to;
}

/* Seconds or a date (RFC 9110, 10.2.3). */
static int retry_after(const char *value)
{
	int64_t s = whole_number(value);
	time_t at;

	if (s < 0) {
		at = curl_getdate(value, NULL);
		if (at == (time_t)-1)
			return -1;
		s = (int64_t)at - (int64_t)time(NULL);
	}
	if (s < 0)
		return 0;
	return s > INT_MAX ? INT_MAX : (int)s;
}

/* "100;w=21600": a number, and maybe the seconds that it is for. */
static int64_t take_quota(struct http_quota *q, const char *value)
{
	const char *p = value;
	int64_t v = take_number(&p);

	p += strspn(p, "; ");
	if (v >= 0 && !strncmp(p, "w=", 2))
		q->window_s = whole_number(p + 2);
	return v;
}

static void replace(char **to, const char *value)
{
	free(*to);
	*to = xstrdup(value);
}

static void take_field(struct http_head *h, const char *name, const char *value)
{
	if (!strcasecmp(name, "content-type"))
		replace(&h->content_type, value);
	else if (!strcasecmp(name, "docker-content-digest"))
		replace(&h->docker_digest, value);
	else if (!strcasecmp(name, "location"))
		replace(&h->location, value);
	else if (!strcasecmp(name, "content-length"))
		h->length = whole_number(value);
	else if (!strcasecmp(name, "content-range"))
		take_range(h, value);
	else if (!strcasecmp(name, "retry-after"))
		h->retry_after_s = retry_after(value);
	else if (!strcasecmp(name, "etag"))
		replace(&h->etag, value);
	else if (!strcasecmp(name, "accept-ranges"))
		h->no_ranges = !strcasecmp(value, "none");
	else if (!strcasecmp(name, "ratelimit-limit"))
		h->quota.limit = take_quota(&h->quota, value);
	else if (!strcasecmp(name, "ratelimit-remaining"))
		h->quota.remaining = take_quota(&h->quota, value);
	else if (!strcasecmp(name, "www-authenticate") &&
		 h->authenticate.n < AUTHENTICATE_MAX)
		strlist_add(&h->authenticate, value);
}

/* Forget the fields of an interim answer or of a redirect before. */
static void start(struct http_head *h, int status)
{
	size_t bytes = h->bytes, lines = h->lines;

	http_head_clear(h);
	h->bytes = bytes;
	h->lines = lines;
	h->status = status;
}

void http_head_clear(struct http_head *h)
{
	free(h->content_type);
	free(h->docker_digest);
	free(h->location);
	free(h->etag);
	strlist_clear(&h->authenticate);
	*h = (struct http_head){ .retry_after_s = -1,
				 .length = -1,
				 .range_from = -1,
				 .range_to = -1,
				 .range_total = -1,
				 .quota = { -1, -1, -1 } };
}

static int status_of(const char *line)
{
	const char *p = line + strcspn(line, " ");
	int64_t status;

	p += *p == ' ';
	status = take_number(&p);
	return status >= 100 && status <= 999 ? (int)status : 0;
}

bool http_head_over(const struct http_head *h)
{
	return h->bytes > HTTP_HEAD_MAX || h->lines > HTTP_HEAD_LINES_MAX;
}

int http_head_line(struct http_head *h, const char *p, size_t n)
{
	autostr char *line = NULL;
	autostr char *value = NULL;
	char *colon;

	h->bytes += n;
	h->lines++;
	if (http_head_over(h))
		return -1;
	while (n && (p[n - 1] == '\n' || p[n - 1] == '\r'))
		n--;
	line = xstrndup(p, n); /* ends at a NUL, if there is one */
	if (!strncasecmp(line, "HTTP/", 5)) {
		start(h, status_of(line));
		return 0;
	}
	/* A folded line begins with a blank, is obsolete, and is none of the
	 * fields we want. */
	colon = strchr(line, ':');
	if (!colon)
		return 0;
	*colon = '\0';
	value = str_trim(colon + 1);
	take_field(h, line, value);
	return 0;
}
