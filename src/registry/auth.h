/* auth.h - what to put into Authorization for one registry and repository:
 * nothing, Basic, or a Bearer token (distribution token specification).
 * SPDX-License-Identifier: Apache-2.0
 *
 * Nothing is sent until the registry asks. Then stored credentials (cred.h) are
 * used, and if there are none, or the token server does not take them, an
 * anonymous token. Credentials first, because a registry that knows the user
 * counts by user and not by the address of a whole cluster. A secret goes to
 * its own registry over https (or loopback) and to the token realm it names
 * over https, nowhere else; it is never in a message. A registry that asked
 * for Bearer is not given Basic later on.
 */
#ifndef REGISTRY_AUTH_H
#define REGISTRY_AUTH_H

#include "base/err.h"
#include "registry/cred.h"
#include "registry/http.h"

struct auth;

/* HOST as in the reference (credentials are looked up under it), BASE the URL
 * of the registry in use. H, PATHS stay the caller's and must outlive it. */
struct auth *auth_new(struct http *h, const char *host, const char *repo,
		      const char *base, const struct auth_paths *paths);
void auth_free(struct auth *a);
AUTO_DEFINE_PTR(auth, struct auth, auth_free)

/* The current Authorization field value, borrowed, or NULL. */
const char *auth_field(const struct auth *a);
/* Counts the changes of auth_field: who was refused with an older value need
 * only ask again. */
unsigned auth_generation(const struct auth *a);

/* May auth_step help after an answer with STATUS? True for 401, and for 400
 * and 403 with a token attached, which some registries say for expired ones.
 */
bool auth_may_help(const struct auth *a, int status);
/* The registry refused with R, which auth_may_help: get what its challenge asks
 * for, or drop a token that it did not like, and ask again. A token that has
 * worked is renewed. Ends after a few steps without success: ERR_AUTH when
 * nothing is left to try, saying which file and entry was used or where one
 * was looked for. */
MUST_CHECK int auth_step(struct auth *a, const struct http_response *r,
			 struct err *e);
/* The last answer was good: a later refusal means an expired token. */
void auth_worked(struct auth *a);

#endif
