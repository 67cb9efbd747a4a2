/* user.c - who runs the command: names, groups, passwd and group files.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "run/user.h"

#include "base/mem.h"
#include "base/str.h"
#include "base/userdb.h"

#include <stdbool.h>
#include <string.h>
#include <unistd.h>

/* What the kernel shows for an id that the user namespace does not map; see
 * user_namespaces(7), /proc/sys/kernel/overflowuid. */
#define NOBODY 65534
#define NO_SHELL "/sbin/nologin"

/* Could S, which anybody may have set, be a user's name? */
static bool is_name(const char *s)
{
	return userdb_is_field(s) && !strpbrk(s, "/, \t\r");
}

static void add_group(struct user *u, gid_t gid, char *name)
{
	for (size_t i = 0; i < u->n_groups; i++)
		if (u->groups[i].gid == gid) {
			free(name);
			return;
		}
	u->groups[u->n_groups++] = (struct user_group){
		.gid = gid,
		.name = name ? name : str_fmt("gid%u", gid),
	};
}

/* The primary one first; the kernel may name it again. */
static void add_groups(struct user *u)
{
	int n = getgroups(0, NULL);
	size_t max = (size_t)(n > 0 ? n : 0) + 1;
	autostr gid_t *gids = xcalloc(max, sizeof *gids);
	autostr char **names = xcalloc(max, sizeof *names);

	gids[0] = u->gid;
	n = n > 0 ? getgroups(n, gids + 1) : 0;
	max = (size_t)(n > 0 ? n : 0) + 1;
	userdb_groups(gids, max, names);
	u->groups = xcalloc(max, sizeof *u->groups);
	for (size_t i = 0; i < max; i++)
		add_group(u, gids[i], names[i]);
}

void user_lookup(struct user *u, const char *hint)
{
	struct nss_user known;

	*u = (struct user){ .uid = geteuid(), .gid = getegid() };
	if (userdb_user(u->uid, &known)) {
		u->name = known.name;
		u->gecos = known.gecos;
		u->home = known.home;
		u->shell = known.shell;
	} else {
		u->name = is_name(hint) ? xstrdup(hint)
					: str_fmt("uid%u", u->uid);
		u->gecos = xstrdup("");
	}
	add_groups(u);
}

void user_clear(struct user *u)
{
	for (size_t i = 0; i < u->n_groups; i++)
		free(u->groups[i].name);
	free(u->groups);
	free(u->name);
	free(u->gecos);
	free(u->home);
	free(u->shell);
	*u = (struct user){ 0 };
}

static bool has_name(const struct userdb_line *l, const char *name)
{
	return strlen(name) == l->name_len &&
	       !memcmp(l->name, name, l->name_len);
}

/* The name that TEXT, a passwd or group file, has for ID. Caller frees. */
static char *name_in(const char *text, unsigned id, const char *otherwise)
{
	while (*text) {
		size_t n = strcspn(text, "\n");
		struct userdb_line l = userdb_parse(text, n);

		if (l.has_id && l.id == id && l.name_len)
			return xstrndup(l.name, l.name_len);
		text += n + (text[n] == '\n');
	}
	return id ? str_fmt("%s%u", otherwise, id) : xstrdup("root");
}

static void become_group(struct user *u, gid_t gid, const char *group)
{
	size_t n = 1;

	u->gid = gid;
	free(u->groups[0].name);
	u->groups[0] = (struct user_group){
		.gid = gid,
		.name = name_in(group, gid, "gid"),
	};
	/* One of the others may be called the same. */
	for (size_t i = 1; i < u->n_groups; i++) {
		if (u->groups[i].gid == gid)
			free(u->groups[i].name);
		else
			u->groups[n++] = u->groups[i];
	}
	u->n_groups = n;
}

void user_become(struct user *u, uid_t uid, gid_t gid, const char *passwd,
		 const char *group)
{
	if (uid != u->uid) {
		u->uid = uid;
		free(u->name);
		u->name = name_in(passwd, uid, "uid");
	}
	if (gid != u->gid)
		become_group(u, gid, group);
}

static bool is_user(const struct user *u, const struct userdb_line *l)
{
	return has_name(l, u->name) || (l->has_id && l->id == u->uid);
}

static bool is_group(const struct user *u, const struct userdb_line *l)
{
	for (size_t i = 0; i < u->n_groups; i++)
		if (has_name(l, u->groups[i].name) ||
		    (l->has_id && l->id == u->groups[i].gid))
			return true;
	return false;
}

/* Copy the lines of TEXT that are not ours to OUT; *NOBODY_SEEN tells whether
 * the id 65534 is among them. */
static void keep_others(const struct user *u, const char *text,
			bool (*is_ours)(const struct user *,
					const struct userdb_line *),
			struct str *out, bool *nobody_seen)
{
	*nobody_seen = false;
	while (*text) {
		size_t n = strcspn(text, "\n");
		struct userdb_line l = userdb_parse(text, n);

		if (n && !is_ours(u, &l)) {
			str_addn(out, text, n);
			str_addc(out, '\n');
			*nobody_seen |= l.has_id && l.id == NOBODY;
		}
		text += n + (text[n] == '\n');
	}
}

char *user_passwd(const struct user *u, const char *text, const char *home,
		  const char *shell)
{
	AUTO(str) struct str out = { 0 };
	bool nobody_seen;

	keep_others(u, text, is_user, &out, &nobody_seen);
	str_addf(&out, "%s:x:%u:%u:%s:%s:%s\n", u->name, u->uid, u->gid,
		 u->gecos, userdb_is_field(home) ? home : "/", shell);
	if (!nobody_seen && u->uid != NOBODY)
		str_addf(&out, "nobody:x:%d:%d:nobody:/:" NO_SHELL "\n", NOBODY,
			 NOBODY);
	return str_take(&out);
}

char *user_groups(const struct user *u, const char *text)
{
	AUTO(str) struct str out = { 0 };
	bool nobody_seen;

	keep_others(u, text, is_group, &out, &nobody_seen);
	for (size_t i = 0; i < u->n_groups; i++) {
		str_addf(&out, "%s:x:%u:%s\n", u->groups[i].name,
			 u->groups[i].gid, u->name);
		nobody_seen |= u->groups[i].gid == NOBODY;
	}
	if (!nobody_seen)
		str_addf(&out, "nogroup:x:%d:\n", NOBODY);
	return str_take(&out);
}
