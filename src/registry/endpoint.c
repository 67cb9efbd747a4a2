/* endpoint.c - the places that are asked for a reference, in order.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "registry/endpoint.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "registry/auth.h"
#include "registry/http.h"

#include <string.h>

#define HUB_HOST "docker.io"
#define HUB_API "registry-1.docker.io" /* what answers for docker.io */
#define LIBRARY "library/"

struct list { /* while it is made */
	const struct regconf *conf;
	struct endpoints *out;
	struct err *e;
};

char *endpoint_url(const struct endpoint *p)
{
	return str_fmt("%s://%s", p->https ? "https" : "http", p->host);
}

/* The new last endpoint, or NULL. Takes HOST and REPO. */
static struct endpoint *add(struct list *l, char *host, char *repo,
			    bool insecure)
{
	struct endpoints *out = l->out;
	struct endpoint *p;
	autostr char *url = NULL;

	out->v = mem_grow(out->v, &out->cap, out->n + 1, sizeof(*out->v));
	p = &out->v[out->n++];
	*p = (struct endpoint){
		.host = xstrdup(strcmp(host, HUB_HOST) ? host : HUB_API),
		.cred_host = host,
		.repo = repo,
		.insecure = insecure,
		.https = true,
	};
	url = endpoint_url(p);
	p->https = !http_is_loopback(url);
	if (out->n > ENDPOINTS_MAX)
		err_set(l->e, ERR_LIMIT, "more than %d places to ask",
			ENDPOINTS_MAX);
	else if (!http_url_ok(url))
		err_set(l->e, ERR_USAGE, "not the name of a host: '%s'",
			p->host);
	else
		return p;
	return NULL;
}

static int blocked(const struct list *l, const struct regconf_registry *r)
{
	return err_set(l->e, ERR_AUTH, "'%s' is blocked by %s", r->prefix,
		       r->where);
}

/* What HOST/REPO is called under LOCATION. */
static int add_place(struct list *l, const struct regconf_registry *r,
		     const struct ref *ref, const char *location, bool insecure)
{
	char *host, *repo;

	if (regconf_rewrite(r, ref, location, &host, &repo, l->e))
		return -1;
	return add(l, host, repo, insecure) ? 0 : -1;
}

/* The mirrors for REF, then its location. */
static int add_name(struct list *l, const struct ref *ref)
{
	const struct regconf_registry *r = regconf_find(l->conf, ref);
	enum regconf_when not_for =
		*ref->digest.text ? REGCONF_TAG_ONLY : REGCONF_DIGEST_ONLY;

	if (!r)
		return add(l, xstrdup(ref->host), xstrdup(ref->repo), false)
			       ? 0
			       : -1;
	if (r->blocked)
		return blocked(l, r);
	for (size_t i = 0; i < r->n_mirrors; i++) {
		const struct regconf_mirror *m = &r->mirrors[i];

		if (m->when != not_for &&
		    add_place(l, r, ref, m->location, m->insecure))
			return -1;
	}
	return add_place(l, r, ref, r->location, r->insecure);
}

/* REF as HOST/REPO. The caller clears OUT. */
static void rename_ref(const struct ref *ref, const char *host,
		       const char *repo, struct ref *out)
{
	*out = (struct ref){
		.host = xstrdup(host),
		.repo = xstrdup(repo),
		.tag = ref->tag ? xstrdup(ref->tag) : NULL,
		.digest = ref->digest,
	};
}

static const char *without_library(const char *repo)
{
	return str_starts(repo, LIBRARY) ? repo + strlen(LIBRARY) : repo;
}

static int add_alias(struct list *l, const struct regconf_alias *a,
		     const struct ref *ref)
{
	AUTO(ref) struct ref target = { 0 };
	AUTO(ref) struct ref name = { 0 };

	if (ref_parse(a->target, &target, l->e)) {
		l->e->kind = ERR_FORMAT;
		return err_ctx(l->e, "%s", a->where);
	}
	if (!target.host_given)
		return err_set(l->e, ERR_FORMAT, "%s: '%s' names no host",
			       a->where, a->target);
	rename_ref(ref, target.host, target.repo, &name);
	if (strcmp(name.host, ref->host) || strcmp(name.repo, ref->repo))
		log_note("'%s' is taken for '%s', as %s has it", a->name,
			 a->target, a->where);
	return add_name(l, &name);
}

/* A registry that is blocked is passed over if others are left. */
static int add_search(struct list *l, const struct ref *ref)
{
	for (size_t i = 0; i < l->conf->search.n; i++) {
		const char *host = l->conf->search.v[i];
		bool is_hub = !strcmp(host, HUB_HOST);
		AUTO(ref) struct ref name = { 0 };

		rename_ref(ref, host,
			   is_hub ? ref->repo : without_library(ref->repo),
			   &name);
		if (!add_name(l, &name))
			continue;
		if (l->e->kind != ERR_AUTH)
			return -1;
		log_info("%s", l->e->msg);
	}
	return l->out->n ? 0 : -1;
}

/* An endpoint of the option --registry, PREFIX/NAME there. */
static int add_fixed(struct list *l, const char *host, const char *prefix,
		     const char *name, const struct ref *ref)
{
	const struct regconf_registry *r;
	AUTO(ref) struct ref full = { 0 };
	autostr char *repo =
		str_fmt("%s%s%s", prefix, *prefix ? "/" : "", name);
	struct endpoint *p;

	rename_ref(ref, host, repo, &full);
	r = regconf_find(l->conf, &full);
	if (r && r->blocked)
		return blocked(l, r);
	p = add(l, xstrdup(host), TAKE(repo), r && r->insecure);
	if (!p)
		return -1;
	p->same = l->out->n > 1;
	return 0;
}

/* Split the option HOST[:PORT][/PREFIX]. */
static int add_registry(struct list *l, const char *registry,
			const struct ref *ref)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789"
				      "._-/";
	size_t n = strcspn(registry, "/");
	autostr char *text = xstrndup(registry, n);
	const char *prefix = registry + n + (registry[n] == '/');
	size_t len = strlen(prefix);
	autostr char *host = ref_read_host(text, l->e);
	autostr char *plain = NULL;
	const char *name = without_library(ref->repo);

	if (!host)
		return err_ctx(l->e, "registry");
	while (len && prefix[len - 1] == '/')
		len--;
	if (strspn(prefix, allowed) < len || strstr(prefix, "..") ||
	    prefix[0] == '/')
		return err_set(l->e, ERR_USAGE,
			       "registry '%s': not a repository prefix: '%s'",
			       registry, prefix);
	plain = xstrndup(prefix, len);
	if (add_fixed(l, host, plain, ref->repo, ref))
		return -1;
	return name == ref->repo ? 0 : add_fixed(l, host, plain, name, ref);
}

int endpoint_list(const struct regconf *c, const struct ref *ref,
		  const char *registry, struct endpoints *out, struct err *e)
{
	struct list l = { .conf = c, .out = out, .e = e };
	const struct regconf_alias *alias;

	if (ref->host_given)
		return add_name(&l, ref);
	if (registry)
		return add_registry(&l, registry, ref);
	alias = regconf_alias(c, ref);
	if (alias)
		return add_alias(&l, alias, ref);
	return c->search.n ? add_search(&l, ref) : add_name(&l, ref);
}

void endpoint_clear(struct endpoints *l)
{
	for (size_t i = 0; i < l->n; i++) {
		auth_free(l->v[i].auth);
		free(l->v[i].host);
		free(l->v[i].cred_host);
		free(l->v[i].repo);
	}
	free(l->v);
	*l = (struct endpoints){ 0 };
}
