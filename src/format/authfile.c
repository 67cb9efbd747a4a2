/* authfile.c - finds the credentials for a repository in an auth file.
 * SPDX-License-Identifier: Apache-2.0
 *
 * User names are taken literally: NGC's is "$oauthtoken".
 */
#include "config.h"

#include "format/authfile.h"

#include "base/mem.h"
#include "base/str.h"
#include "format/base64.h"
#include "format/json.h"
#include "format/ref.h"

#include <string.h>
#include <strings.h>

static bool has_text(const json_t *entry, const char *key)
{
	const char *s = json_string_value(json_object_get(entry, key));

	return s && *s;
}

/* Is there anything in ENTRY? Docker leaves {} for what credsStore keeps. */
static bool is_usable(const json_t *entry)
{
	return has_text(entry, "auth") || has_text(entry, "identitytoken") ||
	       (has_text(entry, "username") && has_text(entry, "password"));
}

/* The host part of the key S in the one form that references have it in, and
 * Docker Hub's several names as one. What is no host stays: it matches none. */
static char *plain_host(const char *s, size_t n)
{
	struct err ignored = { 0 };
	autostr char *text = xstrndup(s, n);
	autostr char *host = ref_read_host(text, &ignored);

	if (!host)
		return TAKE(text);
	if (!strcmp(host, "registry-1.docker.io"))
		return xstrdup("docker.io");
	return TAKE(host);
}

/* KEY as HOST[/PATH]: no scheme, and no "/v1/" or "/v2/", which is the API's
 * place and not a repository's. */
static char *plain_key(const char *key)
{
	const char *start = strstr(key, "://");
	autostr char *host = NULL;
	autostr char *path = NULL;
	size_t n;

	start = start ? start + strlen("://") : key;
	n = strcspn(start, "/");
	host = plain_host(start, n);
	path = xstrdup(start + n);
	if (!strcmp(path, "/v1/") || !strcmp(path, "/v2/") ||
	    (start != key && (!strcmp(path, "/v1") || !strcmp(path, "/v2"))))
		*path = '\0';
	for (n = strlen(path); n && path[n - 1] == '/'; n--)
		path[n - 1] = '\0';
	return str_fmt("%s%s", host, path);
}

/* Length of KEY if it is NAME or a directory above it, else 0. */
static size_t match(const char *key, const char *name)
{
	autostr char *plain = plain_key(key);
	size_t n = strlen(plain);

	if (!n || !str_starts(name, plain) || (name[n] && name[n] != '/'))
		return 0;
	return n;
}

/* Split N bytes "user:password" into C; false if they are not that. Docker
 * pads passwords with NULs. */
static bool split_pair(const char *pair, size_t n, struct credential *c)
{
	const char *colon = memchr(pair, ':', n);

	while (n && !pair[n - 1])
		n--;
	if (!colon || memchr(pair, '\0', n))
		return false;
	c->user = xstrndup(pair, (size_t)(colon - pair));
	c->password = xstrndup(colon + 1, n - (size_t)(colon + 1 - pair));
	return true;
}

static bool read_auth(const char *auth, struct credential *c)
{
	size_t room = strlen(auth) + 1;
	autostr char *pair = xmalloc(room);
	ssize_t n = base64_decode(auth, pair);
	bool good = n >= 0 && split_pair(pair, (size_t)n, c);

	explicit_bzero(pair, room);
	return good;
}

static int read_entry(json_t *entry, const char *where, struct credential *c,
		      struct err *e)
{
	const char *auth, *user, *password, *identity;

	if (json_opt_str(entry, where, "auth", &auth, e) ||
	    json_opt_str(entry, where, "username", &user, e) ||
	    json_opt_str(entry, where, "password", &password, e) ||
	    json_opt_str(entry, where, "identitytoken", &identity, e))
		return -1;
	if (identity && *identity)
		c->identity = xstrdup(identity);
	if (auth && *auth) {
		if (read_auth(auth, c))
			return 0;
		return err_set(e, ERR_FORMAT,
			       "%s.auth: is not 'user:password' in base64",
			       where);
	}
	if (user && *user && password) {
		c->user = xstrdup(user);
		c->password = xstrdup(password);
	}
	return 0;
}

/* auths: the usable entry whose key is the longest. */
static int find_auths(json_t *root, const char *name, struct credential *c,
		      struct err *e)
{
	autostr char *where = NULL;
	const char *key, *best_key = NULL;
	json_t *auths, *entry, *best = NULL;
	size_t best_len = 0;

	if (json_opt_obj(root, "", "auths", &auths, e))
		return -1;
	json_object_foreach (auths, key, entry) {
		size_t len = match(key, name);

		if (len <= best_len || !is_usable(entry))
			continue;
		best = entry;
		best_key = key;
		best_len = len;
	}
	if (!best)
		return 0;
	where = str_fmt("auths['%s']", best_key);
	c->entry = xstrdup(best_key);
	return read_entry(best, where, c, e);
}

/* A helper's name becomes part of a program's name. */
static int set_helper(struct credential *c, const char *entry,
		      const char *helper, struct err *e)
{
	char bad = helper[strspn(helper, "abcdefghijklmnopqrstuvwxyz"
					 "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
					 "0123456789._-")];

	if (bad)
		return err_set(e, ERR_FORMAT,
			       "%s: '%c' is not allowed in a helper's name",
			       entry, bad);
	c->entry = xstrdup(entry);
	c->helper = xstrdup(helper);
	return 0;
}

static int find_helper(json_t *root, const char *host, struct credential *c,
		       struct err *e)
{
	const char *key, *helper;
	json_t *helpers, *value;

	if (json_opt_obj(root, "", "credHelpers", &helpers, e))
		return -1;
	json_object_foreach (helpers, key, value) {
		autostr char *plain = plain_key(key);

		if (strcmp(plain, host) != 0)
			continue;
		if (json_opt_str(helpers, "credHelpers", key, &helper, e))
			return -1;
		if (helper && *helper)
			return set_helper(c, key, helper, e);
	}
	return 0;
}

static int find_store(json_t *root, struct credential *c, struct err *e)
{
	const char *helper;

	if (json_opt_str(root, "", "credsStore", &helper, e))
		return -1;
	if (!helper || !*helper)
		return 0;
	return set_helper(c, "credsStore", helper, e);
}

static int find(json_t *root, const char *host, const char *repo,
		struct credential *c, struct err *e)
{
	autostr char *name = str_fmt("%s/%s", host, repo);

	if (find_helper(root, host, c, e))
		return -1;
	if (!c->helper && find_auths(root, name, c, e))
		return -1;
	if (!c->entry && find_store(root, c, e))
		return -1;
	return 0;
}

/* People name /dev/null. */
static bool is_empty(const char *text, size_t n)
{
	size_t at = 0;

	while (at < n && text[at] && strchr(" \t\r\n", text[at]))
		at++;
	return at == n;
}

int authfile_find(const char *name, const void *text, size_t n,
		  const char *host, const char *repo, struct credential *out,
		  struct err *e)
{
	AUTO(credential) struct credential c = { 0 };
	AUTO(json) json_t *root = NULL;

	*out = c;
	if (is_empty(text, n))
		return 0;
	root = json_parse_secret(name, text, n, e);
	if (!root)
		return -1;
	if (!json_is_object(root))
		return err_set(e, ERR_FORMAT, "%s: expected a JSON object",
			       name);
	if (find(root, host, repo, &c, e))
		return err_ctx(e, "%s", name);
	*out = c;
	c = (struct credential){ 0 };
	return 0;
}

static void wipe(char *s)
{
	if (s)
		explicit_bzero(s, strlen(s));
	free(s);
}

void credential_clear(struct credential *c)
{
	wipe(c->user);
	wipe(c->password);
	wipe(c->identity);
	free(c->entry);
	free(c->helper);
	*c = (struct credential){ 0 };
}
