/* challenge.c - what a WWW-Authenticate header field offers.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "format/challenge.h"

#include "base/mem.h"
#include "base/str.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* RFC 9110, 5.6.2: tchar. */
static size_t token_len(const char *p)
{
	size_t n = 0;

	while (p[n] && (isalnum((unsigned char)p[n]) ||
			strchr("!#$%&'*+-.^_`|~", p[n])))
		n++;
	return n;
}

/* The quoted string at *P, which moves behind it; NULL if it does not end or
 * holds a control character, which could end up in a request of ours. */
static char *read_quoted(const char **p)
{
	AUTO(str) struct str s = { 0 };
	const char *c;

	for (c = *p + 1; *c != '"'; c++) {
		if (*c == '\\' && c[1])
			c++;
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			return NULL;
		str_addc(&s, *c);
	}
	*p = c + 1;
	return str_take(&s);
}

/* The value behind '=' at *P, quoted or bare up to the next blank or comma. */
static char *read_value(const char **p)
{
	const char *start;
	size_t n;

	*p += strspn(*p, " \t");
	start = *p;
	if (*start == '"')
		return read_quoted(p);
	n = strcspn(start, " \t,");
	*p += n;
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)start[i] < 0x20 || start[i] == 0x7f)
			return NULL;
	return xstrndup(start, n);
}

/* Keep VALUE if NAME is one of ours and was not there before. */
static void keep(struct challenge *c, const char *name, size_t n, char *value)
{
	const struct {
		const char *name;
		char **to;
	} params[] = {
		{ "realm", &c->realm },
		{ "service", &c->service },
		{ "scope", &c->scope },
	};

	for (size_t i = 0; i < ARRAY_SIZE(params); i++) {
		if (strlen(params[i].name) != n || *params[i].to ||
		    strncasecmp(params[i].name, name, n) != 0)
			continue;
		*params[i].to = value;
		return;
	}
	free(value);
}

/* The parameters at *P, up to the next scheme or the end, into C. A token that
 * is not followed by '=' is the next scheme; one with '/' is the token68 of a
 * scheme that is not ours. False if malformed. Commas may be missing: some
 * registries forget them. */
static bool read_params(const char **p, struct challenge *c)
{
	for (;;) {
		const char *name, *at;
		char *value;
		size_t n;

		*p += strspn(*p, " \t,");
		if (!**p)
			return true;
		name = *p;
		n = token_len(name);
		if (name[n] == '/') {
			*p = name + strcspn(name, ",");
			continue;
		}
		at = name + n + strspn(name + n, " \t");
		if (*at != '=')
			return n > 0;
		*p = at + 1;
		value = read_value(p);
		if (!value)
			return false;
		keep(c, name, n, value);
	}
}

/* Add the complete challenge NEW of SCHEME to C. The first Bearer counts:
 * parameters of two are not mixed. */
static void commit(struct challenge *c, const char *scheme, size_t n,
		   struct challenge *new)
{
	if (n == strlen("Basic") && !strncasecmp(scheme, "Basic", n))
		c->basic = true;
	if (n != strlen("Bearer") || strncasecmp(scheme, "Bearer", n) != 0)
		return;
	if (!c->realm) {
		free(c->service);
		free(c->scope);
		c->realm = TAKE(new->realm);
		c->service = TAKE(new->service);
		c->scope = TAKE(new->scope);
	}
	c->bearer = true;
}

void challenge_add(struct challenge *c, const char *value)
{
	const char *p = value + strspn(value, " \t,");

	while (*p) {
		AUTO(challenge) struct challenge new = { 0 };
		const char *scheme = p;
		size_t n = token_len(p);

		p += n;
		if (!n || (*p && !strchr(" \t,", *p)) || !read_params(&p, &new))
			return;
		commit(c, scheme, n, &new);
	}
}

void challenge_clear(struct challenge *c)
{
	free(c->realm);
	free(c->service);
	free(c->scope);
	*c = (struct challenge){ 0 };
}
