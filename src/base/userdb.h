/* userdb.h - names of users and groups: passwd(5), group(5), then the name
 * service.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The host's own files are what nearly every nsswitch.conf(5) asks first.
 * Reading them ourselves saves a local user the start of the name service,
 * which takes longer than all the mounts of a container.
 */
#ifndef BASE_USERDB_H
#define BASE_USERDB_H

#include "base/auto.h"
#include "base/nss.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* The user with UID, whose name is not empty and has neither ':' nor newline;
 * false and nothing in *OUT if nobody knows. */
bool userdb_user(uid_t uid, struct nss_user *out);
void userdb_clear(struct nss_user *u);
AUTO_DEFINE(userdb, struct nss_user, userdb_clear)

/* The names of the N groups GIDS, NULL where nobody knows one. Caller frees
 * each. */
void userdb_groups(const gid_t *gids, size_t n, char **names);
/* The name of one, or NULL. Caller frees. */
char *userdb_group(gid_t gid);

/* Does S fit in a field? Directory services do give groups with blanks. */
bool userdb_is_field(const char *s);

/* A line "NAME:x:ID:..." of either file, of N bytes. */
struct userdb_line {
	const char *name;
	size_t name_len;
	bool has_id;
	unsigned long id;
};
struct userdb_line userdb_parse(const char *text, size_t n);

#endif
