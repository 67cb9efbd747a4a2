/* aside.c - blobs and trees of a store set aside, and what becomes of them.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "image/aside.h"

#include "base/dir.h"
#include "base/intr.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/str.h"
#include "image/inuse.h"
#include "image/leftover.h"

#include <fcntl.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#define ROUNDS 8           /* until others have come to rest, too */
#define AWAY_S (7 * 86400) /* then no other host still runs it */
#define DIGITS 12          /* shown of a digest */

/* One thing that is set aside. */
struct thing {
	const char *name; /* in tmp/ */
	struct leftover_old old;
	bool is_back; /* in its place, or gone */
};

struct things {
	struct strlist names;
	struct thing *v;
	size_t n;
};

static void things_clear(struct things *t)
{
	strlist_clear(&t->names);
	free(t->v);
}
AUTO_DEFINE(things, struct things, things_clear)

/* rename(2) wants to write to a directory that comes under another one, for its
 * "..", and in images "/" may forbid it. Returns 0 or an errno. */
static int move(int from, const char *old, int to, const char *new,
		unsigned flags)
{
	struct stat st;
	int code;

	if (!renameat2(from, old, to, new, flags))
		return 0;
	code = errno;
	if (code == EINVAL || code == ENOSYS) /* no flags there */
		return renameat(from, old, to, new) ? errno : 0;
	if (code != EACCES)
		return code;
	autofd int fd = openat(from, old,
			       O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st) || st.st_mode & S_IWUSR ||
	    fchmod(fd, (st.st_mode & ALLPERMS) | S_IWUSR))
		return code;
	code = renameat2(from, old, to, new, flags) ? errno : 0;
	fchmod(fd, st.st_mode & ALLPERMS);
	return code;
}

int aside_put(const struct store *s, const struct item *it, bool is_bad,
	      int64_t now_s, struct err *e)
{
	struct leftover_old old = {
		.kind = it->kind,
		.is_bad = is_bad,
		.digest = it->digest,
		.since_s = now_s,
	};
	autostr char *place = items_place(it->kind, &it->digest);
	autostr char *name = NULL;
	autofd int tmpdir = store_dir(s, "tmp", e);
	autofd int dir = -1;
	uint64_t number;
	int code;

	if (tmpdir < 0)
		return -1;
	dir = dir_open_beneath(s->fd, place, O_RDONLY | O_DIRECTORY, 0, e);
	if (dir < 0)
		return err_ctx(e, "store '%s'", s->path);
	while (getrandom(&number, sizeof(number), 0) < 0)
		if (errno != EINTR)
			return err_sys(e, "can't get a random number");
	name = leftover_old_name(&old, number);
	code = move(dir, digest_hex(&it->digest), tmpdir, name,
		    RENAME_NOREPLACE);
	if (!code || code == ENOENT)
		return 0;
	return err_sysno(e, code, "can't set %s %s aside",
			 items_kind_text(it->kind), it->digest.text);
}

static int list(int tmpdir, struct things *t, struct err *e)
{
	if (dir_list(tmpdir, &t->names, e))
		return -1;
	t->v = xcalloc(t->names.n + 1, sizeof(*t->v));
	for (size_t i = 0; i < t->names.n; i++) {
		struct thing *x = &t->v[t->n];

		x->name = t->names.v[i];
		t->n += leftover_old_parse(x->name, &x->old);
	}
	return 0;
}

/* Back to its place. What has come there meanwhile is the same thing, and this
 * one is still to be removed. */
static int put_back(const struct store *s, int tmpdir, struct thing *x,
		    struct err *e)
{
	autostr char *place = items_place(x->old.kind, &x->old.digest);
	autofd int dir = store_dir(s, place, e);
	int code;

	if (dir < 0)
		return -1;
	code = move(tmpdir, x->name, dir, digest_hex(&x->old.digest),
		    RENAME_NOREPLACE);
	if (code == EEXIST || code == ENOTEMPTY)
		return 0;
	x->is_back = true;
	if (!code || code == ENOENT) /* somebody else has put it back */
		return 0;
	return err_sysno(e, code, "can't put %s %s back",
			 items_kind_text(x->old.kind), x->old.digest.text);
}

/* One round: put back what names need that is missing in its place. *N
 * counts. */
static int put_needed_back(const struct inventory *v, int tmpdir,
			   struct things *t, size_t *n, struct err *e)
{
	*n = 0;
	for (size_t i = 0; i < t->n; i++) {
		struct thing *x = &t->v[i];

		if (x->is_back || x->old.is_bad ||
		    !inventory_lacks(v, x->old.kind, &x->old.digest))
			continue;
		if (put_back(v->store, tmpdir, x, e))
			return -1;
		*n += x->is_back;
	}
	return 0;
}

/* With an index back in its place, its manifests are wanted, and so on. V is
 * how it is in the end. */
static int restore(const struct store *s, int tmpdir, struct things *t,
		   struct inventory *v, struct err *e)
{
	size_t n;

	for (int i = 0; i < ROUNDS; i++) {
		inventory_clear(v);
		if (inventory_load(s, v, e) ||
		    put_needed_back(v, tmpdir, t, &n, e))
			return -1;
		if (!n)
			return 0;
	}
	return err_set(e, ERR_LIMIT, "store '%s' does not come to rest",
		       s->path);
}

int aside_restore(const struct store *s, struct err *e)
{
	AUTO(inventory) struct inventory v = { 0 };
	AUTO(things) struct things t = { 0 };
	autofd int tmpdir = store_dir(s, "tmp", e);

	if (tmpdir < 0 || list(tmpdir, &t, e))
		return -1;
	return t.n ? restore(s, tmpdir, &t, &v, e) : 0;
}

/* Local file systems, statfs(2) and linux/magic.h. All others may be seen from
 * other hosts, where we can't look: a list of those would never be complete. */
static bool is_local(int fd)
{
	static const unsigned long local[] = {
		0xEF53,     /* ext2, ext3, ext4 */
		0x58465342, /* XFS */
		0x9123683E, /* Btrfs */
		0x01021994, /* tmpfs */
		0x858458f6, /* ramfs */
		0x794c7630, /* overlay */
		0x2FC12FC1, /* ZFS */
		0xF2F52010, /* F2FS */
		0xCA451A4E, /* bcachefs */
		0x3153464A, /* JFS */
		0x52654973, /* ReiserFS */
	};
	struct statfs fs;

	if (fstatfs(fd, &fs))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(local); i++)
		if ((unsigned long)fs.f_type == local[i])
			return true;
	return false;
}

/* Why others may use a tree of the store without our seeing it, or NULL. */
static const char *hidden_users(const struct store *s)
{
	struct stat st;

	if (!is_local(s->fd))
		return "other hosts may run it";
	if (fstat(s->fd, &st) || st.st_mode & S_IWGRP)
		return "others of the group may run it";
	return NULL;
}

/* May the tree go? If not a line says why. */
static bool may_go(const struct store *s, const struct thing *x,
		   const struct inuse *u, const struct aside_opts *o)
{
	const char *hidden = o->now ? NULL : hidden_users(s);
	const char *hex = digest_hex(&x->old.digest);

	if (u->pid) {
		log_note("tree %.*s stays: in use by process %d (%s)", DIGITS,
			 hex, (int)u->pid, u->command);
		return false;
	}
	if (!hidden || x->old.since_s + AWAY_S <= o->now_s)
		return true;
	log_note("tree %.*s stays for a week: %s where this can't be seen; "
		 "--now removes it",
		 DIGITS, hex, hidden);
	return false;
}

/* What a tree's record says. */
static uint64_t tree_bytes(int tmpdir, const char *name)
{
	struct item it = { 0 };

	items_read_record(tmpdir, name, &it);
	return it.bytes;
}

/* Two gc at once may remove the same tree, and then both stumble over what the
 * other has just removed. */
static int remove_thing(int tmpdir, const char *name, struct err *e)
{
	for (int i = 0; i < ROUNDS; i++) {
		*e = (struct err){ 0 };
		if (intr_check(e))
			return -1;
		if (!dir_remove(tmpdir, name, e))
			return 0;
		if (e->code != ENOENT)
			return -1;
	}
	return -1;
}

/* Who uses which: for each of T one, whether it is asked about or not; caller
 * frees. WAS owns the paths. */
static struct inuse *find_users(const struct store *s, const struct things *t,
				struct strlist *was, struct err *e)
{
	autostr struct inuse *users = xcalloc(t->n + 1, sizeof(*users));

	for (size_t i = 0; i < t->n; i++) {
		autostr char *place =
			items_place(ITEM_TREE, &t->v[i].old.digest);

		strlist_addf(was, "%s/%s/%s", s->path, place,
			     digest_hex(&t->v[i].old.digest));
	}
	for (size_t i = 0; i < t->n; i++) {
		users[i].name = t->v[i].name;
		users[i].was = was->v[i];
	}
	return inuse_scan(users, t->n, e) ? NULL : TAKE(users);
}

static int remove_trees(const struct store *s, int tmpdir,
			const struct things *t, const struct aside_opts *o,
			struct aside_done *done, struct err *e)
{
	AUTO(strlist) struct strlist was = { 0 };
	autostr struct inuse *users = NULL;

	for (size_t i = 0; i < t->n; i++) {
		const struct thing *x = &t->v[i];
		uint64_t bytes;

		if (x->is_back || x->old.kind != ITEM_TREE)
			continue;
		if (!users)
			users = find_users(s, t, &was, e);
		if (!users)
			return -1;
		if (!may_go(s, x, &users[i], o)) {
			done->n_kept++;
			continue;
		}
		bytes = tree_bytes(tmpdir, x->name);
		if (remove_thing(tmpdir, x->name, e))
			return -1;
		done->n_trees++;
		done->bytes += bytes;
	}
	return 0;
}

static int remove_blobs(int tmpdir, const struct things *t,
			struct aside_done *done, struct err *e)
{
	struct stat st;

	for (size_t i = 0; i < t->n; i++) {
		const struct thing *x = &t->v[i];

		if (x->is_back || x->old.kind != ITEM_BLOB ||
		    fstatat(tmpdir, x->name, &st, AT_SYMLINK_NOFOLLOW))
			continue;
		/* A directory, even, if somebody has put one there. */
		if (remove_thing(tmpdir, x->name, e))
			return -1;
		done->n_blobs++;
		done->bytes += S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
	}
	return 0;
}

int aside_settle(const struct store *s, const struct aside_opts *o,
		 struct aside_done *done, struct err *e)
{
	AUTO(inventory) struct inventory v = { 0 };
	AUTO(things) struct things t = { 0 };
	autofd int tmpdir = store_dir(s, "tmp", e);

	*done = (struct aside_done){ 0 };
	/* First what is aside, then the names: see gc.h. */
	if (tmpdir < 0 || list(tmpdir, &t, e))
		return -1;
	if (!t.n)
		return 0;
	if (restore(s, tmpdir, &t, &v, e) || inventory_check_known(&v, e) ||
	    remove_trees(s, tmpdir, &t, o, done, e) ||
	    remove_blobs(tmpdir, &t, done, e))
		return -1;
	return 0;
}
