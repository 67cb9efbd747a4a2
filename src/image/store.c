/* store.c - the user's images: an OCI image layout with trees beside it.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "image/store.h"

#include "base/dir.h"
#include "base/io.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "base/tmp.h"
#include "base/userdb.h"
#include "format/ocilayout.h"
#include "image/layout.h"
#include "image/lease.h"
#include "image/partial.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

enum trust {
	TRUST_DEFAULT, /* the default place: nobody but us */
	TRUST_NAMED,   /* named by the user: a group that we are in */
	TRUST_READ,    /* named, only read: whoever owns it */
};

char *store_default_path(void)
{
	AUTO(userdb) struct nss_user u = { 0 };

	if (userdb_user(geteuid(), &u) && !strchr(u.name, '/'))
		return str_fmt("/var/tmp/%s.ch", u.name);
	return str_fmt("/var/tmp/%u.ch", (unsigned)geteuid());
}

static bool goes_up(const char *path)
{
	const char *name;
	size_t len;

	while ((name = path_next(&path, &len)))
		if (len == 2 && !memcmp(name, "..", 2))
			return true;
	return false;
}

/* Not cleaned if it goes up: behind a symlink ".." is not what it looks like.
 */
static char *absolute(const char *path)
{
	autostr char *cwd = path[0] == '/' ? NULL : getcwd(NULL, 0);
	autostr char *full = cwd ? path_join(cwd, path) : xstrdup(path);

	return goes_up(path) ? TAKE(full) : path_clean(full);
}

char *store_path(const char *path)
{
	autostr char *fallback = path ? NULL : store_default_path();

	return absolute(path ? path : fallback);
}

static bool is_in_group(gid_t gid)
{
	int n = getgroups(0, NULL);
	autostr void *list =
		xcalloc((size_t)(n > 0 ? n : 0) + 1, sizeof(gid_t));
	const gid_t *v = list;

	if (gid == getegid())
		return true;
	n = getgroups(n > 0 ? n : 0, list);
	for (int i = 0; i < n; i++)
		if (v[i] == gid)
			return true;
	return false;
}

/* "group 'proj'", "user 'ann' (uid 1000)". */
static char *group_text(gid_t gid)
{
	autostr char *name = userdb_group(gid);

	return name ? str_fmt("group '%s'", name)
		    : str_fmt("group %u", (unsigned)gid);
}

static char *user_text(uid_t uid)
{
	AUTO(userdb) struct nss_user u = { 0 };

	return str_fmt("user '%s' (uid %u)",
		       userdb_user(uid, &u) ? u.name : "?", (unsigned)uid);
}

static int refuse_open(const struct store *s, const struct stat *st,
		       const char *who, const char *letter, struct err *e)
{
	autostr char *path = str_shell(s->path);

	return err_set(e, ERR_AUTH,
		       "store '%s' can be written by %s (mode %04o); run: "
		       "chmod %s-w %s",
		       s->path, who, (unsigned)st->st_mode & 07777, letter,
		       path);
}

/* Whom the store belongs to, and what helps. */
static int refuse_owner(const struct store *s, const struct stat *st,
			enum trust trust, struct err *e)
{
	autostr char *user = user_text(st->st_uid);
	autostr char *group = group_text(st->st_gid);
	autostr char *path = str_shell(s->path);

	err_set(e, ERR_AUTH, "store '%s' belongs to %s, not to you", s->path,
		user);
	if (trust != TRUST_NAMED)
		return err_hint(e, "choose another with --store or CH_STORE");
	if (st->st_mode & S_IWGRP)
		return err_hint(e,
				"it is shared by %s, which you are not in; "
				"choose another with --store or CH_STORE",
				group);
	if (st->st_uid && is_in_group(st->st_gid))
		return err_hint(e,
				"to share it with %s its owner can run: chmod "
				"g+rwxs %s",
				group, path);
	return err_hint(e, "choose another with --store or CH_STORE, or only "
			   "read it with --store-readonly");
}

/* A store in a place that all can write to, as the default is, may have been
 * put there by somebody else, to be run by us; so that one must be ours alone.
 * Who names another one trusts those who share it, but never everybody. */
static int check_trust(const struct store *s, enum trust trust, struct err *e)
{
	autostr char *group = NULL;
	struct stat st;
	bool is_ours, is_shared;

	if (fstat(s->fd, &st))
		return err_sys(e, "can't stat store '%s'", s->path);
	is_ours = st.st_uid == geteuid();
	is_shared = st.st_mode & S_IWGRP;
	if (st.st_mode & S_IWOTH)
		return refuse_open(s, &st, "everybody", "o", e);
	if (trust == TRUST_READ || (trust == TRUST_NAMED && is_ours))
		return 0;
	if (is_ours && !is_shared)
		return 0;
	if (is_ours) {
		group = group_text(st.st_gid);
		return refuse_open(s, &st, group, "g", e);
	}
	if (trust == TRUST_NAMED && is_shared &&
	    (is_in_group(st.st_gid) || !geteuid()))
		return 0;
	return refuse_owner(s, &st, trust, e);
}

static int open_at(struct store *s, const char *path, enum trust trust,
		   struct err *e)
{
	*s = (struct store)STORE_INIT;
	s->path = store_path(path);
	s->fd = open(s->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->fd < 0)
		return -1;
	return check_trust(s, path ? trust : TRUST_DEFAULT, e);
}

/* Is somebody making it (make_layout), or about to? What comes first is tmp/,
 * so that is looked for last. */
static bool is_in_the_making(const struct store *s)
{
	struct err ignored = { 0 };
	struct stat st;
	bool empty;

	if (!dir_is_empty(s->fd, &empty, &ignored) && empty)
		return true;
	return !fstatat(s->fd, "tmp", &st, AT_SYMLINK_NOFOLLOW);
}

static int check_layout(const struct store *s, struct err *e)
{
	AUTO(str) struct str text = { 0 };

	if (io_read_file(s->fd, "oci-layout", 4096, &text, e)) {
		if (e->kind != ERR_NOTFOUND)
			return err_ctx(e, "store '%s'", s->path);
		if (is_in_the_making(s))
			return err_set(e, ERR_NOTFOUND,
				       "there is no store '%s' yet", s->path);
		return err_set(e, ERR_FORMAT,
			       "'%s' is not a store: it has no file "
			       "'oci-layout'; choose another place with "
			       "--store or CH_STORE",
			       s->path);
	}
	if (ocilayout_check(text.p, text.len, e))
		return err_ctx(e, "store '%s'", s->path);
	return 0;
}

static int no_store(struct store *s, int errnum, struct err *e)
{
	if (errnum == ENOENT)
		err_set(e, ERR_NOTFOUND, "there is no store '%s' yet", s->path);
	else
		err_sysno(e, errnum, "can't open store '%s'", s->path);
	store_close(s);
	return -1;
}

static int open_to_read(struct store *s, const char *path, enum trust trust,
			struct err *e)
{
	int rc = open_at(s, path, trust, e);

	if (s->fd < 0)
		return no_store(s, errno, e);
	if (!rc)
		rc = check_layout(s, e);
	if (rc)
		store_close(s);
	return rc;
}

int store_open(struct store *s, const char *path, struct err *e)
{
	return open_to_read(s, path, TRUST_NAMED, e);
}

int store_open_readonly(struct store *s, const char *path, struct err *e)
{
	return open_to_read(s, path, TRUST_READ, e);
}

int store_dir(const struct store *s, const char *name, struct err *e)
{
	int fd = layout_dir(s->fd, name, e);

	return fd < 0 ? err_ctx(e, "store '%s'", s->path) : fd;
}

int store_put(const struct store *s, const char *name, const char *text,
	      size_t n, struct err *e)
{
	autofd int tmpdir = store_dir(s, "tmp", e);

	return tmpdir < 0 ? -1 : layout_put(s->fd, name, text, n, e);
}

/* A new store: `oci-layout` comes last, so that one without it is not taken for
 * a store. */
static int make_layout(const struct store *s, struct err *e)
{
	autostr char *index = NULL;
	const char *layout = ocilayout_text();
	struct stat st;
	bool empty;

	if (!fstatat(s->fd, "oci-layout", &st, AT_SYMLINK_NOFOLLOW))
		return 0;
	if (dir_is_empty(s->fd, &empty, e))
		return -1;
	if (!empty && fstatat(s->fd, "tmp", &st, AT_SYMLINK_NOFOLLOW))
		return err_set(e, ERR_EXISTS,
			       "'%s' is not a store and not empty; choose "
			       "another place with --store or CH_STORE",
			       s->path);
	index = xstrdup("{\"schemaVersion\":2,\"manifests\":[]}");
	if (fstatat(s->fd, "index.json", &st, AT_SYMLINK_NOFOLLOW) &&
	    store_put(s, "index.json", index, strlen(index), e))
		return -1;
	return store_put(s, "oci-layout", layout, strlen(layout), e);
}

static int make_store(const char *path, struct err *e)
{
	autostr char *full = store_path(path);

	if (mkdir(full, 0700) && errno != EEXIST)
		return err_sys(e, "can't make store '%s'", full);
	return 0;
}

/* Leases of the dead, but for those that go with something unfinished: they say
 * how far that is. */
static void sweep_leases(int tmpdir)
{
	AUTO(strlist) struct strlist names = { 0 };
	struct err ignored = { 0 }; /* what can't be listed can't be swept */

	if (dir_list(tmpdir, &names, &ignored))
		return;
	for (size_t i = 0; i < names.n; i++)
		if (str_starts(names.v[i], LEASE_PREFIX) &&
		    !partial_has(&names, names.v[i] + strlen(LEASE_PREFIX)))
			lease_sweep(tmpdir, names.v[i]);
}

static void sweep(int tmpdir)
{
	tmp_sweep(tmpdir);
	sweep_leases(tmpdir);
}

/* What nobody else can read is of no use to the group, and looks damaged to
 * those who check. */
static void check_umask(const struct store *s)
{
	mode_t lost = layout_file_mode(s->fd) & ~layout_blob_mode(s->fd);

	if (lost & S_IRGRP)
		log_warn("store '%s' is shared by its group, but your umask "
			 "hides from it what you add; run: umask 007",
			 s->path);
}

int store_open_write(struct store *s, const char *path, struct err *e)
{
	int rc;

	*s = (struct store)STORE_INIT;
	if (make_store(path, e))
		return -1;
	rc = open_at(s, path, TRUST_NAMED, e);
	if (s->fd < 0)
		return no_store(s, errno, e);
	if (!rc)
		rc = make_layout(s, e) || check_layout(s, e) ? -1 : 0;
	if (!rc) {
		autofd int tmpdir = store_dir(s, "tmp", e);

		if (tmpdir >= 0)
			sweep(tmpdir);
		rc = tmpdir < 0 ? -1 : 0;
		check_umask(s);
	}
	if (rc)
		store_close(s);
	return rc;
}

void store_close(struct store *s)
{
	if (s->fd >= 0)
		close(s->fd);
	free(s->path);
	*s = (struct store)STORE_INIT;
}

char *store_tree(const struct store *s, const struct digest *digest)
{
	autostr char *path = str_fmt("%s/trees/%s/%s", s->path,
				     digest_algo(digest), digest_hex(digest));
	struct stat st;

	if (lstat(path, &st) || !S_ISDIR(st.st_mode))
		return NULL;
	return TAKE(path);
}
