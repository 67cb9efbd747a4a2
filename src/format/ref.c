/* ref.c - the grammar of image references and its defaults.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "format/ref.h"

#include "base/mem.h"
#include "base/num.h"
#include "base/str.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <string.h>

#define TEXT_MAX 600 /* "docker://", name, tag and sha512 together are less */
#define NAME_LEN 255 /* host and repository */
#define TAG_LEN 128
#define SHOWN 100 /* of a wrong reference in a message */

#define DIGITS "0123456789"
#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* TEXT for a message: cut, and all but plain ASCII escaped, because letters
 * that look alike and marks that change direction are there to deceive. */
static char *shown(const char *text)
{
	AUTO(str) struct str s = { 0 };

	for (; *text && s.len < SHOWN; text++) {
		if (*text >= 0x20 && *text < 0x7f)
			str_addc(&s, *text);
		else
			str_addf(&s, "\\x%02x", (unsigned char)*text);
	}
	if (*text)
		str_add(&s, "...");
	return str_take(&s);
}

static int bad_char(char c, const char *part, struct err *e)
{
	autostr char *s = shown((char[]){ c, '\0' });

	return err_set(e, ERR_USAGE, "%s'%s' is not allowed in %s",
		       c >= 'A' && c <= 'Z' ? "upper case " : "", s, part);
}

static int check_name(const char *name, struct err *e)
{
	char c = name[strspn(name, LOWER DIGITS "-.")];

	if (!*name)
		return err_set(e, ERR_USAGE, "the host name is empty");
	if (c)
		return bad_char(c, "a host name", e);
	for (const char *s = name; s; s = strchr(s, '.')) {
		size_t n;

		s += s != name;
		n = strcspn(s, ".");
		if (!n || s[0] == '-' || s[n - 1] == '-')
			return err_set(e, ERR_USAGE,
				       "the host name has a part that is empty "
				       "or has '-' at an end");
	}
	return 0;
}

static int read_port(const char *text, uint64_t *port, struct err *e)
{
	struct err ignored = { 0 }; /* ours says the range */

	if (!num_parse(text, 65535, "port", port, &ignored) && *port > 0)
		return 0;
	return err_set(e, ERR_USAGE,
		       "port '%s' is not a number from 1 to 65535", text);
}

/* H is "[IPv6]". The result is canonical, so that one registry has one name. A
 * zone is refused: it means something on this host only. */
static char *read_ipv6(const char *h, struct err *e)
{
	struct in6_addr a;
	char text[INET6_ADDRSTRLEN];
	size_t n = strcspn(h + 1, "]");
	autostr char *inner = xstrndup(h + 1, n);

	if (!h[1 + n]) {
		err_set(e, ERR_USAGE, "']' is missing in the host");
		return NULL;
	}
	if (inet_pton(AF_INET6, inner, &a) != 1 ||
	    !inet_ntop(AF_INET6, &a, text, sizeof(text))) {
		err_set(e, ERR_USAGE, "'%s' is not an IPv6 address", inner);
		return NULL;
	}
	return str_fmt("[%s]", text);
}

static char *read_name(const char *h, struct err *e)
{
	autostr char *name = xstrdup(h);
	size_t n = strlen(name);

	if (n && name[n - 1] == '.')
		name[n - 1] = '\0';
	for (char *c = name; *c; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c += 'a' - 'A';
	if (check_name(name, e))
		return NULL;
	if (!strcmp(name, "index.docker.io"))
		return xstrdup("docker.io");
	return TAKE(name);
}

/* HOST[:PORT] in its one form, or NULL. Caller frees. */
static char *read_host(const char *host, struct err *e)
{
	bool is_ipv6 = *host == '[';
	size_t n = is_ipv6 ? strcspn(host, "]") : strcspn(host, ":");
	autostr char *addr = NULL;
	autostr char *name = NULL;
	const char *rest;
	uint64_t port;

	n += is_ipv6 && host[n];
	rest = host + n;
	addr = xstrndup(host, n);
	name = is_ipv6 ? read_ipv6(addr, e) : read_name(addr, e);
	if (!name)
		return NULL;
	if (!*rest)
		return TAKE(name);
	if (*rest != ':') {
		err_set(e, ERR_USAGE, "expected ':' and a port behind ']'");
		return NULL;
	}
	if (strchr(rest + 1, ':')) {
		err_set(e, ERR_USAGE,
			"more than one ':' in the host (an IPv6 address is "
			"written in brackets)");
		return NULL;
	}
	if (read_port(rest + 1, &port, e))
		return NULL;
	return str_fmt("%s:%u", name, (unsigned int)port);
}

static bool is_host(const char *s, size_t n)
{
	return *s == '[' || memchr(s, '.', n) || memchr(s, ':', n) ||
	       (n == strlen("localhost") && str_starts(s, "localhost"));
}

/* [a-z0-9]+ with one of ".", "_", "__", "-", "--", ... in between. */
static int check_component(const char *s, size_t n, struct err *e)
{
	autostr char *part = xstrndup(s, n);
	const char *seps = "._-";
	char c = part[strspn(part, LOWER DIGITS "._-")];

	if (!n)
		return err_set(e, ERR_USAGE,
			       "the repository name has an empty part");
	if (c)
		return bad_char(c, "a repository name", e);
	if (strchr(seps, part[0]) || strchr(seps, part[n - 1]))
		return err_set(e, ERR_USAGE,
			       "'%s' in the repository name must start and end "
			       "with a letter or digit",
			       part);
	for (size_t i = strcspn(part, seps); i < n;
	     i += strcspn(part + i, seps)) {
		size_t run = strspn(part + i, seps);

		if (run > 1 && strspn(part + i, "-") != run &&
		    !(run == 2 && str_starts(part + i, "__")))
			return err_set(e, ERR_USAGE,
				       "'%.*s' can't separate words in a "
				       "repository name",
				       (int)run, part + i);
		i += run;
	}
	return 0;
}

static int check_repo(const char *repo, struct err *e)
{
	for (const char *s = repo;; s++) {
		size_t n = strcspn(s, "/");

		if (check_component(s, n, e))
			return -1;
		s += n;
		if (!*s)
			return 0;
	}
}

static int check_tag(const char *tag, struct err *e)
{
	char c = tag[strspn(tag, UPPER LOWER DIGITS "_.-")];

	if (!*tag)
		return err_set(e, ERR_USAGE, "the tag is empty");
	if (c) {
		autostr char *s = shown((char[]){ c, '\0' });

		return err_set(e, ERR_USAGE, "'%s' is not allowed in a tag", s);
	}
	if (*tag == '.' || *tag == '-')
		return err_set(e, ERR_USAGE, "a tag can't start with '%c'",
			       *tag);
	if (strlen(tag) > TAG_LEN)
		return err_set(e, ERR_USAGE,
			       "the tag has %zu characters, more than %d",
			       strlen(tag), TAG_LEN);
	return 0;
}

/* What could be a password is known before anything is repeated in a message:
 * nothing but a digest may follow the first '@'. */
static int check_secret(const char *text, struct err *e)
{
	const char *at = strchr(text, '@');

	if (!at || (!strpbrk(at + 1, "/@") &&
		    (str_starts(at, "@sha256:") || str_starts(at, "@sha512:"))))
		return 0;
	return err_set(e, ERR_USAGE,
		       "reference: what follows '@' is no digest (sha256:... "
		       "or sha512:...); a user name or password can't be part "
		       "of a reference");
}

static int check_whole(const char *text, struct err *e)
{
	if (strlen(text) > TEXT_MAX)
		return err_set(e, ERR_USAGE,
			       "reference: has %zu characters, more than %d",
			       strlen(text), TEXT_MAX);
	if (!text[strspn(text, " \t")])
		return err_set(e, ERR_USAGE, "reference: is empty");
	return check_secret(text, e);
}

/* Cut the tag off NAME. */
static int split_tag(char *name, struct ref *r, struct err *e)
{
	char *slash = strrchr(name, '/');
	char *colon = strchr(slash ? slash : name, ':');

	if (!colon)
		return 0;
	*colon = '\0';
	r->tag = xstrdup(colon + 1);
	return check_tag(r->tag, e);
}

/* "quay./x" is host "quay", but "quay/x" is Docker Hub's: two references must
 * not have one name. */
static int check_qualified(const char *host, struct err *e)
{
	if (is_host(host, strlen(host)))
		return 0;
	return err_set(e, ERR_USAGE,
		       "host '%s' has neither a dot inside nor a port", host);
}

/* NAME is HOST/PATH or PATH. */
static int split_host(const char *name, struct ref *r, struct err *e)
{
	size_t n = strcspn(name, "/");
	autostr char *first = xstrndup(name, n);
	const char *repo = name;

	if (name[n] && is_host(name, n)) {
		r->host_given = true;
		r->host = read_host(first, e);
		if (!r->host || check_qualified(r->host, e))
			return -1;
		repo = name + n + 1;
	} else {
		r->host = xstrdup("docker.io");
	}
	if (!strcmp(r->host, "docker.io") && !strchr(repo, '/'))
		r->repo = str_fmt("library/%s", repo);
	else
		r->repo = xstrdup(repo);
	return check_repo(repo, e);
}

static int parse(const char *text, struct ref *r, struct err *e)
{
	autostr char *name = xstrndup(text, strcspn(text, "@"));

	if (*text == '/' || *text == '.')
		return err_set(e, ERR_USAGE, "is a path, not a reference");
	if (strstr(text, "://"))
		return err_set(e, ERR_USAGE, "a scheme ('://') is not allowed");
	if (text[strlen(name)] &&
	    digest_parse(text + strlen(name) + 1, &r->digest, e))
		return -1;
	if (split_tag(name, r, e) || split_host(name, r, e))
		return -1;
	if (strlen(r->host) + 1 + strlen(r->repo) > NAME_LEN)
		return err_set(e, ERR_USAGE,
			       "the name has %zu characters with its host, "
			       "more than %d",
			       strlen(r->host) + 1 + strlen(r->repo), NAME_LEN);
	if (!r->tag && !*r->digest.text)
		r->tag = xstrdup("latest");
	return 0;
}

int ref_parse(const char *text, struct ref *out, struct err *e)
{
	AUTO(ref) struct ref r = { 0 };
	static const char *const schemes[] = { "docker://", "oras://" };
	const char *rest = text;
	autostr char *s = NULL;

	*out = r;
	if (check_whole(text, e))
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(schemes) && rest == text; i++)
		if (str_starts(text, schemes[i]))
			rest = text + strlen(schemes[i]);
	if (parse(rest, &r, e)) {
		s = shown(text);
		e->kind = ERR_USAGE; /* digest_parse says ERR_FORMAT */
		return err_ctx(e, "reference '%s'", s);
	}
	*out = r;
	r = (struct ref){ 0 };
	return 0;
}

void ref_clear(struct ref *r)
{
	free(r->host);
	free(r->repo);
	free(r->tag);
	*r = (struct ref){ 0 };
}

/* NAME with tag and digest behind it. */
static char *full(const char *host, const char *repo, const struct ref *r)
{
	return str_fmt("%s%s%s%s%s%s%s", host, *host ? "/" : "", repo,
		       r->tag ? ":" : "", r->tag ? r->tag : "",
		       *r->digest.text ? "@" : "", r->digest.text);
}

char *ref_name(const struct ref *r)
{
	return full(r->host, r->repo, r);
}

/* The host stays where the rest alone would be read differently: docker.io's
 * "my.org/x" is not my.org's "x". */
char *ref_short(const struct ref *r)
{
	const char *library = "library/";
	const char *repo = r->repo;

	if (strcmp(r->host, "docker.io") != 0)
		return ref_name(r);
	if (str_starts(repo, library) && !strchr(repo + strlen(library), '/'))
		return full("", repo + strlen(library), r);
	if (is_host(repo, strcspn(repo, "/")))
		return ref_name(r);
	return full("", repo, r);
}

const char *ref_want(const struct ref *r)
{
	return *r->digest.text ? r->digest.text : r->tag;
}

char *ref_read_host(const char *host, struct err *e)
{
	autostr char *name = NULL;
	autostr char *s = NULL;

	if (strchr(host, '@')) {
		err_set(e, ERR_USAGE,
			"host: a user name or password can't be part of a "
			"registry's name");
		return NULL;
	}
	if (str_eq(host, "http:") || str_eq(host, "https:")) {
		err_set(e, ERR_USAGE,
			"host '%s': a scheme ('://') is not allowed", host);
		return NULL;
	}
	name = read_host(host, e);
	if (name && strlen(name) <= NAME_LEN)
		return TAKE(name);
	if (name)
		err_set(e, ERR_USAGE, "has more than %d characters", NAME_LEN);
	s = shown(host);
	err_ctx(e, "host '%s'", s);
	return NULL;
}
