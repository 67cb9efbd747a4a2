/* authfile.h - credentials in Docker's config.json and containers' auth.json
 * (containers-auth.json(5)).
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef FORMAT_AUTHFILE_H
#define FORMAT_AUTHFILE_H

#include "base/err.h"

struct credential {
	char *user;     /* or NULL: nothing found */
	char *password; /* wiped when cleared */
	char *identity; /* identitytoken or NULL */
	char *entry;    /* the key that matched, for messages */
	char *helper;   /* credential helper to ask ("osxkeychain") or NULL */
};

void credential_clear(struct credential *c);
AUTO_DEFINE(credential, struct credential, credential_clear)

/* Look HOST and REPO up in TEXT of the file NAME (for messages):
 * credHelpers[host], then `auths` by longest path (HOST/a/b, HOST/a, HOST),
 * then credsStore. docker.io is also known as "https://index.docker.io/v1/";
 * keys may carry a scheme or a path
 * ("https://HOST/v1/"). Nothing found: success with everything NULL.
 * ERR_FORMAT for a malformed file; no secret is in the message. */
MUST_CHECK int authfile_find(const char *name, const void *text, size_t n,
			     const char *host, const char *repo,
			     struct credential *out, struct err *e);

#endif
