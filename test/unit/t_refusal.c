/* t_refusal.c - what is said of a registry's refusal.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "registry/refusal.h"

#include "base/auto.h"
#include "tap.h"

#include <string.h>

#define LIMIT "{\"errors\": [{\"message\": \"enough\"}]}"
#define HUB "RateLimit-Limit: 100;w=21600\nratelimit-remaining: 0;w=21600\n"
#define TEXT "Content-Type: text/plain; charset=utf-8\n"

// clang-format off
static const struct {
	const char *fields; /* one a line, behind the status */
	const char *body, *want;
	enum err_kind kind;
} refusals[] = {
	{ "HTTP/1.1 404\n", LIMIT, "not found at 'h' (HTTP 404)", ERR_NOTFOUND },
	{ "HTTP/1.1 403\n", LIMIT,
	  "access refused by 'h': enough (HTTP 403)", ERR_AUTH },
	{ "HTTP/1.1 503\n", NULL, "'h' can't answer (HTTP 503)", ERR_NET },
	{ "HTTP/1.1 503\n" TEXT, "back at\n  noon\n",
	  "'h' can't answer: back at   noon (HTTP 503)", ERR_NET },
	{ "HTTP/1.1 503\n", "<html>", "'h' can't answer (HTTP 503)", ERR_NET },
	{ "HTTP/1.1 503\nContent-Type: text/html\n", "page",
	  "'h' can't answer (HTTP 503)", ERR_NET },
	{ "HTTP/1.1 503\n", "[1]", "'h' can't answer (HTTP 503)", ERR_NET },
	{ "HTTP/1.1 503\n", "{\"errors\": [3]}", "'h' can't answer (HTTP 503)",
	  ERR_NET },
	{ "HTTP/1.1 429\n", NULL, "too many requests to 'h' (HTTP 429)",
	  ERR_LIMIT },
	{ "HTTP/1.1 429\n" HUB, LIMIT, "too many requests to 'h': enough "
	  "(HTTP 429); 0 of 100 pulls left in 6 h", ERR_LIMIT },
	{ "HTTP/1.1 429\n" HUB "Retry-After: 30\n", LIMIT,
	  "too many requests to 'h': enough (HTTP 429); "
	  "0 of 100 pulls left in 6 h; it asks to wait 30 s", ERR_LIMIT },
	{ "HTTP/1.1 429\nRetry-After: 120\n", NULL,
	  "too many requests to 'h' (HTTP 429); it asks to wait 120 s",
	  ERR_LIMIT },
	{ "HTTP/1.1 429\nRetry-After: 121\n", NULL,
	  "too many requests to 'h' (HTTP 429); it asks to wait 2 min",
	  ERR_LIMIT },
	{ "HTTP/1.1 429\nRetry-After: 99999999999\n", NULL,
	  "too many requests to 'h' (HTTP 429); it asks to wait 24855 days",
	  ERR_LIMIT },
	{ "HTTP/1.1 407\n", NULL, "the proxy to 'h' wants another login, or "
	  "one at all (HTTP 407); https_proxy=http://USER:PASSWORD@HOST:PORT "
	  "gives it", ERR_NET },
	{ "HTTP/1.1 429\n" TEXT, "retry at 12:00\x1b[31m",
	  "too many requests to 'h': retry at 12:00\\x1b[31m (HTTP 429)",
	  ERR_LIMIT },
};

static const struct { const char *fields, *want; } quotas[] = {
	{ "HTTP/1.1 200\n", "" },
	{ "HTTP/1.1 200\nRateLimit-Limit: 100;w=21600\n", "" },
	{ "HTTP/1.1 200\nRateLimit-Limit: 100;w=21600\n"
	  "RateLimit-Remaining: 76;w=21600\n", "76 of 100 pulls left in 6 h" },
	{ "HTTP/1.1 200\nRateLimit-Remaining: 76; w=120\n",
	  "76 pulls left in 2 min" },
	{ "HTTP/1.1 200\nRateLimit-Remaining: 1;w=61\n",
	  "1 pulls left in 61 s" },
	{ "HTTP/1.1 200\nRateLimit-Limit: 60\nRateLimit-Remaining: 5\n",
	  "5 of 60 requests left" },
	{ "HTTP/1.1 200\nRateLimit-Remaining: many\n", "" },
	{ "HTTP/1.1 200\nRateLimit-Remaining: -1\n", "" },
	{ "HTTP/1.1 200\nRateLimit-Remaining: 3;w=x\n", "3 requests left" },
	{ "HTTP/1.1 200\nRateLimit-Remaining: 99999999999999999999\n", "" },
};
// clang-format on

static void read_fields(struct http_head *h, const char *text)
{
	for (size_t n; *text; text += n) {
		n = strcspn(text, "\n") + 1;
		if (http_head_line(h, text, n))
			abort();
	}
}

int main(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
		AUTO(http_response) struct http_response r = { 0 };
		struct err e = { 0 };

		r.url = strdup("https://h/v2/x?secret");
		read_fields(&r.head, refusals[i].fields);
		str_add(&r.body, refusals[i].body ? refusals[i].body : "");
		ok(refusal_err(&r, &e) < 0, "refusal %zu", i);
		is(e.msg, refusals[i].want, "its message");
		is_num(e.kind, refusals[i].kind, "its kind");
	}
	for (size_t i = 0; i < ARRAY_SIZE(quotas); i++) {
		AUTO(http_head) struct http_head h = { 0 };
		AUTO(str) struct str s = { 0 };

		read_fields(&h, quotas[i].fields);
		refusal_quota(&h, &s);
		is(str_text(&s), quotas[i].want, "quota");
	}
	return tap_done();
}
