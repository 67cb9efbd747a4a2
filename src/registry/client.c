/* client.c - the repository of a reference: manifests and small blobs, from the
 * first endpoint that has them.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Requests are those of the distribution specification, "Pulling manifests"
 * and "Pulling blobs".
 */
#include "config.h"

#include "registry/client.h"

#include "base/log.h"
#include "base/mem.h"
#include "format/manifest.h"
#include "format/media.h"
#include "registry/ask.h"
#include "registry/refusal.h"
#include "registry/trust.h"

#include <string.h>
#include <strings.h>

struct client {
	struct client_opts opts; /* with trust */
	struct http *http;
	struct trust *trust;
	struct endpoints list;
	size_t at; /* the endpoint in use */
};

static struct endpoint *current(const struct client *c)
{
	return &c->list.v[c->at];
}

static struct asker asker(struct client *c)
{
	return (struct asker){ .http = c->http,
			       .paths = &c->opts.auth,
			       .at = current(c) };
}

static void set_trust(struct client *c)
{
	AUTO(strlist) struct strlist dirs = { 0 };

	site_certs_dirs(&c->opts.site, &dirs);
	c->trust = c->opts.http.trust = trust_new(&dirs);
	for (size_t i = 0; i < c->list.n; i++) {
		struct endpoint *p = &c->list.v[i];

		p->insecure |= !c->opts.http.tls_verify;
		if (p->insecure)
			trust_allow(c->trust, p->host);
	}
}

struct client *client_open(const struct ref *ref, const struct client_opts *o,
			   struct err *e)
{
	AUTO(client) struct client *c = xcalloc(1, sizeof(*c));
	AUTO(regconf) struct regconf conf = { 0 };

	c->opts = *o;
	if (site_load(&o->site, &conf, e) ||
	    endpoint_list(&conf, ref, o->registry, &c->list, e))
		return NULL;
	set_trust(c);
	c->http = http_new(&c->opts.http, e);
	return c->http ? TAKE(c) : NULL;
}

void client_close(struct client *c)
{
	if (!c)
		return;
	endpoint_clear(&c->list);
	http_free(c->http);
	trust_free(c->trust);
	free(c);
}

const char *client_host(const struct client *c)
{
	return current(c)->host;
}

const struct client_opts *client_options(const struct client *c)
{
	return &c->opts;
}

struct http *client_http(struct client *c)
{
	return c->http;
}

struct auth *client_auth(struct client *c)
{
	struct asker a = asker(c);

	return ask_auth(&a);
}

char *client_blob_url(const struct client *c, const struct digest *digest)
{
	return ask_url(current(c), "blobs", digest->text);
}

int client_settle(struct client *c, struct err *e)
{
	struct asker a = asker(c);

	return ask_settle(&a, e);
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

static bool read_header(const struct http_response *r, struct digest *out)
{
	struct err ignored = { 0 }; /* not a digest: as if not sent */

	return r->head.docker_digest &&
	       !digest_parse(r->head.docker_digest, out, &ignored);
}

/* The header is never believed in place of the bytes, but when they disagree,
 * something on the way is broken. */
static int check_header(const struct http_response *r, struct err *e)
{
	struct digest said;

	return read_header(r, &said)
		       ? check(&said, &r->body, "the registry announced", e)
		       : 0;
}

/* A type that names the other kind of document than this is: whoever believes
 * it sees another image (CVE-2021-41190). Any other type says nothing. */
static int check_type(const struct http_response *r, struct err *e)
{
	const char *type = r->head.content_type ? r->head.content_type : "";
	enum media said = media_of(type), is;
	struct err ignored = { 0 }; /* the caller finds out */

	if (said != MEDIA_INDEX && said != MEDIA_MANIFEST)
		return 0;
	is = manifest_kind(str_text(&r->body), r->body.len, &ignored);
	if (is == said || (is != MEDIA_INDEX && is != MEDIA_MANIFEST))
		return 0;
	return err_set(e, ERR_FORMAT,
		       "not a manifest: Content-Type is '%.*s', but the "
		       "content is %s",
		       (int)strcspn(type, "; \t"), type,
		       is == MEDIA_INDEX ? "an index" : "an image manifest");
}

static void tell_quota(struct client *c, const struct http_head *h)
{
	AUTO(str) struct str text = { 0 };

	refusal_quota(h, &text);
	if (text.len)
		log_info("'%s': %s", client_host(c), text.p);
}

struct wanted { /* a manifest, or its digest alone */
	int (*get)(struct client *c, const struct wanted *w, bool once,
		   struct err *e); /* from the endpoint in use */
	const char *name;
	struct str *body; /* or NULL */
	struct digest *digest;
};

static int get_manifest(struct client *c, const struct wanted *w, bool once,
			struct err *e)
{
	AUTO(http_response) struct http_response r = { 0 };
	struct err ignored = { 0 }; /* not a digest: then it is a tag */
	struct asker a = asker(c);
	struct ask k = { .method = "GET",
			 .kind = "manifests",
			 .name = w->name,
			 .accept = media_accept(),
			 .limit = CLIENT_MANIFEST_MAX,
			 .once = once };
	const char *type;
	char hex[HASH_HEX_MAX];
	int rc;

	if (ask_do(&a, &k, &r, e))
		return -1;
	tell_quota(c, &r.head);
	type = r.head.content_type ? r.head.content_type : "";
	if (!strncasecmp(type, "text/html", 9))
		return err_set(e, ERR_FORMAT,
			       "'%s' sent a web page, not a manifest",
			       client_host(c));
	if (!digest_parse(w->name, w->digest, &ignored)) {
		rc = check(w->digest, &r.body, "expected", e);
	} else {
		rc = check_header(&r, e);
		hash_buffer(HASH_SHA256, str_text(&r.body), r.body.len, hex);
		digest_set(w->digest, HASH_SHA256, hex);
	}
	if (!rc)
		rc = check_type(&r, e);
	if (!rc && w->body)
		str_addn(w->body, str_text(&r.body), r.body.len);
	return rc;
}

/* What registries say that don't serve HEAD. */
static bool refuses_head(int status)
{
	return status == 400 || status == 403 || status == 404 ||
	       status == 405 || status == 501;
}

static int get_digest(struct client *c, const struct wanted *w, bool once,
		      struct err *e)
{
	AUTO(http_response) struct http_response r = { 0 };
	struct err ignored = { 0 }; /* not a digest: then it is a tag */
	struct asker a = asker(c);
	struct ask k = { .method = "HEAD",
			 .kind = "manifests",
			 .name = w->name,
			 .accept = media_accept(),
			 .once = once };
	struct digest want;

	if (ask_do(&a, &k, &r, e)) {
		if (!refuses_head(r.head.status))
			return -1;
		return get_manifest(c, w, once, e);
	}
	tell_quota(c, &r.head);
	if (!read_header(&r, w->digest))
		return get_manifest(c, w, once, e);
	if (!digest_parse(w->name, &want, &ignored) &&
	    strcmp(want.text, w->digest->text) != 0)
		return err_set(e, ERR_DIGEST, "expected %s, got %s", want.text,
			       w->digest->text);
	return 0;
}

/* Is WHY the host's fault, so that another may do better? */
static bool is_theirs(const struct err *why)
{
	return why->kind == ERR_NET || why->kind == ERR_NOTFOUND ||
	       why->kind == ERR_AUTH || why->kind == ERR_DIGEST ||
	       why->kind == ERR_LIMIT || why->kind == ERR_FORMAT;
}

/* The endpoint after I that is another place, or the number of all. */
static size_t next_place(const struct client *c, size_t i)
{
	do
		i++;
	while (i < c->list.n && c->list.v[i].same);
	return i;
}

bool client_fallback(struct client *c, const struct err *why)
{
	size_t next = next_place(c, c->at);
	const char *host = client_host(c);
	bool named = strstr(why->msg, host);

	if (next >= c->list.n || !is_theirs(why))
		return false;
	log_note("%s%s%s%s; asking '%s'", named ? "" : "'", named ? "" : host,
		 named ? "" : "': ", why->msg, c->list.v[next].host);
	c->at = next;
	return true;
}

/* From the endpoint in use; where that has none and goes by
 * another name as well, under that. E is then the one that tells more. */
static int get_here(struct client *c, const struct wanted *w, struct err *e)
{
	bool once = next_place(c, c->at) < c->list.n;
	struct err second = { 0 };

	if (!w->get(c, w, once, e))
		return 0;
	/* Many say "refused" of what does not exist. */
	if ((e->kind != ERR_NOTFOUND && e->kind != ERR_AUTH) ||
	    c->at + 1 >= c->list.n || !c->list.v[c->at + 1].same)
		return -1;
	c->at++;
	current(c)->https = c->list.v[c->at - 1].https;
	current(c)->settled = c->list.v[c->at - 1].settled;
	if (!w->get(c, w, once, &second))
		return 0;
	c->at--;
	if (second.kind != ERR_NOTFOUND &&
	    (second.kind != ERR_AUTH || e->kind == ERR_NOTFOUND))
		*e = second;
	return -1;
}

/* From the endpoint in use, or the first after it that has it. */
static int get_anywhere(struct client *c, const struct wanted *w, struct err *e)
{
	size_t before = c->at;

	for (;;) {
		if (!get_here(c, w, e)) {
			if (c->list.n > 1)
				log_info("'%s' has '%s' in repository '%s'",
					 client_host(c), w->name,
					 current(c)->repo);
			return 0;
		}
		if (client_fallback(c, e))
			continue;
		c->at = before;
		return -1;
	}
}

int client_manifest(struct client *c, const char *want, struct str *body,
		    struct digest *digest, struct err *e)
{
	struct wanted w = { .get = get_manifest,
			    .name = want,
			    .body = body,
			    .digest = digest };

	return get_anywhere(c, &w, e);
}

int client_digest(struct client *c, const char *want, struct digest *out,
		  struct err *e)
{
	struct wanted w = { .get = get_digest, .name = want, .digest = out };

	return get_anywhere(c, &w, e);
}

static int get_blob(struct client *c, const struct digest *digest,
		    uint64_t size, struct str *body, struct err *e)
{
	AUTO(http_response) struct http_response r = { 0 };
	struct asker a = asker(c);
	struct ask k = { .method = "GET",
			 .kind = "blobs",
			 .name = digest->text,
			 .accept = "*/*",
			 .limit = size };

	if (ask_do(&a, &k, &r, e)) {
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

int client_blob(struct client *c, const struct digest *digest, uint64_t size,
		struct str *body, struct err *e)
{
	if (size > CLIENT_MANIFEST_MAX)
		return err_set(e, ERR_LIMIT,
			       "blob %s is %llu bytes long, more than %u",
			       digest->text, (unsigned long long)size,
			       CLIENT_MANIFEST_MAX);
	while (get_blob(c, digest, size, body, e))
		if (!client_fallback(c, e))
			return -1;
	return 0;
}
