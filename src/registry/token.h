/* token.h - a Bearer token from the realm that a registry names (distribution
 * token specification; OAuth 2.0 for identity tokens).
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef REGISTRY_TOKEN_H
#define REGISTRY_TOKEN_H

#include "format/authfile.h"
#include "format/challenge.h"
#include "registry/http.h"

#define TOKEN_ANSWER_MAX (1u << 20)
#define TOKEN_MAX (64u << 10)

struct token_ask {
	struct http *http;
	const char *base;                  /* the registry, for the rules */
	const char *repo;                  /* if the challenge has no scope */
	const struct challenge *challenge; /* with a realm */
	const struct credential *cred;     /* or NULL: anonymous */
};

/* The token, printable ASCII. Caller frees (and wipes). The realm must be
 * https, or plain on the registry's own host (if that is loopback: on any
 * loopback host); it must not be a local address when the registry is not.
 * ERR_AUTH if it refuses the credentials or may not have them, else ERR_NET,
 * ERR_FORMAT, ERR_LIMIT. */
char *token_get(const struct token_ask *ask, struct err *e);

/* "Basic ..." for C's user and password. Caller frees. ERR_AUTH for a user
 * with a colon (RFC 7617, 2). */
char *token_basic(const struct credential *c, struct err *e);

#endif
