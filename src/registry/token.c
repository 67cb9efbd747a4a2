/* token.c - a Bearer token from the realm that a registry names.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "registry/token.h"

#include "base/mem.h"
#include "format/json.h"
#include "registry/cred.h"

#include <string.h>

static void wipe_text(char *s)
{
	explicit_bzero(s, strlen(s));
	free(s);
}
AUTO_DEFINE_PTR(secret_text, char, wipe_text)

static void add_base64(struct str *s, const char *text, size_t n)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *p = (const void *)text;

	for (size_t i = 0; i < n; i += 3) {
		unsigned v = (unsigned)p[i] << 16;

		v |= i + 1 < n ? (unsigned)p[i + 1] << 8 : 0;
		v |= i + 2 < n ? p[i + 2] : 0;
		str_addc(s, digits[v >> 18]);
		str_addc(s, digits[v >> 12 & 63]);
		str_addc(s, i + 1 < n ? digits[v >> 6 & 63] : '=');
		str_addc(s, i + 2 < n ? digits[v & 63] : '=');
	}
}

/* "&NAME=VALUE", percent-encoded (RFC 3986, 2.1). */
static void add_param(struct str *s, const char *name, const char *value)
{
	str_addf(s, "%s%s=", s->len ? "&" : "", name);
	for (const unsigned char *p = (const void *)value; *p; p++) {
		bool plain = (*p >= '0' && *p <= '9') ||
			     (*p >= 'A' && *p <= 'Z') ||
			     (*p >= 'a' && *p <= 'z') || strchr("-._~", *p);

		if (plain)
			str_addc(s, (char)*p);
		else
			str_addf(s, "%%%02X", *p);
	}
}

char *token_basic(const struct credential *c, struct err *e)
{
	AUTO(secret_text) char *pair = NULL;
	AUTO(str) struct str field = { 0 };

	if (strchr(c->user, ':')) {
		err_set(e, ERR_AUTH, "the user name has a colon");
		return NULL;
	}
	pair = str_fmt("%s:%s", c->user, c->password ? c->password : "");
	str_add(&field, "Basic ");
	add_base64(&field, pair, strlen(pair));
	return str_take(&field);
}

/* Who may be asked for a token, and who may see a credential (see token.h). A
 * hostile registry could otherwise make us ask services of this machine. */
static int check_realm(const struct token_ask *ask, struct err *e)
{
	const char *realm = ask->challenge->realm;
	autostr char *registry = http_host(ask->base);
	autostr char *host = http_host(realm);
	bool here = http_is_loopback(ask->base);

	if (!http_url_ok(realm) || strchr(realm, '#'))
		return err_set(e, ERR_FORMAT,
			       "'%s' names a token server that is not an "
			       "https URL: '%.*s'",
			       registry,
			       strchr(realm, '@') ? (int)strcspn(realm, ":")
						  : 100,
			       realm);
	if (!here && http_is_local(realm))
		return err_set(e, ERR_FORMAT,
			       "'%s' names a local address as its token "
			       "server: '%s'",
			       registry, host);
	if (http_is_https(realm) || (here && http_is_loopback(realm)))
		return 0;
	if (http_is_https(ask->base) || !http_same_host(ask->base, realm))
		return err_set(e, ERR_FORMAT,
			       "the token server '%s' of '%s' is not https",
			       host, registry);
	if (ask->cred)
		return err_set(e, ERR_AUTH,
			       "credentials are not sent over plain HTTP to "
			       "the token server '%s'",
			       host);
	return 0;
}

/* Service and scopes; each scope is a parameter of its own. */
static void add_query(const struct token_ask *ask, struct str *s)
{
	const struct challenge *c = ask->challenge;
	AUTO(strlist) struct strlist scopes = { 0 };

	if (c->service)
		add_param(s, "service", c->service);
	if (c->scope)
		strlist_split(&scopes, c->scope, ' ', false);
	if (!scopes.n)
		strlist_addf(&scopes, "repository:%s:pull", ask->repo);
	for (size_t i = 0; i < scopes.n; i++)
		add_param(s, "scope", scopes.v[i]);
}

/* GET with Basic or nothing; POST for an identity token, which is a refresh
 * token of OAuth 2.0. A POST is not redirected, so the secret stays here. */
static int request(const struct token_ask *ask, struct http_response *r,
		   struct err *e)
{
	const char *realm = ask->challenge->realm;
	const struct credential *cred = ask->cred;
	AUTO(secret_text) char *basic = NULL;
	AUTO(secret) struct str query = { 0 };
	autostr char *url = NULL;
	struct http_request q = { .method = "GET",
				  .accept = "application/json",
				  .limit = TOKEN_ANSWER_MAX };

	add_query(ask, &query);
	if (cred && cred->identity) {
		add_param(&query, "grant_type", "refresh_token");
		add_param(&query, "client_id", "chassis");
		add_param(&query, "refresh_token", cred->identity);
		q.method = "POST";
		q.url = realm;
		q.body = str_text(&query);
		return http_do(ask->http, &q, r, e);
	}
	if (cred) {
		basic = token_basic(cred, e);
		if (!basic)
			return -1;
		q.authorization = basic;
	}
	url = str_fmt("%s%c%s", realm, strchr(realm, '?') ? '&' : '?', query.p);
	q.url = url;
	return http_do(ask->http, &q, r, e);
}

/* The token goes into a header field: nothing but visible ASCII. */
static bool is_token(const char *t)
{
	size_t n = strlen(t);

	for (size_t i = 0; i < n; i++)
		if (t[i] <= ' ' || t[i] >= 0x7f)
			return false;
	return n > 0 && n <= TOKEN_MAX;
}

static char *parse(const struct http_response *r, struct err *e)
{
	AUTO(json) json_t *j = NULL;
	const char *token = NULL, *access = NULL;

	j = json_parse_secret("answer", r->body.p, r->body.len, e);
	if (!j || json_opt_str(j, "", "token", &token, e) ||
	    json_opt_str(j, "", "access_token", &access, e))
		return NULL;
	if (!token || !*token)
		token = access;
	if (!token) {
		err_set(e, ERR_FORMAT, "no token in the answer");
		return NULL;
	}
	if (!is_token(token)) {
		err_set(e, ERR_FORMAT,
			"the token is empty, longer than %u bytes or not "
			"printable ASCII",
			TOKEN_MAX);
		return NULL;
	}
	return xstrdup(token);
}

char *token_get(const struct token_ask *ask, struct err *e)
{
	autostr char *host = http_host(ask->challenge->realm);
	AUTO(http_response) struct http_response r = { 0 };
	char *token = NULL;
	int status;

	if (check_realm(ask, e))
		return NULL;
	if (request(ask, &r, e)) {
		err_ctx(e, "token server");
		return NULL;
	}
	status = r.head.status;
	if (status == 200)
		token = parse(&r, e);
	else if (ask->cred && (status == 400 || status == 401 || status == 403))
		err_set(e, ERR_AUTH, "credentials refused (HTTP %d)", status);
	else
		err_http(e, status, "no token");
	if (!token)
		err_ctx(e, "token server '%s'", host);
	return token;
}
