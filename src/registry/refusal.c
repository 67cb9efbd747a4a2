/* refusal.c - a registry's answer that is not what was asked for, as an error.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "registry/refusal.h"

#include "base/mem.h"
#include "format/json.h"

/* The first message of the registry's error document, if there is one
 * (distribution specification, "Error Codes"); cut. Caller frees. */
static char *reason(const struct http_response *r)
{
	struct err ignored = { 0 }; /* not JSON: then there is no reason */
	AUTO(json) json_t *j = NULL;
	json_t *errors = NULL;
	const char *text = NULL;

	if (r->body.len)
		j = json_parse("answer", r->body.p, r->body.len, &ignored);
	if (!j || json_opt_array(j, "", "errors", &errors, &ignored) || !errors)
		return str_fmt("%s", "");
	if (json_is_object(json_array_get(errors, 0)) &&
	    json_opt_str(json_array_get(errors, 0), "", "message", &text,
			 &ignored))
		text = NULL;
	return text ? str_fmt(": %.200s", text) : xstrdup("");
}

int refusal_err(const struct http_response *r, struct err *e)
{
	int status = r->head.status;
	int wait = r->head.retry_after_s;
	autostr char *host = http_host(r->url);
	autostr char *why = reason(r);

	if (status == 404 || status == 410)
		return err_http(e, status, "not found");
	if (status == 401 || status == 403)
		return err_http(e, status, "access refused by '%s'%s", host,
				why);
	if (status != 429)
		return err_http(e, status, "'%s' can't answer%s", host, why);
	err_http(e, status, "too many requests to '%s'%s", host, why);
	return wait > 0 ? err_hint(e, "it asks to wait %d s", wait) : -1;
}
