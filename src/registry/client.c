/* client.c - one repository of one registry: manifests and small blobs.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Requests are those of the distribution specification, "Pulling manifests"
 * and "Pulling blobs".
 */
#include "config.h"

#include "registry/client.h"

#include "base/log.h"
#include "base/mem.h"
#include "format/media.h"
#include "registry/refusal.h"

#include <string.h>
#include <strings.h>

#define HUB_HOST "docker.io"
#define HUB_API "registry-1.docker.io" /* what answers for docker.io */

struct client {
	const struct client_opts *opts;
	struct http *http;
	struct auth *auth; /* made when first needed */
	char *host;        /* asked */
	char *cred_host;   /* credentials are stored under it */
	char *repo;        /* with the prefix */
	char *other_repo;  /* to try if `repo` has no such manifest, or NULL */
	bool https;
	bool settled; /* that `https` is right */
};

/* Split the option HOST[:PORT][/PREFIX]. */
static int use_mirror(struct client *c, const struct ref *ref,
		      const char *registry, struct err *e)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789"
				      "._-/";
	size_t n = strcspn(registry, "/");
	autostr char *host = xstrndup(registry, n);
	const char *prefix = registry + n + (registry[n] == '/');
	size_t len = strlen(prefix);
	const char *slash;

	c->host = ref_read_host(host, e);
	if (!c->host)
		return -1;
	while (len && prefix[len - 1] == '/')
		len--;
	if (strspn(prefix, allowed) < len || strstr(prefix, "..") ||
	    prefix[0] == '/')
		return err_set(e, ERR_USAGE,
			       "registry '%s': not a repository prefix: '%s'",
			       registry, prefix);
	slash = len ? "/" : "";
	c->repo = str_fmt("%.*s%s%s", (int)len, prefix, slash, ref->repo);
	if (str_starts(ref->repo, "library/"))
		c->other_repo = str_fmt("%.*s%s%s", (int)len, prefix, slash,
					ref->repo + strlen("library/"));
	return 0;
}

static char *base_url(const struct client *c)
{
	return str_fmt("%s://%s", c->https ? "https" : "http", c->host);
}

struct client *client_open(const struct ref *ref, const struct client_opts *o,
			   struct err *e)
{
	AUTO(client) struct client *c = xcalloc(1, sizeof(*c));
	autostr char *url = NULL;

	c->opts = o;
	c->https = true;
	if (o->registry && !ref->host_given) {
		if (use_mirror(c, ref, o->registry, e))
			return NULL;
	} else {
		c->host = xstrdup(ref->host);
		c->repo = xstrdup(ref->repo);
	}
	c->cred_host = xstrdup(c->host);
	if (!strcmp(c->host, HUB_HOST)) {
		free(c->host);
		c->host = xstrdup(HUB_API);
	}
	url = base_url(c);
	if (!http_url_ok(url)) {
		err_set(e, ERR_USAGE, "not the name of a host: '%s'", c->host);
		return NULL;
	}
	c->https = !http_is_loopback(url);
	c->http = http_new(&o->http, e);
	if (!c->http)
		return NULL;
	return TAKE(c);
}

void client_close(struct client *c)
{
	if (!c)
		return;
	auth_free(c->auth);
	http_free(c->http);
	free(c->host);
	free(c->cred_host);
	free(c->repo);
	free(c->other_repo);
	free(c);
}

const char *client_host(const struct client *c)
{
	return c->host;
}

const struct client_opts *client_options(const struct client *c)
{
	return c->opts;
}

struct http *client_http(struct client *c)
{
	return c->http;
}

bool client_fallback(struct client *c, const struct err *why)
{
	(void)c;
	(void)why;
	return false; /* there is one place only */
}

struct auth *client_auth(struct client *c)
{
	autostr char *base = base_url(c);

	if (!c->auth)
		c->auth = auth_new(c->http, c->cred_host, c->repo, base,
				   &c->opts->auth);
	return c->auth;
}

static char *make_url(const struct client *c, const char *kind,
		      const char *name)
{
	return str_fmt("%s://%s/v2/%s/%s/%s", c->https ? "https" : "http",
		       c->host, c->repo, kind, name);
}

char *client_blob_url(const struct client *c, const struct digest *digest)
{
	return make_url(c, "blobs", digest->text);
}

struct ask {              /* what is wanted from the repository */
	const char *kind; /* "manifests", "blobs"; NULL: nothing, just ask */
	const char *name;
	const char *accept;
	size_t limit;
};

static int request(struct client *c, const struct ask *k, bool probe,
		   struct http_response *r, struct err *e)
{
	autostr char *base = base_url(c);
	autostr char *url = k->kind ? make_url(c, k->kind, k->name)
				    : str_fmt("%s/v2/", base);
	struct http_request q = {
		.method = "GET",
		.url = url,
		.accept = k->accept,
		.authorization = c->auth ? auth_field(c->auth) : NULL,
		.limit = k->limit,
		.probe = probe,
	};

	return http_do(c->http, &q, r, e);
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
static bool may_be_other(const struct client *c, const struct http_response *r)
{
	if (c->https)
		return !c->opts->http.tls_verify &&
		       r->curl != CURLE_COULDNT_RESOLVE_HOST;
	return r->curl == CURLE_WEIRD_SERVER_REPLY ||
	       r->curl == CURLE_UNSUPPORTED_PROTOCOL ||
	       r->curl == CURLE_GOT_NOTHING || r->curl == CURLE_RECV_ERROR;
}

/* Probe; the scheme tried first has the benefit of the doubt: when the other
 * fails too, the first is tried as often as the options say, and the error is
 * of that. */
static int settle_by_probe(struct client *c, const struct ask *k,
			   struct http_response *r, struct err *e)
{
	struct err other = { 0 };
	int rc = request(c, k, true, r, e);

	if (rc && (e->kind != ERR_NET || r->curl == CURLE_OK))
		return -1;
	if (!rc && (c->https || !says_use_tls(r)))
		return 0;
	if (!rc) {
		c->https = true;
		return request(c, k, false, r, e);
	}
	if (may_be_other(c, r)) {
		c->https = !c->https;
		rc = request(c, k, true, r, &other);
		if (!rc && (c->https || !says_use_tls(r)))
			return 0;
		if (rc &&
		    (r->curl == CURLE_OK || http_code_untrusted(r->curl) ||
		     r->curl == CURLE_SSL_CACERT_BADFILE)) {
			*e = other; /* the scheme is right, no more */
			return -1;
		}
		c->https = !c->https;
	}
	return request(c, k, false, r, e);
}

/* The first request, which finds out the scheme. */
static int settle(struct client *c, const struct ask *k,
		  struct http_response *r, struct err *e)
{
	int rc;

	if (c->https && c->opts->http.tls_verify)
		rc = request(c, k, false, r, e);
	else
		rc = settle_by_probe(c, k, r, e);
	c->settled = !rc;
	if (!rc && !c->https)
		log_info("'%s' is asked over plain HTTP", c->host);
	return rc;
}

int client_settle(struct client *c, struct err *e)
{
	AUTO(http_response) struct http_response r = { 0 };
	struct ask k = { .limit = HTTP_REFUSAL_MAX };

	return c->settled ? 0 : settle(c, &k, &r, e);
}

/* Ask until there is a 200: whatever auth can do is done. */
static int ask(struct client *c, const struct ask *k, struct http_response *r,
	       struct err *e)
{
	for (;;) {
		int rc = c->settled ? request(c, k, false, r, e)
				    : settle(c, k, r, e);

		if (rc)
			return -1;
		if (r->head.status == 200)
			break;
		if (!auth_may_help(client_auth(c), r->head.status))
			return refusal_err(r, e);
		if (auth_step(client_auth(c), r, e))
			return -1;
	}
	auth_worked(client_auth(c));
	return 0;
}

/* Does BODY have the digest WANT? WHOSE claims so. */
static int check(const struct digest *want, const struct str *body,
		 const char *whose, struct err *e)
{
	char hex[HASH_HEX_MAX];

	hash_buffer(want->algo, str_text(body), body->len, hex);
	if (!strcmp(hex, digest_hex(want)))
		return 0;
	return err_set(e, ERR_DIGEST, "%s %s, got %s:%s", whose, want->text,
		       digest_algo(want), hex);
}

/* The header is never believed in place of the bytes, but when they disagree,
 * something on the way is broken. */
static int check_header(const struct http_response *r, struct err *e)
{
	struct err ignored = { 0 }; /* not a digest: as if not sent */
	struct digest said;

	if (!r->head.docker_digest ||
	    digest_parse(r->head.docker_digest, &said, &ignored))
		return 0;
	return check(&said, &r->body, "the registry announced", e);
}

static int manifest(struct client *c, const char *want, struct str *body,
		    struct digest *digest, struct err *e)
{
	AUTO(http_response) struct http_response r = { 0 };
	struct err ignored = { 0 }; /* not a digest: then it is a tag */
	struct ask k = { .kind = "manifests",
			 .name = want,
			 .accept = media_accept(),
			 .limit = CLIENT_MANIFEST_MAX };
	const char *type;
	char hex[HASH_HEX_MAX];
	int rc;

	if (ask(c, &k, &r, e))
		return -1;
	type = r.head.content_type ? r.head.content_type : "";
	if (!strncasecmp(type, "text/html", 9))
		return err_set(e, ERR_FORMAT,
			       "'%s' sent a web page, not a manifest", c->host);
	if (!digest_parse(want, digest, &ignored)) {
		rc = check(digest, &r.body, "expected", e);
	} else {
		rc = check_header(&r, e);
		hash_buffer(HASH_SHA256, str_text(&r.body), r.body.len, hex);
		digest_set(digest, HASH_SHA256, hex);
	}
	if (!rc)
		str_addn(body, str_text(&r.body), r.body.len);
	return rc;
}

/* REPO in place of the one in use; a token was for that one only. */
static void change_repo(struct client *c, char *repo)
{
	auth_free(TAKE(c->auth));
	free(c->repo);
	c->repo = repo;
}

int client_manifest(struct client *c, const char *want, struct str *body,
		    struct digest *digest, struct err *e)
{
	struct err second = { 0 };
	autostr char *repo = NULL;

	if (!manifest(c, want, body, digest, e)) {
		free(TAKE(c->other_repo));
		return 0;
	}
	/* Many say "refused" of what does not exist. */
	if ((e->kind != ERR_NOTFOUND && e->kind != ERR_AUTH) || !c->other_repo)
		return -1;
	repo = xstrdup(c->repo);
	change_repo(c, TAKE(c->other_repo));
	if (!manifest(c, want, body, digest, &second))
		return 0;
	if (second.kind != ERR_NOTFOUND &&
	    (second.kind != ERR_AUTH || e->kind == ERR_NOTFOUND))
		*e = second;
	change_repo(c, TAKE(repo));
	return -1;
}

int client_blob(struct client *c, const struct digest *digest, uint64_t size,
		struct str *body, struct err *e)
{
	AUTO(http_response) struct http_response r = { 0 };
	struct ask k = { .kind = "blobs",
			 .name = digest->text,
			 .accept = "*/*",
			 .limit = size };

	if (size > CLIENT_MANIFEST_MAX)
		return err_set(e, ERR_LIMIT,
			       "blob %s is %llu bytes long, more than %u",
			       digest->text, (unsigned long long)size,
			       CLIENT_MANIFEST_MAX);
	if (ask(c, &k, &r, e)) {
		if (e->kind == ERR_LIMIT && r.head.status == 200)
			return err_set(e, ERR_DIGEST,
				       "blob %s: expected %llu bytes, got more",
				       digest->text, (unsigned long long)size);
		return err_ctx(e, "blob %s", digest->text);
	}
	if (r.body.len != size)
		return err_set(
			e, ERR_DIGEST, "blob %s: expected %llu bytes, got %zu",
			digest->text, (unsigned long long)size, r.body.len);
	if (check(digest, &r.body, "expected", e))
		return err_ctx(e, "blob");
	str_addn(body, str_text(&r.body), r.body.len);
	return 0;
}
