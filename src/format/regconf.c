/* regconf.c - which places stand behind the name of an image.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "format/regconf.h"

#include "base/mem.h"
#include "base/str.h"
#include "format/toml.h"

#include <string.h>

#define LOWER "abcdefghijklmnopqrstuvwxyz0123456789"
#define PATH_CHARS LOWER "._-/"
#define LIBRARY "library/"

/* Where what is read stands. */
struct source {
	const char *name;
	struct err *e;
};

static int fail(const struct source *s, const struct toml *t, const char *what)
{
	return err_set(s->e, ERR_FORMAT, "%s:%d: '%s': %s", s->name, t->line,
		       t->key ? t->key : "item", what);
}

/* The member KEY of TABLE in FOUND, which is NULL if there is none. */
static int get(const struct source *s, const struct toml *table,
	       const char *key, enum toml_type type, const struct toml **found)
{
	*found = toml_get(table, key);
	if (!*found || (*found)->type == type)
		return 0;
	return err_set(s->e, ERR_FORMAT, "%s:%d: '%s': expected %s, found %s",
		       s->name, (*found)->line, key, toml_type_text(type),
		       toml_type_text((*found)->type));
}

static int get_bool(const struct source *s, const struct toml *table,
		    const char *key, bool *out)
{
	const struct toml *t;

	if (get(s, table, key, TOML_BOOL, &t))
		return -1;
	*out = t && t->number;
	return 0;
}

/* PATH behind a host, as written in a prefix or a location: nothing that would
 * lead elsewhere in a URL. */
static bool is_path(const char *path, size_t n)
{
	return strspn(path, PATH_CHARS) >= n && path[0] != '/' &&
	       !strstr(path, "//") && !strstr(path, "..");
}

/* HOST[:PORT][/PATH] in its one form, with a tag or digest behind it if
 * MAY_END; NULL with E set. */
static char *read_place(const struct source *s, const struct toml *t,
			bool may_end)
{
	size_t n = strcspn(t->text, "/");
	autostr char *host = xstrndup(t->text, n);
	const char *path = t->text[n] ? t->text + n + 1 : "";
	size_t len = strcspn(path, may_end ? ":@" : "");
	autostr char *plain = ref_read_host(host, s->e);

	if (!plain) {
		s->e->kind = ERR_FORMAT;
		err_ctx(s->e, "%s:%d", s->name, t->line);
		return NULL;
	}
	if (!is_path(path, len)) {
		fail(s, t, "expected HOST[:PORT][/PATH] in lower case");
		return NULL;
	}
	if (!path[len])
		while (len && path[len - 1] == '/')
			len--;
	else
		len = strlen(path);
	return str_fmt("%s%s%.*s", plain, len ? "/" : "", (int)len, path);
}

static bool is_wild(const char *prefix)
{
	return str_starts(prefix, "*.");
}

/* "*.HOST" */
static char *read_wild(const struct source *s, const struct toml *t)
{
	const char *rest = t->text + strlen("*.");
	autostr char *host = NULL;

	if (strpbrk(rest, "/:@*")) {
		fail(s, t, "expected nothing but a host behind '*.'");
		return NULL;
	}
	host = ref_read_host(rest, s->e);
	if (host)
		return str_fmt("*.%s", host);
	s->e->kind = ERR_FORMAT;
	err_ctx(s->e, "%s:%d", s->name, t->line);
	return NULL;
}

static int get_when(const struct source *s, const struct toml *table,
		    bool digest_only, enum regconf_when *out)
{
	static const char *const words[] = {
		[REGCONF_ALL] = "all",
		[REGCONF_DIGEST_ONLY] = "digest-only",
		[REGCONF_TAG_ONLY] = "tag-only",
	};
	const struct toml *t;

	*out = digest_only ? REGCONF_DIGEST_ONLY : REGCONF_ALL;
	if (get(s, table, "pull-from-mirror", TOML_STRING, &t))
		return -1;
	if (!t || !*t->text)
		return 0;
	if (digest_only)
		return fail(s, t, "not together with 'mirror-by-digest-only'");
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcmp(t->text, words[i]))
			continue;
		*out = (enum regconf_when)i;
		return 0;
	}
	return fail(s, t, "expected 'all', 'digest-only' or 'tag-only'");
}

static int read_mirror(const struct source *s, const struct toml *table,
		       bool digest_only, struct regconf_registry *r)
{
	struct regconf_mirror *m = &r->mirrors[r->n_mirrors];
	const struct toml *t;

	if (table->type != TOML_TABLE)
		return fail(s, table, "expected [[registry.mirror]] tables");
	if (get(s, table, "location", TOML_STRING, &t))
		return -1;
	if (!t)
		return err_set(s->e, ERR_FORMAT,
			       "%s:%d: a mirror without 'location'", s->name,
			       table->line);
	m->location = read_place(s, t, false);
	if (!m->location)
		return -1;
	r->n_mirrors++;
	if (get_bool(s, table, "insecure", &m->insecure))
		return -1;
	return get_when(s, table, digest_only, &m->when);
}

static int read_mirrors(const struct source *s, const struct toml *table,
			struct regconf_registry *r)
{
	const struct toml *list;
	bool digest_only;

	if (get_bool(s, table, "mirror-by-digest-only", &digest_only) ||
	    get(s, table, "mirror", TOML_ARRAY, &list))
		return -1;
	if (!list)
		return 0;
	r->mirrors = xcalloc(list->n, sizeof(*r->mirrors));
	for (size_t i = 0; i < list->n; i++)
		if (read_mirror(s, list->v[i], digest_only, r))
			return -1;
	return 0;
}

static int read_names(const struct source *s, const struct toml *table,
		      struct regconf_registry *r)
{
	const struct toml *prefix, *location;

	if (get(s, table, "prefix", TOML_STRING, &prefix) ||
	    get(s, table, "location", TOML_STRING, &location))
		return -1;
	if (location && *location->text) {
		r->location = read_place(s, location, false);
		if (!r->location)
			return -1;
	}
	if (prefix && *prefix->text)
		r->prefix = is_wild(prefix->text) ? read_wild(s, prefix)
						  : read_place(s, prefix, true);
	else if (r->location)
		r->prefix = xstrdup(r->location);
	else
		return err_set(s->e, ERR_FORMAT,
			       "%s:%d: a registry without 'prefix' and "
			       "'location'",
			       s->name, table->line);
	return r->prefix ? 0 : -1;
}

static void registry_clear(struct regconf_registry *r)
{
	for (size_t i = 0; i < r->n_mirrors; i++)
		free(r->mirrors[i].location);
	free(r->mirrors);
	free(r->prefix);
	free(r->location);
	free(r->where);
	*r = (struct regconf_registry){ 0 };
}
AUTO_DEFINE(registry, struct regconf_registry, registry_clear)

/* The place for a registry with PREFIX: its predecessor's, or a new one. */
static struct regconf_registry *place(struct regconf *c, const char *prefix)
{
	for (size_t i = 0; i < c->n; i++)
		if (!strcmp(c->v[i].prefix, prefix))
			return &c->v[i];
	c->v = mem_grow(c->v, &c->cap, c->n + 1, sizeof(*c->v));
	c->v[c->n] = (struct regconf_registry){ 0 };
	return &c->v[c->n++];
}

static int add_registry(struct regconf *c, const struct source *s,
			const struct toml *table)
{
	AUTO(registry) struct regconf_registry r = { 0 };
	struct regconf_registry *to;

	if (table->type != TOML_TABLE)
		return fail(s, table, "expected [[registry]] tables");
	if (read_names(s, table, &r) ||
	    get_bool(s, table, "insecure", &r.insecure) ||
	    get_bool(s, table, "blocked", &r.blocked) ||
	    read_mirrors(s, table, &r))
		return -1;
	r.where = str_fmt("%s:%d", s->name, table->line);
	to = place(c, r.prefix);
	registry_clear(to);
	*to = r;
	r = (struct regconf_registry){ 0 };
	return 0;
}

static int add_registries(struct regconf *c, const struct source *s,
			  const struct toml *root)
{
	const struct toml *list;

	if (get(s, root, "registry", TOML_ARRAY, &list))
		return -1;
	for (size_t i = 0; list && i < list->n; i++)
		if (add_registry(c, s, list->v[i]))
			return -1;
	return 0;
}

static int add_search(struct regconf *c, const struct source *s,
		      const struct toml *root)
{
	const struct toml *list;

	if (get(s, root, "unqualified-search-registries", TOML_ARRAY, &list))
		return -1;
	if (!list)
		return 0;
	strlist_clear(&c->search);
	for (size_t i = 0; i < list->n; i++) {
		char *host;

		if (list->v[i]->type != TOML_STRING)
			return fail(s, list->v[i], "expected a string");
		host = ref_read_host(list->v[i]->text, s->e);
		if (!host) {
			s->e->kind = ERR_FORMAT;
			return err_ctx(s->e, "%s:%d", s->name,
				       list->v[i]->line);
		}
		strlist_give(&c->search, host);
	}
	return 0;
}

static void alias_clear(struct regconf_alias *a)
{
	free(a->name);
	free(a->target);
	free(a->where);
}

static int add_aliases(struct regconf *c, const struct source *s,
		       const struct toml *root)
{
	const struct toml *table;

	if (get(s, root, "aliases", TOML_TABLE, &table))
		return -1;
	for (size_t i = 0; table && i < table->n; i++) {
		const struct toml *t = table->v[i];

		if (t->type != TOML_STRING)
			return fail(s, t, "expected a string");
		c->aliases = mem_grow(c->aliases, &c->aliases_cap,
				      c->n_aliases + 1, sizeof(*c->aliases));
		c->aliases[c->n_aliases++] = (struct regconf_alias){
			.name = xstrdup(t->key),
			.target = xstrdup(t->text),
			.where = str_fmt("%s:%d", s->name, t->line),
		};
	}
	return 0;
}

int regconf_add(struct regconf *c, const char *name, const char *text, size_t n,
		bool *is_old, struct err *e)
{
	AUTO(toml) struct toml *root = toml_parse(name, text, n, e);
	struct source s = { .name = name, .e = e };
	const struct toml *old;

	*is_old = false;
	if (!root || get(&s, root, "registries", TOML_TABLE, &old))
		return -1;
	if (old && (toml_get(root, "registry") ||
		    toml_get(root, "unqualified-search-registries")))
		return fail(&s, old, "versions 1 and 2 in one file");
	*is_old = old != NULL;
	if (old)
		return 0;
	return add_search(c, &s, root) || add_aliases(c, &s, root)
		       ? -1
		       : add_registries(c, &s, root);
}

void regconf_clear(struct regconf *c)
{
	for (size_t i = 0; i < c->n; i++)
		registry_clear(&c->v[i]);
	free(c->v);
	for (size_t i = 0; i < c->n_aliases; i++)
		alias_clear(&c->aliases[i]);
	free(c->aliases);
	strlist_clear(&c->search);
	*c = (struct regconf){ 0 };
}

/* How much of NAME, "HOST[:PORT]/PATH[:TAG][@DIGEST]", PREFIX stands for: whole
 * components from the start; 0 for none. A ':' behind a mere host is the port
 * of another one. */
static size_t match(const char *prefix, const char *name)
{
	size_t n = strlen(prefix);
	size_t host = strcspn(name, "/");
	size_t port = name[0] == '[' ? host : strcspn(name, ":/");

	if (is_wild(prefix))
		return port >= n && !strncmp(name + port - (n - 1), prefix + 1,
					     n - 1)
			       ? host
			       : 0;
	if (!str_starts(name, prefix) || n < host)
		return 0;
	if (n == host)
		return n;
	return strchr("/:@", name[n]) ? n : 0; /* the NUL, too */
}

const struct regconf_registry *regconf_find(const struct regconf *c,
					    const struct ref *ref)
{
	autostr char *name = ref_name(ref);
	const struct regconf_registry *best = NULL;
	size_t best_len = 0;

	for (size_t i = 0; i < c->n; i++) {
		const char *prefix = c->v[i].prefix;
		size_t len = strlen(prefix) * 2 - (size_t)is_wild(prefix);

		if (!match(prefix, name) || len <= best_len)
			continue;
		best = &c->v[i];
		best_len = len;
	}
	return best;
}

int regconf_rewrite(const struct regconf_registry *r, const struct ref *ref,
		    const char *location, char **host, char **repo,
		    struct err *e)
{
	autostr char *name = str_fmt("%s/%s", ref->host, ref->repo);
	autostr char *full = ref_name(ref);
	autostr char *place = NULL;
	size_t cut = match(r->prefix, full);
	size_t n;

	if (cut > strlen(name)) /* with its tag or digest */
		cut = strlen(name);
	place = location ? str_fmt("%s%s", location, name + cut)
			 : xstrdup(name);
	n = strcspn(place, "/");
	if (!place[n])
		return err_set(e, ERR_FORMAT,
			       "%s: location '%s' leaves no repository name",
			       r->where, location);
	*host = xstrndup(place, n);
	*repo = xstrdup(place + n + 1);
	return 0;
}

const struct regconf_alias *regconf_alias(const struct regconf *c,
					  const struct ref *ref)
{
	const char *name = ref->repo;

	if (str_starts(name, LIBRARY))
		name += strlen(LIBRARY);
	for (size_t i = c->n_aliases; i > 0; i--)
		if (!strcmp(c->aliases[i - 1].name, name))
			return *c->aliases[i - 1].target ? &c->aliases[i - 1]
							 : NULL;
	return NULL;
}
