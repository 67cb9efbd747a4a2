/* auth.c - from a registry's refusal to an Authorization field.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Observed in the wild, and the reason for dropping a token and asking bare
 * once more: ECR Public answers 400 for an expired token, Harbor offers only
 * Basic when any Authorization is present, others send 401 without challenge
 * (aws/containers-roadmap#2835, goharbor/harbor#17930).
 */
#include "config.h"

#include "registry/auth.h"

#include "base/intr.h"
#include "base/log.h"
#include "base/mem.h"
#include "format/challenge.h"
#include "registry/token.h"

#include <string.h>

#define STEPS_MAX 5 /* refusals in a row: bare, token, bare, token, bare */

enum level { LEVEL_NONE, LEVEL_CRED, LEVEL_ANON };

struct auth {
	struct http *http;
	char *host; /* credentials are stored under it */
	char *repo;
	char *base;
	const struct auth_paths *paths;
	struct cred cred;
	bool looked;       /* for credentials */
	bool cred_refused; /* by the token server */
	bool bearer;       /* was asked for: no Basic from now on */
	bool worked;       /* since the last token was got */
	enum level level;  /* of what was sent last */
	int steps;         /* since something worked */
	char *field;
	unsigned generation;
};

struct auth *auth_new(struct http *h, const char *host, const char *repo,
		      const char *base, const struct auth_paths *paths)
{
	struct auth *a = xcalloc(1, sizeof(*a));

	a->http = h;
	a->host = xstrdup(host);
	a->repo = xstrdup(repo);
	a->base = xstrdup(base);
	a->paths = paths;
	return a;
}

/* Takes FIELD, which may be NULL. */
static void set_field(struct auth *a, char *field)
{
	if (a->field)
		explicit_bzero(a->field, strlen(a->field));
	free(a->field);
	a->field = field;
	a->generation++;
}

void auth_free(struct auth *a)
{
	if (!a)
		return;
	set_field(a, NULL);
	cred_clear(&a->cred);
	free(a->host);
	free(a->repo);
	free(a->base);
	free(a);
}

const char *auth_field(const struct auth *a)
{
	return a->field;
}

unsigned auth_generation(const struct auth *a)
{
	return a->generation;
}

void auth_worked(struct auth *a)
{
	a->worked = true;
	a->steps = 0;
}

static bool has_token(const struct auth *a)
{
	return a->field && str_starts(a->field, "Bearer ");
}

bool auth_may_help(const struct auth *a, int status)
{
	return status == 401 ||
	       ((status == 400 || status == 403) && has_token(a));
}

static int look_once(struct auth *a, struct err *e)
{
	if (!a->looked)
		cred_find(a->paths, a->host, a->repo, &a->cred);
	a->looked = true;
	return intr_check(e); /* a helper may have been waited for */
}

/* Nothing is left to try. */
static int give_up(struct auth *a, int status, struct err *e)
{
	autostr char *host = http_host(a->base);
	const struct cred *c = &a->cred;

	if (look_once(a, e))
		return -1;
	if (!cred_found(c))
		return err_http(e, status,
				"access refused by '%s': it does not exist or "
				"needs a login; no credentials for '%s' in %s",
				host, a->host,
				c->looked.len ? c->looked.p : "any file");
	return err_http(e, status,
			"access refused by '%s' with the credentials of '%s' "
			"in '%s'%s",
			host, c->c.entry ? c->c.entry : a->host, c->file,
			a->cred_refused ? ", which its token server refuses"
					: "");
}

/* May a secret be sent to the registry itself? */
static int check_base(const struct auth *a, struct err *e)
{
	autostr char *host = http_host(a->base);

	if (http_is_https(a->base) || http_is_loopback(a->base))
		return 0;
	return err_set(e, ERR_AUTH,
		       "'%s' asks for a login, but credentials are not sent "
		       "over plain HTTP",
		       host);
}

static int step_basic(struct auth *a, int status, struct err *e)
{
	if (look_once(a, e))
		return -1;
	if (a->field || !a->cred.c.user)
		return give_up(a, status, e);
	if (check_base(a, e))
		return -1;
	a->level = LEVEL_CRED;
	set_field(a, token_basic(&a->cred.c, e));
	return a->field ? 0 : -1;
}

/* A token, with the credentials at hand if WITH_CRED. */
static int get_token(struct auth *a, const struct challenge *c, bool with_cred,
		     struct err *e)
{
	struct token_ask ask = {
		.http = a->http,
		.base = a->base,
		.repo = a->repo,
		.challenge = c,
		.cred = with_cred ? &a->cred.c : NULL,
	};
	autostr char *token = token_get(&ask, e);

	if (!token)
		return -1;
	set_field(a, str_fmt("Bearer %s", token));
	explicit_bzero(token, strlen(token));
	a->level = with_cred ? LEVEL_CRED : LEVEL_ANON;
	return 0;
}

/* A token server that has none for the anonymous wants a login. */
static int get_anonymous(struct auth *a, const struct challenge *c,
			 struct err *e)
{
	if (!get_token(a, c, false, e))
		return 0;
	return e->kind == ERR_AUTH ? give_up(a, e->code, e) : -1;
}

static int step_bearer(struct auth *a, const struct challenge *c, int status,
		       struct err *e)
{
	bool renew = a->worked;

	a->bearer = true;
	a->worked = false;
	if (look_once(a, e))
		return -1;
	if (a->level != LEVEL_NONE && !renew)
		return give_up(a, status, e);
	set_field(a, NULL);
	if (!cred_found(&a->cred) || a->cred_refused)
		return get_anonymous(a, c, e);
	if (!get_token(a, c, true, e))
		return 0;
	if (e->kind != ERR_AUTH)
		return -1;
	a->cred_refused = true;
	log_warn("%s; the credentials of '%s' in '%s' are left aside", e->msg,
		 a->cred.c.entry ? a->cred.c.entry : a->host, a->cred.file);
	return get_anonymous(a, c, e);
}

int auth_step(struct auth *a, const struct http_response *r, struct err *e)
{
	AUTO(challenge) struct challenge c = { 0 };
	autostr char *asked = http_host(a->base);
	autostr char *host = http_host(r->url);
	int status = r->head.status;

	if (!http_same_origin(r->url, a->base))
		return err_http(e, status,
				"access refused by '%s', to which '%s' "
				"redirects",
				host, asked);
	if (++a->steps > STEPS_MAX)
		return give_up(a, status, e);
	for (size_t i = 0; i < r->head.authenticate.n; i++)
		challenge_add(&c, r->head.authenticate.v[i]);
	if (has_token(a) && (status != 401 || !c.bearer)) {
		set_field(a, NULL);
		return 0;
	}
	if (c.bearer && c.realm)
		return step_bearer(a, &c, status, e);
	if (c.basic && !a->bearer)
		return step_basic(a, status, e);
	if (a->bearer || a->field)
		return give_up(a, status, e);
	return err_http(e, status,
			"'%s' asks for a login in a way that is not known",
			host);
}
