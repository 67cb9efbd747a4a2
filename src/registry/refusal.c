/* refusal.c - a registry's answer that is not what was asked for, as an error.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "registry/refusal.h"

#include "base/mem.h"
#include "base/num.h"
#include "format/json.h"

#include <strings.h>

#define TEXT_MAX 200  /* bytes shown of what a registry says */
#define ROUNDED_S 120 /* up to here each second is told */

/* A body of plain text, its lines as one, into OUT. GHCR says so when to come
 * back. */
static void add_text(const struct http_response *r, struct str *out)
{
	const char *type = r->head.content_type;
	autostr char *body = str_trim(str_text(&r->body));

	if (!body[0] || body[0] == '<' || body[0] == '{' ||
	    (type && strncasecmp(type, "text/plain", 10)))
		return;
	for (char *p = body; *p; p++)
		if (*p == '\n' || *p == '\r' || *p == '\t')
			*p = ' ';
	str_addf(out, ": %.*s", TEXT_MAX, body);
}

/* What the registry says: the first message of its error document (distribution
 * specification, "Error Codes"), or its text. Nothing if there is neither. */
static void add_reason(const struct http_response *r, struct str *out)
{
	struct err ignored = { 0 }; /* not JSON: then it may be text */
	AUTO(json) json_t *j = NULL;
	json_t *errors = NULL;
	const char *text = NULL;

	if (!r->body.len)
		return;
	j = json_parse("answer", r->body.p, r->body.len, &ignored);
	if (!j) {
		add_text(r, out);
		return;
	}
	if (json_opt_array(j, "", "errors", &errors, &ignored) ||
	    !json_is_object(json_array_get(errors, 0)) ||
	    json_opt_str(json_array_get(errors, 0), "", "message", &text,
			 &ignored))
		return;
	if (text)
		str_addf(out, ": %.*s", TEXT_MAX, text);
}

void refusal_quota(const struct http_head *h, struct str *out)
{
	const struct http_quota *q = &h->quota;
	long long window = q->window_s;

	if (q->remaining < 0)
		return;
	str_addf(out, "%lld ", (long long)q->remaining);
	if (q->limit >= 0)
		str_addf(out, "of %lld ", (long long)q->limit);
	str_add(out, window > 0 ? "pulls left" : "requests left");
	if (window <= 0)
		return;
	if (window % 3600 == 0)
		str_addf(out, " in %lld h", window / 3600);
	else if (window % 60 == 0)
		str_addf(out, " in %lld min", window / 60);
	else
		str_addf(out, " in %lld s", window);
}

static int too_many(const struct http_response *r, const char *host,
		    const char *why, struct err *e)
{
	uint64_t wait = (uint64_t)r->head.retry_after_s;
	autostr char *text = NULL;
	AUTO(str) struct str quota = { 0 };

	err_http(e, r->head.status, "too many requests to '%s'%s", host, why);
	refusal_quota(&r->head, &quota);
	if (quota.len)
		err_hint(e, "%s", quota.p);
	if (r->head.retry_after_s <= 0)
		return -1;
	text = wait > ROUNDED_S ? num_seconds_text(wait)
				: str_fmt("%d s", (int)wait);
	return err_hint(e, "it asks to wait %s", text);
}

int refusal_err(const struct http_response *r, struct err *e)
{
	int status = r->head.status;
	autostr char *host = http_host(r->url);
	AUTO(str) struct str reason = { 0 };
	const char *why;

	add_reason(r, &reason);
	why = str_text(&reason);
	if (status == 404 || status == 410)
		return err_http(e, status, "not found at '%s'", host);
	if (status == 401 || status == 403)
		return err_http(e, status, "access refused by '%s'%s", host,
				why);
	if (status == 407)
		return http_proxy_login_err(e, r->url);
	if (status == 429)
		return too_many(r, host, why, e);
	return err_http(e, status, "'%s' can't answer%s", host, why);
}
