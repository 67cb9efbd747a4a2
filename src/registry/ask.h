/* ask.h - one question to one endpoint: which scheme it speaks, what it wants
 * for a login, and its answer.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef REGISTRY_ASK_H
#define REGISTRY_ASK_H

#include "registry/auth.h"
#include "registry/endpoint.h"
#include "registry/http.h"

struct asker {
	struct http *http;
	const struct auth_paths *paths;
	struct endpoint *at;
};

struct ask {
	const char *method; /* "GET" or "HEAD" */
	const char *kind;   /* "manifests", "blobs"; NULL: nothing, just ask */
	const char *name;
	const char *accept;
	size_t limit;
	bool once; /* there is another endpoint: when the connection fails
		    * don't try it again */
};

/* URL of NAME, one of KIND. Caller frees. */
char *ask_url(const struct endpoint *at, const char *kind, const char *name);
/* What is known of the login there. Borrowed from the endpoint. */
struct auth *ask_auth(const struct asker *a);

/* Find out the scheme if no request has yet. */
MUST_CHECK int ask_settle(const struct asker *a, struct err *e);
/* Ask until there is a 200: whatever auth can do is done. The last answer stays
 * in R on failure, too (status 0: none came). ERR_NET, ERR_NOTFOUND, ERR_AUTH,
 * ERR_LIMIT, ERR_FORMAT. */
MUST_CHECK int ask_do(const struct asker *a, const struct ask *k,
		      struct http_response *r, struct err *e);

#endif
