/* user.h - who runs the command, and the passwd and group files that say so
 * inside.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Names come from the host's name service (files, LDAP, SSSD), which must be
 * asked before the container is entered: inside, the image would decide which
 * libraries answer. The files are the image's own entries with ours added, so
 * that software in the image keeps its service accounts and the user keeps his
 * name and groups. See passwd(5), group(5).
 */
#ifndef RUN_USER_H
#define RUN_USER_H

#include "base/auto.h"

#include <sys/types.h>

struct user_group {
	gid_t gid;
	char *name;
};

struct user {
	uid_t uid;
	gid_t gid;
	char *name;
	char *gecos;
	char *home;                /* of the password database, or NULL */
	char *shell;               /* the same */
	struct user_group *groups; /* the primary one first */
	size_t n_groups;
};

/* Look up the process's effective user and all its groups. Where nobody knows
 * the uid, the name is HINT ($USER, may be NULL) if it can be one, else
 * "uid1000"; unknown groups are "gid1000". Never fails. */
void user_lookup(struct user *u, const char *hint);
void user_clear(struct user *u);
AUTO_DEFINE(user, struct user, user_clear)

/* Make U the user UID of the group GID, as whom --uid and --gid show him. His
 * names are what PASSWD and GROUP, the image's files, have for these, else
 * "root" or as above. Pure. */
void user_become(struct user *u, uid_t uid, gid_t gid, const char *passwd,
		 const char *group);

/* The passwd file: the lines of TEXT (the image's file, any bytes) without
 * those that have U's name or uid, then U with HOME and SHELL, then "nobody"
 * if there is no uid 65534. Pure. Caller frees. */
char *user_passwd(const struct user *u, const char *text, const char *home,
		  const char *shell);
/* The group file in the same way: all groups of U, with U as a member. */
char *user_groups(const struct user *u, const char *text);

#endif
