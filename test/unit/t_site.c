/* t_site.c - tests of registry/site.c, endpoint.c and trust.c: which files
 * count, which places they make, which certificates are found.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/dir.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "registry/endpoint.h"
#include "registry/site.h"
#include "registry/trust.h"

#include "tap.h"

#include <fcntl.h>
#include <sys/stat.h>

#define PEM "-----BEGIN CERTIFICATE-----\n"

static char *top; /* the directory of the test */

/* Write TEXT to the file NAME below top; parents are made. */
static void put(const char *name, const char *text)
{
	struct err e = { 0 };
	autofd int root = dir_open(top, &e);
	autostr char *parent = path_dir(name);
	autofd int dir = dir_make_path(root, parent, 0755, &e);
	autofd int fd = openat(dir, path_base(name),
			       O_WRONLY | O_CREAT | O_TRUNC, 0644);

	if (write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		abort();
}

static void drop(const char *name)
{
	struct err e = { 0 };
	autofd int root = dir_open(top, &e);

	if (dir_remove(root, name, &e))
		abort();
}

/* The search list that is in force, or the error without our directory. */
static char *search(const struct site_paths *p)
{
	AUTO(regconf) struct regconf c = { 0 };
	struct err e = { 0 };
	char *at;

	if (!site_load(p, &c, &e))
		return c.search.n ? strlist_join(&c.search, " ")
				  : xstrdup("none");
	at = strstr(e.msg, top);
	if (at)
		memmove(at, at + strlen(top), strlen(at + strlen(top)) + 1);
	return xstrdup(e.msg);
}

static void is_search(const struct site_paths *p, const char *want,
		      const char *what)
{
	autostr char *got = search(p);

	is(got, want, what);
}

#define SEARCH(host) "unqualified-search-registries = ['" host "']\n"

static void test_files(void)
{
	autostr char *system = path_join(top, "etc");
	autostr char *home = path_join(top, "home");
	autostr char *xdg = path_join(top, "xdg");
	autostr char *one = path_join(top, "one.conf");
	struct site_paths p = { .system = system, .home = home };
	struct site_paths none = { 0 };

	is_search(&none, "none", "no paths at all");
	is_search(&p, "none", "no files");
	put("etc/registries.conf", SEARCH("system.example"));
	is_search(&p, "system.example", "the system's");
	put("etc/registries.conf.d/b.conf", SEARCH("b.example"));
	put("etc/registries.conf.d/a.conf", SEARCH("a.example"));
	put("etc/registries.conf.d/c.txt", "not read");
	put("etc/registries.conf.d/.d.conf", "not read");
	is_search(&p, "b.example", "drop-ins in order of name");
	put("home/.config/containers/registries.conf.d/a.conf",
	    SEARCH("mine.example"));
	is_search(&p, "mine.example", "the user's drop-ins come last");
	put("home/.config/containers/registries.conf.d/a.conf", "");
	put("home/.config/containers/registries.conf", "");
	is_search(&p, "none", "the user's file replaces all the system's");
	p.config_home = xdg;
	is_search(&p, "b.example", "XDG_CONFIG_HOME replaces ~/.config");
	put("xdg/containers/registries.conf", SEARCH("xdg.example"));
	is_search(&p, "xdg.example", "and has a file");
	p.conf = one;
	is_search(&p, "there is no '/one.conf', which CH_REGISTRIES_CONF names",
		  "one that is missing");
	put("one.conf", SEARCH("one.example"));
	is_search(&p, "one.example", "CH_REGISTRIES_CONF alone");
	put("one.conf", "\n\n[[registry]\n");
	is_search(&p, "/one.conf:3: expected ']]', found ']'", "a broken one");
	p.conf = "/dev/null";
	is_search(&p, "none", "/dev/null is none");
	p.conf = NULL;
	put("xdg/containers/registries.conf",
	    "[registries.search]\nregistries = ['old.example']\n");
	is_search(&p, "none", "version 1 is ignored");
	put("xdg/containers/registries.conf.d/z.conf", "x");
	is_search(&p,
		  "/xdg/containers/registries.conf.d/z.conf:1: expected "
		  "'=', found the end of the line",
		  "a broken drop-in");
	p.config_home = "relative";
	is_search(&p, "none", "a relative XDG_CONFIG_HOME is none");
	if (geteuid() != 0) {
		chmod(one, 0);
		p.conf = one;
		is_search(&p, "can't open '/one.conf': Permission denied",
			  "a file that we may not read");
	}
	drop("etc");
	drop("home");
	drop("xdg");
}

// clang-format off
static const char conf[] =
	"unqualified-search-registries = ['s.example', 'bad.example',"
	" 'docker.io']\n"
	"[[registry]]\nprefix = 'r.example/a'\nlocation = 'l.example/b'\n"
	"[[registry.mirror]]\nlocation = 'm0.example'\ninsecure = true\n"
	"[[registry.mirror]]\nlocation = 'm1.example'\n"
	"pull-from-mirror = 'digest-only'\n"
	"[[registry.mirror]]\nlocation = 'm2.example'\n"
	"pull-from-mirror = 'tag-only'\n"
	"[[registry]]\nlocation = 'bad.example'\nblocked = true\n"
	"[[registry]]\nlocation = 'i.example'\ninsecure = true\n"
	"[[registry]]\nprefix = 'docker.io/hub'\nlocation = '127.0.0.1:9/h'\n"
	"[aliases]\nfoo = 'i.example/bar'\nwrong = 'x'\n";

#define D "@sha256:" \
	"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

/* '!' insecure, '=' another name of the same place, '~' plain HTTP first */
static const struct { const char *ref, *registry, *want; } lists[] = {
	{ "q.example/x", NULL, "q.example/x" },
	{ "q.example/x", "o.example", "q.example/x" },
	{ "docker.io/x", NULL, "registry-1.docker.io/library/x" },
	{ "r.example/a/x:1", NULL, "!m0.example/x m2.example/x l.example/b/x" },
	{ "r.example/a/x" D, NULL, "!m0.example/x m1.example/x l.example/b/x" },
	{ "r.example/a/x:1" D, NULL,
	  "!m0.example/x m1.example/x l.example/b/x" },
	{ "i.example/x", NULL, "!i.example/x" },
	{ "alpine", NULL, "s.example/alpine registry-1.docker.io/library/alpine" },
	{ "hub/x", NULL, "s.example/hub/x ~127.0.0.1:9/h/x" },
	{ "foo", NULL, "!i.example/bar" },
	{ "wrong", NULL, "f:25: 'x' names no host" },
	{ "bad.example/x:1", NULL, "'bad.example' is blocked by f:14" },
	{ "alpine", "o.example",
	  "o.example/library/alpine =o.example/alpine" },
	{ "alpine", "i.example/p/",
	  "!i.example/p/library/alpine =!i.example/p/alpine" },
	{ "x/y", "o.example", "o.example/x/y" },
	{ "foo", "docker.io", "registry-1.docker.io/library/foo "
	  "=registry-1.docker.io/foo" },
	{ "alpine", "bad.example", "'bad.example' is blocked by f:14" },
	{ "alpine", "o.example/../x", "registry 'o.example/../x': not a "
	  "repository prefix: '../x'" },
};
// clang-format on

static void test_endpoints(void)
{
	AUTO(regconf) struct regconf c = { 0 };
	struct err e = { 0 };
	bool is_old;

	ok(!regconf_add(&c, "f", conf, strlen(conf), &is_old, &e), "%s", e.msg);
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		AUTO(endpoint) struct endpoints l = { 0 };
		AUTO(ref) struct ref ref = { 0 };
		AUTO(str) struct str got = { 0 };
		int rc = ref_parse(lists[i].ref, &ref, &e);

		rc = rc ? rc
			: endpoint_list(&c, &ref, lists[i].registry, &l, &e);
		for (size_t k = 0; !rc && k < l.n; k++)
			str_addf(&got, "%s%s%s%s%s/%s", k ? " " : "",
				 l.v[k].same ? "=" : "",
				 l.v[k].insecure ? "!" : "",
				 l.v[k].https ? "" : "~", l.v[k].host,
				 l.v[k].repo);
		is(rc ? e.msg : str_text(&got), lists[i].want, lists[i].ref);
	}
}

/* What trust_apply says for URL. */
static void is_trust(const char *url, const char *want)
{
	AUTO(strlist) struct strlist dirs = { 0 };
	struct err e = { 0 };
	CURL *easy = curl_easy_init();
	int rc;

	strlist_addf(&dirs, "%s/user", top);
	strlist_addf(&dirs, "%s/system", top);
	AUTO(trust) struct trust *t = trust_new(&dirs);

	rc = trust_apply(t, easy, url, NULL, &e);
	for (char *at; (at = strstr(e.msg, top));)
		memmove(at, at + strlen(top), strlen(at + strlen(top)) + 1);
	is(rc ? e.msg : "", want, url);
	curl_easy_cleanup(easy);
}

static void test_certs(void)
{
	put("user/ca.example:5000/my.crt", PEM);
	put("user/junk.example/ca.crt", "what?");
	put("user/half.example/me.cert", PEM);
	put("system/half.example/me.key", PEM);
	put("user/key.example/me.key", PEM);
	put("system/both.example/me.cert", PEM);
	put("system/both.example/me.key", PEM);
	put("user/[::1]:5000/ca.crt", "what?");
	put("user/note.example/README", "text");
	is_trust("https://none.example/", "");
	is_trust("https://ca.example:5000/v2/", "");
	is_trust("https://both.example", "");
	is_trust("https://note.example", "");
	is_trust("https://junk.example/v2/",
		 "'/user/junk.example/ca.crt' holds no PEM certificate");
	is_trust("https://JUNK.Example./",
		 "'/user/junk.example/ca.crt' holds no PEM certificate");
	is_trust("https://junk.example:5000/", "");
	is_trust("http://junk.example/", "");
	is_trust("https://[0:0::1]:5000/",
		 "'/user/[::1]:5000/ca.crt' holds no PEM certificate");
	is_trust("https://half.example/",
		 "'/user/half.example/me.cert' has no 'me.key' beside it");
	is_trust("https://key.example/",
		 "'/user/key.example/me.key' has no 'me.cert' beside it");
	is_trust("https://../", "");
}

static void test_allow(void)
{
	AUTO(strlist) struct strlist dirs = { 0 };
	AUTO(trust) struct trust *t = trust_new(&dirs);

	ok(trust_verifies(t, "https://h:5000/x"), "verified");
	trust_allow(t, "h:5000");
	trust_allow(t, "[::1]");
	ok(!trust_verifies(t, "https://h:5000/x"), "not where allowed");
	ok(!trust_verifies(t, "https://H/token"), "nor on its other ports");
	ok(!trust_verifies(t, "https://[::1]:1/"), "nor at this address");
	ok(trust_verifies(t, "https://hh:5000/x"), "but on other hosts");
	ok(trust_verifies(t, "https://x.h:5000/x"), "and below it");
}

int main(void)
{
	const char *tmp = getenv("TMPDIR");
	autostr char *dir = path_join(tmp ? tmp : "/tmp", "t_site.XXXXXX");
	struct err e = { 0 };
	autofd int root = dir_open(tmp ? tmp : "/tmp", &e);

	top = mkdtemp(dir);
	if (!top)
		abort();
	log_init("t_site", LOG_QUIET);
	test_files();
	test_endpoints();
	test_certs();
	test_allow();
	ok(!dir_remove(root, path_base(top), &e), "nothing is left");
	return tap_done();
}
