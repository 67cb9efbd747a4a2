/* nss.h - the name service: users and groups that only a directory knows.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The one place that calls getpwuid(3) and its kin, which load libraries
 * (LDAP, SSSD) into the process and so can't be in a static program. Ask
 * userdb.h, which comes here only for what the host's files lack.
 */
#ifndef BASE_NSS_H
#define BASE_NSS_H

#include <stdbool.h>
#include <sys/types.h>

/* Caller frees each; userdb_clear does. */
struct nss_user {
	char *name;
	char *gecos;
	char *home;
	char *shell;
};

/* The user with UID; false and nothing in *OUT if nobody knows. */
bool nss_user(uid_t uid, struct nss_user *out);
/* The name of the group GID, or NULL. Caller frees. */
char *nss_group(gid_t gid);

#endif
