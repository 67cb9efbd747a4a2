/* trust.c - which hosts are believed without a good certificate, and the
 * certificates of certs.d.
 * SPDX-License-Identifier: Apache-2.0
 *
 * libcurl uses a connection again for requests with the same settings only, so
 * what was set up for one host does not carry over to the next.
 */
#include "config.h"

#include "registry/trust.h"

#include "base/dir.h"
#include "base/io.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "format/ref.h"
#include "registry/http.h"

#include <fcntl.h>
#include <string.h>

struct certs { /* of one host; mostly none */
	char *host;
	char *ca_file; /* the first, or NULL */
	struct str ca; /* all of them, one after another */
	char *cert;
	char *key;
};

struct trust {
	struct strlist dirs;
	struct strlist allowed; /* URLs */
	struct str bundle;      /* what is trusted anyway */
	bool has_bundle;        /* was looked for */
	struct certs *v;        /* of the hosts asked so far */
	size_t n;
	size_t cap;
};

struct trust *trust_new(const struct strlist *certs_dirs)
{
	struct trust *t = xcalloc(1, sizeof(*t));

	for (size_t i = 0; i < certs_dirs->n; i++)
		strlist_add(&t->dirs, certs_dirs->v[i]);
	return t;
}

static void certs_clear(struct certs *c)
{
	free(c->host);
	free(c->ca_file);
	str_clear(&c->ca);
	free(c->cert);
	free(c->key);
	*c = (struct certs){ 0 };
}
AUTO_DEFINE(certs, struct certs, certs_clear)

void trust_free(struct trust *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->n; i++)
		certs_clear(&t->v[i]);
	free(t->v);
	strlist_clear(&t->dirs);
	strlist_clear(&t->allowed);
	str_clear(&t->bundle);
	free(t);
}

void trust_allow(struct trust *t, const char *host)
{
	strlist_addf(&t->allowed, "https://%s", host);
}

bool trust_verifies(const struct trust *t, const char *url)
{
	for (size_t i = 0; i < t->allowed.n; i++)
		if (http_same_host(t->allowed.v[i], url))
			return false;
	return true;
}

static int read_file(const char *path, struct str *out, struct err *e)
{
	autofd int fd =
		open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0)
		return err_sys(e, "can't open '%s'", path);
	return io_read_all(fd, TRUST_FILE_MAX, path, out, e);
}

static int add_ca(struct certs *c, const char *path, struct err *e)
{
	AUTO(str) struct str text = { 0 };

	if (read_file(path, &text, e))
		return -1;
	if (!strstr(str_text(&text), "-----BEGIN "))
		return err_set(e, ERR_FORMAT, "'%s' holds no PEM certificate",
			       path);
	str_addf(&c->ca, "%s\n", text.p);
	if (!c->ca_file)
		c->ca_file = xstrdup(path);
	return 0;
}

/* The other half of PATH, whose name ends in FROM. libcurl names a bad file,
 * but not one that it can't open. */
static char *other_half(const char *path, const char *from, const char *to,
			struct err *e)
{
	size_t n = strlen(path) - strlen(from);
	autostr char *other = str_fmt("%.*s%s", (int)n, path, to);
	autofd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	autofd int other_fd = -1;

	if (fd < 0) {
		err_sys(e, "can't open '%s'", path);
		return NULL;
	}
	other_fd = open(other, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (other_fd >= 0)
		return TAKE(other);
	if (errno == ENOENT)
		err_set(e, ERR_NOTFOUND, "'%s' has no '%s' beside it", path,
			path_base(other));
	else
		err_sys(e, "can't open '%s'", other);
	return NULL;
}

static int add_cert_file(struct certs *c, const char *path, struct err *e)
{
	autostr char *other = NULL;

	if (str_ends(path, ".crt"))
		return add_ca(c, path, e);
	if (str_ends(path, ".key")) {
		other = other_half(path, ".key", ".cert", e);
		return other ? 0 : -1;
	}
	if (!str_ends(path, ".cert"))
		return 0;
	other = other_half(path, ".cert", ".key", e);
	if (!other)
		return -1;
	if (c->cert) /* libcurl takes one */
		return 0;
	c->cert = xstrdup(path);
	c->key = TAKE(other);
	return 0;
}

/* DIR, if it is there: *FOUND. */
static int read_dir(struct certs *c, const char *dir, bool *found,
		    struct err *e)
{
	AUTO(strlist) struct strlist names = { 0 };
	autofd int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	*found = fd >= 0;
	if (fd < 0) {
		/* Docker's directory is often closed to users. */
		if (errno != ENOENT && errno != ENOTDIR)
			log_info("can't open '%s': %s", dir, strerror(errno));
		return 0;
	}
	if (dir_list(fd, &names, e))
		return err_ctx(e, "%s", dir);
	for (size_t i = 0; i < names.n; i++) {
		autostr char *path = path_join(dir, names.v[i]);

		if (names.v[i][0] != '.' && add_cert_file(c, path, e))
			return -1;
	}
	return 0;
}

static int read_certs(const struct trust *t, struct certs *c, struct err *e)
{
	bool found = false;

	for (size_t i = 0; i < t->dirs.n && !found; i++) {
		autostr char *dir = path_join(t->dirs.v[i], c->host);

		if (read_dir(c, dir, &found, e))
			return -1;
	}
	return 0;
}

/* The certificates for the host of URL, read once; NULL with E set. */
static const struct certs *find(struct trust *t, const char *url, struct err *e)
{
	struct err ignored = { 0 }; /* not a name that certs.d can have */
	AUTO(certs) struct certs c = { 0 };
	autostr char *authority = http_host(url);

	c.host = ref_read_host(authority, &ignored);
	if (!c.host)
		c.host = xstrdup("");
	for (size_t i = 0; i < t->n; i++)
		if (!strcmp(t->v[i].host, c.host))
			return &t->v[i];
	if (*c.host && read_certs(t, &c, e))
		return NULL;
	t->v = mem_grow(t->v, &t->cap, t->n + 1, sizeof(*t->v));
	t->v[t->n] = c;
	c = (struct certs){ 0 };
	return &t->v[t->n++];
}

/* The bundle that libcurl was built with, or NULL. */
static const char *default_bundle(void)
{
#if LIBCURL_VERSION_NUM >= 0x074600
	return curl_version_info(CURLVERSION_NOW)->cainfo;
#else
	return NULL;
#endif
}

#if LIBCURL_VERSION_NUM >= 0x074d00
/* The bundle that is trusted anyway. */
static int read_bundle(struct trust *t, const char *ca_file, struct err *e)
{
	struct err ignored = { 0 }; /* libcurl does not mind either */
	const char *path = default_bundle();

	if (t->has_bundle)
		return 0;
	t->has_bundle = true;
	if (ca_file)
		return read_file(ca_file, &t->bundle, e);
	if (path && read_file(path, &t->bundle, &ignored))
		log_info("%s", ignored.msg);
	return 0;
}

/* Trust the CAs of C, too. */
static int add_cas(struct trust *t, CURL *easy, const struct certs *c,
		   const char *ca_file, struct err *e)
{
	AUTO(str) struct str all = { 0 };
	struct curl_blob blob = { .flags = CURL_BLOB_COPY };

	if (read_bundle(t, ca_file, e))
		return -1;
	str_addf(&all, "%s\n%s", str_text(&t->bundle), c->ca.p);
	blob.data = all.p;
	blob.len = all.len;
	/* Not every TLS library can. */
	if (curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &blob))
		curl_easy_setopt(easy, CURLOPT_CAINFO, c->ca_file);
	return 0;
}

static void forget_cas(CURL *easy)
{
	curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, NULL);
}
#else
static int add_cas(struct trust *t, CURL *easy, const struct certs *c,
		   const char *ca_file, struct err *e)
{
	(void)t;
	(void)ca_file;
	(void)e;
	curl_easy_setopt(easy, CURLOPT_CAINFO, c->ca_file);
	return 0;
}

static void forget_cas(CURL *easy)
{
	(void)easy;
}
#endif

static int set_ca(struct trust *t, CURL *easy, const struct certs *c,
		  const char *ca_file, struct err *e)
{
	const char *path = ca_file ? ca_file : default_bundle();

	if (c->ca.len)
		return add_cas(t, easy, c, ca_file, e);
	forget_cas(easy);
	if (path)
		curl_easy_setopt(easy, CURLOPT_CAINFO, path);
	return 0;
}

int trust_apply(struct trust *t, CURL *easy, const char *url,
		const char *ca_file, struct err *e)
{
	bool verify = trust_verifies(t, url);
	const struct certs *c;

	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, verify ? 1L : 0L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, verify ? 2L : 0L);
	if (!http_is_https(url))
		return 0;
	c = find(t, url, e);
	if (!c || set_ca(t, easy, c, ca_file, e))
		return -1;
	curl_easy_setopt(easy, CURLOPT_SSLCERT, c->cert);
	curl_easy_setopt(easy, CURLOPT_SSLKEY, c->key);
	/* OpenSSL would ask at the terminal for an encrypted key's. */
	curl_easy_setopt(easy, CURLOPT_KEYPASSWD, c->key ? "" : NULL);
	return 0;
}
