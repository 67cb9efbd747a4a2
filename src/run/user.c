/* user.c - who runs the command: names, groups, passwd and group files.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "run/user.h"

#include "base/io.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/strlist.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

/* What the kernel shows for an id that the user namespace does not map; see
 * user_namespaces(7), /proc/sys/kernel/overflowuid. */
#define NOBODY 65534
#define NO_SHELL "/sbin/nologin"

/* Longer ones are left to the name service. */
#define FILE_MAX ((size_t)4 << 20)
#define PASSWD_FIELDS 7
#define GROUP_FIELDS 4

/* Does S fit in a field? Directory services do give groups with blanks. */
static bool is_field(const char *s)
{
	return s && *s && !strpbrk(s, ":\n");
}

/* Could S, which anybody may have set, be a user's name? */
static bool is_name(const char *s)
{
	return is_field(s) && !strpbrk(s, "/, \t\r");
}

/* A line "NAME:x:ID:..." of either file. */
struct line {
	const char *name;
	size_t name_len;
	bool has_id;
	unsigned long id;
};

static struct line parse_line(const char *text, size_t n)
{
	const char *end = text + n;
	const char *colon = memchr(text, ':', n);
	struct line l = {
		.name = text,
		.name_len = colon ? (size_t)(colon - text) : n,
	};
	const char *id =
		colon ? memchr(colon + 1, ':', (size_t)(end - colon - 1))
		      : NULL;

	if (!id)
		return l;
	while (++id < end && *id >= '0' && *id <= '9' && l.id < 1UL << 33) {
		l.id = l.id * 10 + (unsigned long)(*id - '0');
		l.has_id = true;
	}
	return l;
}

/* The host's own files are what nearly every nsswitch.conf(5) asks first.
 * Asking them ourselves, once for all groups, saves a local user the start of
 * the name service, which takes longer than all our mounts. */
struct files {
	struct str passwd;
	struct str group;
};

static void read_files(struct files *f)
{
	struct err ignored = { 0 }; /* then the name service knows */

	if (io_read_file(AT_FDCWD, "/etc/passwd", FILE_MAX, &f->passwd,
			 &ignored))
		str_clear(&f->passwd);
	if (io_read_file(AT_FDCWD, "/etc/group", FILE_MAX, &f->group, &ignored))
		str_clear(&f->group);
}

/* The line of ID in TEXT, a passwd or group file, split at its colons; false
 * if there is none with N fields. */
static bool find_id(const char *text, unsigned id, size_t n,
		    struct strlist *fields)
{
	while (*text) {
		size_t len = strcspn(text, "\n");
		struct line l = parse_line(text, len);

		if (l.has_id && l.id == id && l.name_len) {
			autostr char *line = xstrndup(text, len);

			strlist_split(fields, line, ':', true);
			return fields->n == n;
		}
		text += len + (text[len] == '\n');
	}
	return false;
}

/* Name of the group GID; caller frees. */
static char *group_name(const struct files *f, gid_t gid)
{
	AUTO(strlist) struct strlist fields = { 0 };
	const struct group *g;

	if (find_id(str_text(&f->group), gid, GROUP_FIELDS, &fields))
		return xstrdup(fields.v[0]);
	g = getgrgid(gid);
	return g && is_field(g->gr_name) ? xstrdup(g->gr_name)
					 : str_fmt("gid%u", gid);
}

static void add_group(struct user *u, const struct files *f, gid_t gid)
{
	for (size_t i = 0; i < u->n_groups; i++)
		if (u->groups[i].gid == gid)
			return;
	u->groups[u->n_groups++] = (struct user_group){
		.gid = gid,
		.name = group_name(f, gid),
	};
}

static void add_groups(struct user *u, const struct files *f)
{
	int n = getgroups(0, NULL);
	autostr gid_t *gids =
		xcalloc((size_t)(n > 0 ? n : 0) + 1, sizeof *gids);

	n = n > 0 ? getgroups(n, gids) : 0;
	u->groups = xcalloc((size_t)(n > 0 ? n : 0) + 1, sizeof *u->groups);
	add_group(u, f, u->gid);
	for (int i = 0; i < n; i++)
		add_group(u, f, gids[i]);
}

/* The fields of passwd(5): name, password, uid, gid, gecos, home, shell. */
static bool find_in_files(struct user *u, const struct files *f)
{
	AUTO(strlist) struct strlist fields = { 0 };

	if (!find_id(str_text(&f->passwd), u->uid, PASSWD_FIELDS, &fields))
		return false;
	u->name = xstrdup(fields.v[0]);
	u->gecos = xstrdup(fields.v[4]);
	u->home = xstrdup(fields.v[5]);
	u->shell = xstrdup(fields.v[6]);
	return true;
}

static bool find_by_service(struct user *u)
{
	const struct passwd *p = getpwuid(u->uid);

	if (!p || !is_field(p->pw_name))
		return false;
	u->name = xstrdup(p->pw_name);
	u->gecos = xstrdup(p->pw_gecos ? p->pw_gecos : "");
	u->home = xstrdup(p->pw_dir ? p->pw_dir : "");
	u->shell = xstrdup(p->pw_shell ? p->pw_shell : "");
	return true;
}

void user_lookup(struct user *u, const char *hint)
{
	struct files f = { 0 };

	*u = (struct user){ .uid = geteuid(), .gid = getegid() };
	read_files(&f);
	if (!find_in_files(u, &f) && !find_by_service(u)) {
		u->name = is_name(hint) ? xstrdup(hint)
					: str_fmt("uid%u", u->uid);
		u->gecos = xstrdup("");
	}
	add_groups(u, &f);
	str_clear(&f.passwd);
	str_clear(&f.group);
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

static bool has_name(const struct line *l, const char *name)
{
	return strlen(name) == l->name_len &&
	       !memcmp(l->name, name, l->name_len);
}

static bool is_user(const struct user *u, const struct line *l)
{
	return has_name(l, u->name) || (l->has_id && l->id == u->uid);
}

static bool is_group(const struct user *u, const struct line *l)
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
					const struct line *),
			struct str *out, bool *nobody_seen)
{
	*nobody_seen = false;
	while (*text) {
		size_t n = strcspn(text, "\n");
		struct line l = parse_line(text, n);

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
		 u->gecos, is_field(home) ? home : "/", shell);
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
