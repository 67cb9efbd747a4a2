/* dirremove.c - remove a tree of any depth: dir_remove of dir.h.
 * SPDX-License-Identifier: Apache-2.0
 *
 * One descriptor is open at a time, on the directory being emptied; what is
 * still to do in those above is kept as names. Going up uses "..", but only
 * after device and inode say that it is the directory we came from: a tree
 * that is moved about meanwhile stops us instead of leading us elsewhere.
 */
#include "config.h"

#include "base/dir.h"

#include "base/mem.h"
#include "base/str.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

/* Scans of one directory: some file systems skip entries while others are
 * removed, and somebody may still be adding. */
#define SCANS_MAX 8

#define O_READ (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

struct level {
	char *name;          /* in the level above */
	struct strlist dirs; /* below, still to remove */
	dev_t dev;
	ino_t ino;
	int n_scans;
};

struct removal {
	int top;              /* where the tree is; borrowed */
	dev_t dev;            /* of all that may be removed */
	int fd;               /* on the last level */
	struct level *levels; /* from the tree's root down */
	size_t n;
	size_t cap;
};

static void pop(struct removal *r)
{
	struct level *l = &r->levels[--r->n];

	free(l->name);
	strlist_clear(&l->dirs);
}

static void removal_clear(struct removal *r)
{
	while (r->n)
		pop(r);
	free(r->levels);
	if (r->fd >= 0)
		close(r->fd);
}
AUTO_DEFINE(removal, struct removal, removal_clear)

/* Where we are plus NAME (may be NULL), for messages. Caller frees. */
static char *where(const struct removal *r, const char *name)
{
	struct str s = { 0 };

	for (size_t i = 0; i < r->n; i++)
		str_addf(&s, "%s%s", i ? "/" : "", r->levels[i].name);
	if (name)
		str_addf(&s, "%s%s", r->n ? "/" : "", name);
	return str_take(&s);
}

static int failed(const struct removal *r, const char *name, struct err *e)
{
	int code = errno;
	autostr char *path = where(r, name);

	return err_sysno(e, code, "can't remove '%s'", path);
}

static int refuse(const struct removal *r, const char *name, const char *why,
		  struct err *e)
{
	autostr char *path = where(r, name);

	return err_set(e, ERR_SYS, "can't remove '%s': %s", path, why);
}

static bool is_foreign(const struct removal *r, int fd, const struct stat *st)
{
	return st->st_dev != r->dev || dir_is_mount(fd);
}

/* Open a directory that forbids its owner to read it: chmod by the descriptor,
 * for a name could meanwhile be a link. An O_PATH one takes no fchmod, but its
 * entry in /proc does (open(2)). */
static int open_forbidden(const struct removal *r, int at, const char *name)
{
	struct stat st;
	autofd int fd = openat(at, name, O_READ | O_PATH);

	if (fd < 0 || fstat(fd, &st))
		return -1;
	if (is_foreign(r, fd, &st)) {
		errno = EBUSY;
		return -1;
	}
	autostr char *link = str_fmt("/proc/self/fd/%d", fd);

	if (chmod(link, (st.st_mode & ALLPERMS) | S_IRWXU)) {
		errno = EACCES;
		return -1;
	}
	return openat(fd, ".", O_READ);
}

/* Remove NAME in AT unless it is a directory: 1 then. */
static int remove_file(const struct removal *r, int at, const char *name,
		       struct err *e)
{
	if (!unlinkat(at, name, 0) || errno == ENOENT)
		return 0;
	return errno == EISDIR ? 1 : failed(r, name, e);
}

/* Remove all but directories from the last level; note those. */
static int scan(struct removal *r, struct err *e)
{
	struct level *l = &r->levels[r->n - 1];
	autofd int own = openat(r->fd, ".", O_READ);
	autodir DIR *d = own < 0 ? NULL : fdopendir(own);
	struct dirent *entry;

	if (!d)
		return failed(r, NULL, e);
	own = -1;
	l->n_scans++;
	while ((errno = 0, entry = readdir(d))) {
		const char *name = entry->d_name;
		int rc = 1;

		if (!strcmp(name, ".") || !strcmp(name, ".."))
			continue;
		if (entry->d_type != DT_DIR)
			rc = remove_file(r, r->fd, name, e);
		if (rc < 0)
			return -1;
		if (rc)
			strlist_add(&l->dirs, name);
	}
	return errno ? failed(r, NULL, e) : 0;
}

/* Go into the directory NAME of AT and empty it of files. */
static int enter(struct removal *r, int at, const char *name, struct err *e)
{
	struct stat st;
	autofd int fd = openat(at, name, O_READ);

	if (fd < 0 && errno == EACCES)
		fd = open_forbidden(r, at, name);
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0 || fstat(fd, &st))
		return failed(r, name, e);
	if (is_foreign(r, fd, &st))
		return refuse(r, name, "something is mounted there", e);
	/* Where this fails, removing what is inside will say why. */
	if ((st.st_mode & S_IRWXU) != S_IRWXU)
		fchmod(fd, (st.st_mode & ALLPERMS) | S_IRWXU);
	r->levels = mem_grow(r->levels, &r->cap, r->n + 1, sizeof(*r->levels));
	r->levels[r->n++] = (struct level){
		.name = xstrdup(name),
		.dev = st.st_dev,
		.ino = st.st_ino,
	};
	if (r->fd >= 0)
		close(r->fd);
	r->fd = TAKE_FD(fd);
	return scan(r, e);
}

/* The directory above the last level; -1 with E set if it has changed. */
static int open_above(const struct removal *r, struct err *e)
{
	const struct level *above = &r->levels[r->n - 2];
	struct stat st;
	autofd int fd = openat(r->fd, "..", O_READ);

	if (fd < 0 || fstat(fd, &st))
		return failed(r, NULL, e);
	if (st.st_dev != above->dev || st.st_ino != above->ino)
		return refuse(r, NULL, "it was moved meanwhile", e);
	return TAKE_FD(fd);
}

/* Remove the last level, which should be empty by now, and go up. */
static int leave(struct removal *r, struct err *e)
{
	struct level *l = &r->levels[r->n - 1];
	autofd int above = -1;

	if (r->n > 1) {
		above = open_above(r, e);
		if (above < 0)
			return -1;
	}
	int at = r->n > 1 ? above : r->top;

	if (unlinkat(at, l->name, AT_REMOVEDIR) && errno != ENOENT) {
		bool is_filled = errno == ENOTEMPTY || errno == EEXIST;

		if (is_filled && l->n_scans < SCANS_MAX)
			return scan(r, e);
		return failed(r, NULL, e);
	}
	pop(r);
	close(r->fd);
	r->fd = TAKE_FD(above);
	return 0;
}

static int remove_tree(struct removal *r, const char *name, struct err *e)
{
	if (enter(r, r->top, name, e))
		return -1;
	while (r->n) {
		struct strlist *dirs = &r->levels[r->n - 1].dirs;

		if (!dirs->n) {
			if (leave(r, e))
				return -1;
			continue;
		}
		autostr char *next = xstrdup(dirs->v[dirs->n - 1]);

		strlist_remove(dirs, dirs->n - 1);
		if (enter(r, r->fd, next, e))
			return -1;
	}
	return 0;
}

int dir_remove(int dirfd, const char *name, struct err *e)
{
	AUTO(removal) struct removal r = { .top = dirfd, .fd = -1 };
	struct stat st;

	/* unlink(2) says EISDIR to ".." as well, and then it would be emptied.
	 */
	if (!*name || strchr(name, '/') || !strcmp(name, ".") ||
	    !strcmp(name, ".."))
		return refuse(&r, name, "not the name of an entry", e);
	int rc = remove_file(&r, dirfd, name, e);

	if (rc <= 0)
		return rc;
	if (fstatat(dirfd, "", &st, AT_EMPTY_PATH))
		return failed(&r, name, e);
	r.dev = st.st_dev;
	return remove_tree(&r, name, e);
}
