/* t_regconf.c - tests of format/regconf.c.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/str.h"
#include "format/regconf.h"

#include "tap.h"

// clang-format off
static const char file[] =
	"unqualified-search-registries = ['quay.io', 'Docker.IO.']\n"
	"short-name-mode = 'enforcing'\n"
	"[[registry]]\n"
	"location = 'plain.example'\n"
	"insecure = true\n"
	"[[registry]]\n"
	"prefix = 'example.com/foo'\n"
	"location = 'inner.example:5000/bar/'\n"
	"[[registry.mirror]]\n"
	"location = 'm0.example/x'\n"
	"pull-from-mirror = 'digest-only'\n"
	"[[registry.mirror]]\n"
	"location = 'm1.example'\n"
	"insecure = true\n"
	"[[registry]]\n"
	"prefix = 'example.com/foo/bar:1'\n"
	"location = 'one.example/just/this'\n"
	"[[registry]]\n"
	"prefix = '*.example.com'\n"
	"blocked = true\n"
	"[[registry]]\n"
	"prefix = 'a.example.com'\n"
	"location = 'b.example'\n"
	"[[registry]]\n"
	"prefix = 'EXAMPLE.net.'\n"
	"location = '[0:0::1]:5000/x'\n"
	"[[registry]]\n"
	"prefix = 'index.docker.io/library'\n"
	"location = 'hub.example'\n"
	"[aliases]\n"
	"'fedora' = 'registry.example/fedora'\n"
	"'a/b' = 'registry.example/ab'\n"
	"'gone' = ''\n";

/* What a reference becomes at the location: its registry's prefix, then the
 * place. */
static const struct { const char *ref, *want; } places[] = {
	{ "plain.example/x", "plain.example: plain.example/x" },
	{ "plain.example:80/x", "" },
	{ "plain.example.org/x", "" },
	{ "PLAIN.Example./x", "plain.example: plain.example/x" },
	{ "example.com/foo/img:2",
	  "example.com/foo: inner.example:5000/bar/img" },
	{ "example.com/foo", "example.com/foo: inner.example:5000/bar" },
	{ "example.com/foo:7", "example.com/foo: inner.example:5000/bar" },
	{ "example.com/foobar", "" },
	{ "example.com/foo/bar:1",
	  "example.com/foo/bar:1: one.example/just/this" },
	{ "example.com/foo/bar:12",
	  "example.com/foo: inner.example:5000/bar/bar" },
	{ "example.com/x", "" },
	{ "x.example.com/y", "*.example.com: x.example.com/y" },
	{ "x.y.example.com:5000/z", "*.example.com: x.y.example.com:5000/z" },
	{ "xexample.com/y", "" },
	{ "a.example.com/y/z", "a.example.com: b.example/y/z" },
	{ "example.net/y", "example.net: [::1]:5000/x/y" },
	{ "alpine", "docker.io/library: hub.example/alpine" },
	{ "other/alpine", "" },
};

static const struct { const char *ref, *target; } aliases[] = {
	{ "fedora:40", "registry.example/fedora" },
	{ "a/b", "registry.example/ab" },
	{ "gone", NULL },
	{ "other", NULL },
};

static const struct { const char *text, *want; } bad[] = {
	{ "registry = 1", "f:1: 'registry': expected an array, found a number" },
	{ "[registry]\n", "f:1: 'registry': expected an array, found a table" },
	{ "registry = ['x']", "f:1: 'item': expected [[registry]] tables" },
	{ "[[registry]]\n",
	  "f:1: a registry without 'prefix' and 'location'" },
	{ "[[registry]]\nlocation = true",
	  "f:2: 'location': expected a string, found true or false" },
	{ "[[registry]]\nlocation = 'x'\ninsecure = 'yes'",
	  "f:3: 'insecure': expected true or false, found a string" },
	{ "[[registry]]\nlocation = 'a b'",
	  "f:2: host 'a b': ' ' is not allowed in a host name" },
	{ "[[registry]]\nlocation = 'https://x'",
	  "f:2: host 'https:': a scheme ('://') is not allowed" },
	{ "[[registry]]\nlocation = 'x.y/A'", "f:2: 'location': expected "
	  "HOST[:PORT][/PATH] in lower case" },
	{ "[[registry]]\nlocation = 'x.y/../a'", "f:2: 'location': expected "
	  "HOST[:PORT][/PATH] in lower case" },
	{ "[[registry]]\nlocation = 'x.y/a?b'", "f:2: 'location': expected "
	  "HOST[:PORT][/PATH] in lower case" },
	{ "[[registry]]\nprefix = '*.x.y/a'",
	  "f:2: 'prefix': expected nothing but a host behind '*.'" },
	{ "[[registry]]\nprefix = 'x.*.y'",
	  "f:2: host 'x.*.y': '*' is not allowed in a host name" },
	{ "[[registry]]\nlocation='x.y'\n[[registry.mirror]]\ninsecure=true",
	  "f:3: a mirror without 'location'" },
	{ "[[registry]]\nlocation='x.y'\n[[registry.mirror]]\nlocation='a.b'\n"
	  "pull-from-mirror='never'", "f:5: 'pull-from-mirror': expected "
	  "'all', 'digest-only' or 'tag-only'" },
	{ "[[registry]]\nlocation='x.y'\nmirror-by-digest-only=true\n"
	  "[[registry.mirror]]\nlocation='a.b'\npull-from-mirror='all'",
	  "f:6: 'pull-from-mirror': not together with "
	  "'mirror-by-digest-only'" },
	{ "unqualified-search-registries = 'quay.io'", "f:1: "
	  "'unqualified-search-registries': expected an array, found a string" },
	{ "unqualified-search-registries = [\n'quay.io/x']",
	  "f:2: host 'quay.io/x': '/' is not allowed in a host name" },
	{ "[aliases]\nx = 1", "f:2: 'x': expected a string" },
	{ "[registries.search]\nregistries = []\n[[registry]]\n",
	  "f:1: 'registries': versions 1 and 2 in one file" },
	{ "x = \n", "f:1: expected a value, found the end of the line" },
};
// clang-format on

static int add(struct regconf *c, const char *name, const char *text,
	       bool *is_old, struct err *e)
{
	return regconf_add(c, name, text, strlen(text), is_old, e);
}

/* "PREFIX: HOST/REPO", or "". */
static char *place(const struct regconf *c, const char *text)
{
	AUTO(ref) struct ref ref = { 0 };
	struct err e = { 0 };
	const struct regconf_registry *r;
	autostr char *host = NULL;
	autostr char *repo = NULL;

	if (ref_parse(text, &ref, &e))
		return str_fmt("%s", e.msg);
	r = regconf_find(c, &ref);
	if (!r)
		return str_fmt("%s", "");
	if (regconf_rewrite(r, &ref, r->location, &host, &repo, &e))
		return str_fmt("%s", e.msg);
	return str_fmt("%s: %s/%s", r->prefix, host, repo);
}

static void test_file(void)
{
	AUTO(regconf) struct regconf c = { 0 };
	struct err e = { 0 };
	bool is_old = true;
	autostr char *search = NULL;

	is_num(add(&c, "f", file, &is_old, &e), 0, "a file");
	is(e.msg, "", "no error");
	ok(!is_old, "it is of version 2");
	search = strlist_join(&c.search, " ");
	is(search, "quay.io docker.io", "the search list");
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		autostr char *got = place(&c, places[i].ref);

		is(got, places[i].want, places[i].ref);
	}
	for (size_t i = 0; i < ARRAY_SIZE(aliases); i++) {
		AUTO(ref) struct ref ref = { 0 };
		const struct regconf_alias *a;

		ok(!ref_parse(aliases[i].ref, &ref, &e), "a reference");
		a = regconf_alias(&c, &ref);
		is(a ? a->target : NULL, aliases[i].target, aliases[i].ref);
	}
	ok(c.v[0].insecure && !c.v[1].insecure && c.v[3].blocked, "flags");
	is_num(c.v[1].n_mirrors, 2, "mirrors");
	is(c.v[1].mirrors[0].location, "m0.example/x", "the first");
	is_num(c.v[1].mirrors[0].when, REGCONF_DIGEST_ONLY, "for digests");
	ok(c.v[1].mirrors[1].insecure, "the second");
	is(c.v[1].where, "f:6", "where it stands");
}

/* Later files win by prefix, whole. */
static void test_merge(void)
{
	AUTO(regconf) struct regconf c = { 0 };
	struct err e = { 0 };
	bool is_old;

	ok(!add(&c, "a", file, &is_old, &e) &&
		   !add(&c, "b",
			"unqualified-search-registries = []\n"
			"[[registry]]\nlocation = 'plain.example'\n"
			"blocked = true\n"
			"[[registry]]\nlocation = 'new.example'\n"
			"[aliases]\nfedora = ''\nx = 'y.z/x'\n",
			&is_old, &e),
	   "two files");
	is_num(c.search.n, 0, "the list is replaced");
	is_num(c.n, 8, "one registry is new");
	ok(c.v[0].blocked && !c.v[0].insecure, "one is replaced");
	is(c.v[0].where, "b:2", "by this");
	is(c.v[7].prefix, "new.example", "the new one");
	is_num(add(&c, "c", "[registries.search]\nregistries = ['x']\n",
		   &is_old, &e),
	       0, "version 1");
	ok(is_old && c.n == 8, "adds nothing");
	is_num(add(&c, "d", "[[registry]]\nprefix='a.b/c'\nlocation='d.e'\n",
		   &is_old, &e),
	       0, "a location without a path");
	autostr char *got = place(&c, "a.b/c");

	is(got, "d:1: location 'd.e' leaves no repository name",
	   "leaves none for this");
}

int main(void)
{
	test_file();
	test_merge();
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		AUTO(regconf) struct regconf c = { 0 };
		struct err e = { 0 };
		bool is_old;

		is_num(add(&c, "f", bad[i].text, &is_old, &e), -1, "bad");
		is(e.msg, bad[i].want, bad[i].text);
		is_num(e.kind, ERR_FORMAT, "its kind");
	}
	return tap_done();
}
