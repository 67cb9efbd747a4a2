/* userdb.c - names of users and groups: passwd(5), group(5), then the name
 * service.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/userdb.h"

#include "base/io.h"
#include "base/mem.h"
#include "base/strlist.h"

#include <fcntl.h>
#include <string.h>

/* Longer ones are left to the name service. */
#define FILE_MAX ((size_t)4 << 20)
#define PASSWD_FIELDS 7
#define GROUP_FIELDS 4

bool userdb_is_field(const char *s)
{
	return s && *s && !strpbrk(s, ":\n");
}

struct userdb_line userdb_parse(const char *text, size_t n)
{
	const char *end = text + n;
	const char *colon = memchr(text, ':', n);
	struct userdb_line l = {
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

static void read_file(const char *path, struct str *out)
{
	struct err ignored = { 0 }; /* then the name service knows */

	if (io_read_file(AT_FDCWD, path, FILE_MAX, out, &ignored))
		str_clear(out);
}

/* The line of ID in TEXT, a passwd or group file, split at its colons; false
 * if there is none with N fields. */
static bool find_id(const char *text, unsigned id, size_t n,
		    struct strlist *fields)
{
	while (*text) {
		size_t len = strcspn(text, "\n");
		struct userdb_line l = userdb_parse(text, len);

		if (l.has_id && l.id == id && l.name_len) {
			autostr char *line = xstrndup(text, len);

			strlist_split(fields, line, ':', true);
			return fields->n == n;
		}
		text += len + (text[len] == '\n');
	}
	return false;
}

void userdb_clear(struct nss_user *u)
{
	free(u->name);
	free(u->gecos);
	free(u->home);
	free(u->shell);
	*u = (struct nss_user){ 0 };
}

/* What can't stand in a line of passwd(5) is worth nothing to its readers. */
static void make_field(char *s)
{
	if (s && !userdb_is_field(s))
		*s = '\0';
}

static bool ask_user(uid_t uid, struct nss_user *out)
{
	if (!nss_user(uid, out))
		return false;
	if (!userdb_is_field(out->name))
		userdb_clear(out);
	make_field(out->gecos);
	make_field(out->shell);
	return out->name;
}

/* Caller frees. */
static char *ask_group(gid_t gid)
{
	autostr char *name = nss_group(gid);

	return userdb_is_field(name) ? TAKE(name) : NULL;
}

/* The fields of passwd(5): name, password, uid, gid, gecos, home, shell. */
bool userdb_user(uid_t uid, struct nss_user *out)
{
	AUTO(str) struct str text = { 0 };
	AUTO(strlist) struct strlist fields = { 0 };

	*out = (struct nss_user){ 0 };
	read_file("/etc/passwd", &text);
	if (!find_id(str_text(&text), uid, PASSWD_FIELDS, &fields))
		return ask_user(uid, out);
	*out = (struct nss_user){
		.name = xstrdup(fields.v[0]),
		.gecos = xstrdup(fields.v[4]),
		.home = xstrdup(fields.v[5]),
		.shell = xstrdup(fields.v[6]),
	};
	return true;
}

void userdb_groups(const gid_t *gids, size_t n, char **names)
{
	AUTO(str) struct str text = { 0 };

	read_file("/etc/group", &text);
	for (size_t i = 0; i < n; i++) {
		AUTO(strlist) struct strlist fields = { 0 };

		names[i] =
			find_id(str_text(&text), gids[i], GROUP_FIELDS, &fields)
				? xstrdup(fields.v[0])
				: ask_group(gids[i]);
	}
}

char *userdb_group(gid_t gid)
{
	char *name;

	userdb_groups(&gid, 1, &name);
	return name;
}
