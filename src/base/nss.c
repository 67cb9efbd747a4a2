/* nss.c - the name service: users and groups that only a directory knows.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/nss.h"

#include "base/mem.h"

#include <grp.h>
#include <pwd.h>

bool nss_user(uid_t uid, struct nss_user *out)
{
	const struct passwd *p = getpwuid(uid);

	if (!p)
		return false;
	*out = (struct nss_user){
		.name = xstrdup(p->pw_name),
		.gecos = xstrdup(p->pw_gecos ? p->pw_gecos : ""),
		.home = xstrdup(p->pw_dir ? p->pw_dir : ""),
		.shell = xstrdup(p->pw_shell ? p->pw_shell : ""),
	};
	return true;
}

char *nss_group(gid_t gid)
{
	const struct group *g = getgrgid(gid);

	return g ? xstrdup(g->gr_name) : NULL;
}
