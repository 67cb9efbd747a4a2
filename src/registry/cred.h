/* cred.h - stored credentials for a registry: which files, in which order, and
 * the credential helpers they name (containers-auth.json(5)).
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef REGISTRY_CRED_H
#define REGISTRY_CRED_H

#include "base/str.h"
#include "format/authfile.h"

#include <sys/types.h>

/* Where files are looked for; what was read from the environment in main. */
struct auth_paths {
	const char *file;        /* --authfile or its variables, or NULL */
	const char *runtime_dir; /* $XDG_RUNTIME_DIR or NULL */
	uid_t uid;               /* for where it is not set */
	const char *home;        /* $HOME or NULL */
	const char *config_home; /* $XDG_CONFIG_HOME or NULL */
	const char *docker_dir;  /* $DOCKER_CONFIG or NULL */
	int timeout_s;           /* for a credential helper; 0: for ever */
};

struct cred {
	struct credential c; /* c.user or c.identity set: something was found */
	char *file;          /* where, or NULL */
	struct str looked;   /* "'A', 'B'": all that was looked into */
};

/* Look HOST and REPO up: in `file` alone if set, else in
 * RUNTIME_DIR/containers/auth.json (by default /run/containers/UID/auth.json),
 * CONFIG_HOME/containers/auth.json (by default ~/.config) and
 * DOCKER_DIR/config.json (by default ~/.docker); the first hit wins. A helper
 * is run as docker-credential-NAME. What can't be read, is malformed, fails or
 * hangs is warned about and passed over: most images need no credentials. */
void cred_find(const struct auth_paths *paths, const char *host,
	       const char *repo, struct cred *out);
bool cred_found(const struct cred *c);
void cred_clear(struct cred *c);
AUTO_DEFINE(cred, struct cred, cred_clear)

/* str_clear for text with a secret: AUTO(secret) struct str s = { 0 }; */
void cred_wipe(struct str *s);
AUTO_DEFINE(secret, struct str, cred_wipe)

#endif
