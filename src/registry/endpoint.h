/* endpoint.h - the places that are asked for a reference, in order: mirrors,
 * the location, the registries searched for a name without a host.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef REGISTRY_ENDPOINT_H
#define REGISTRY_ENDPOINT_H

#include "format/regconf.h"

#include <stdbool.h>

#define ENDPOINTS_MAX 64

struct auth;

struct endpoint {
	char *host;      /* asked: "registry-1.docker.io" for docker.io */
	char *cred_host; /* credentials are stored under it */
	char *repo;
	bool insecure; /* any certificate, and plain HTTP */
	bool same;     /* the one before under another name: asked if that
			* has no such manifest */
	/* What client.c finds out. */
	struct auth *auth; /* or NULL as yet */
	bool https;
	bool settled; /* that `https` is right */
};

struct endpoints {
	struct endpoint *v;
	size_t n;
	size_t cap;
};

/* All endpoints for REF, at least one. A name without a host is REGISTRY's if
 * that is not NULL (HOST[:PORT][/PREFIX]; under library/alpine, then alpine,
 * since mirrors of docker.io differ in this), else its alias, else it is
 * searched for, else it is docker.io's. Behind each name stand the mirrors that
 * C has for it and its location. What REGISTRY names stays as it is, but
 * `insecure` and `blocked` hold for it. ERR_USAGE for a malformed REGISTRY,
 * ERR_AUTH for what is blocked, ERR_FORMAT for a location or an alias that
 * makes no name. */
MUST_CHECK int endpoint_list(const struct regconf *c, const struct ref *ref,
			     const char *registry, struct endpoints *out,
			     struct err *e);
void endpoint_clear(struct endpoints *l);
AUTO_DEFINE(endpoint, struct endpoints, endpoint_clear)

/* "https://HOST" or "http://HOST", as it is known by now. Caller frees. */
char *endpoint_url(const struct endpoint *p);

#endif
