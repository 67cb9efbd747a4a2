/* walk.c - resolve a path component by component: openat2(2) by hand.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The walk keeps a descriptor on where it stands and the names that lead there
 * from the root; these never contain a link, a "." or a "..". Every step is
 * an openat(2) of one name with O_NOFOLLOW, so that the kernel neither follows
 * a link nor takes a "..". A link's text is put in front of what is still to
 * walk. ".." takes the last name away, and the descriptor is made again from
 * the root: should somebody move a directory out of the root meanwhile, the
 * way back is by names inside it. One descriptor is enough at any depth.
 */
#include "config.h"

#include "base/walk.h"

#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "base/strlist.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#define LINKS_MAX 40     /* MAXSYMLINKS of the kernel: path_resolution(7) */
#define LINK_BYTES 65536 /* no file system has longer ones than 4095 */
#define PROC_ROOT_INO                                          \
	1 /* inode of a procfs's root, include/linux/proc_fs.h \
	   */

#define O_STEP (O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

struct walk {
	int root;
	int fd;        /* where we stand; -1 is the root */
	bool is_stale; /* fd is not where names lead */
	bool is_beneath;
	unsigned n_links;     /* followed so far */
	struct strlist names; /* from the root to here */
	char *text;           /* owned; rest points into it */
	const char *rest;     /* still to walk */
};

static void walk_clear(struct walk *w)
{
	if (w->fd >= 0)
		close(w->fd);
	strlist_clear(&w->names);
	free(w->text);
}
AUTO_DEFINE(walk, struct walk, walk_clear)

static void stand(struct walk *w, int fd)
{
	if (w->fd >= 0)
		close(w->fd);
	w->fd = fd;
	w->is_stale = false;
}

/* The descriptor of where we stand (borrowed), -1 with errno. */
static int here(struct walk *w)
{
	if (!w->is_stale)
		return w->fd >= 0 ? w->fd : w->root;
	stand(w, -1);
	for (size_t i = 0; i < w->names.n; i++) {
		int at = w->fd >= 0 ? w->fd : w->root;
		int fd = openat(at, w->names.v[i], O_STEP);

		if (fd < 0)
			return -1;
		stand(w, fd);
	}
	return w->fd >= 0 ? w->fd : w->root;
}

/* "." and "..". Both need search permission where we stand, as any name; after
 * a ".." we stand where we have come through. A row of ".." is therefore taken
 * at once, and not with a way from the root for each. */
static int step_dots(struct walk *w, const char *name)
{
	struct stat st;

	if (!w->is_stale && fstatat(here(w), ".", &st, 0))
		return -1;
	if (!name[1])
		return 0;
	if (!w->names.n) {
		errno = EXDEV;
		return w->is_beneath ? -1 : 0;
	}
	strlist_remove(&w->names, w->names.n - 1);
	w->is_stale = true;
	return 0;
}

/* Links of /proc/PID lead to objects, not where their text says (proc(5));
 * those in the root of procfs ("self", "mounts") are ordinary. */
static bool is_magic(int dir, int link)
{
	struct statfs fs;
	struct stat st;

	if (fstatfs(link, &fs) || fs.f_type != PROC_SUPER_MAGIC)
		return false;
	return fstat(dir, &st) || st.st_ino != PROC_ROOT_INO;
}

/* Go on with TARGET and then the rest. An absolute one starts at the root. */
static void divert(struct walk *w, const char *target)
{
	char *text = str_fmt("%s%s", target, w->rest);

	free(w->text);
	w->text = text;
	w->rest = text;
	if (*target != '/')
		return;
	strlist_clear(&w->names);
	stand(w, -1);
}

/* Follow the link NAME in DIR, which is where we stand. ENOTDIR if it is none:
 * this is asked when a directory was wanted. */
static int follow(struct walk *w, int dir, const char *name)
{
	struct stat st;
	autofd int link = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);

	if (link < 0 || fstat(link, &st))
		return -1;
	if (!S_ISLNK(st.st_mode)) {
		errno = ENOTDIR;
		return -1;
	}
	if (w->is_beneath || w->n_links++ == LINKS_MAX || is_magic(dir, link)) {
		errno = ELOOP;
		return -1;
	}
	autostr char *target = xmalloc(LINK_BYTES);
	ssize_t n = readlinkat(link, "", target, LINK_BYTES);

	if (n < 0)
		return -1;
	if (n == LINK_BYTES) {
		errno = ENAMETOOLONG;
		return -1;
	}
	target[n] = '\0';
	divert(w, target);
	return 0;
}

/* Into the directory NAME, or on along the link NAME. */
static int step(struct walk *w, const char *name)
{
	int at = here(w);

	if (at < 0)
		return -1;
	int fd = openat(at, name, O_STEP);

	if (fd < 0)
		return errno == ENOTDIR ? follow(w, at, name) : -1;
	stand(w, fd);
	strlist_add(&w->names, name);
	return 0;
}

static bool is_dots(const char *name)
{
	return !strcmp(name, ".") || !strcmp(name, "..");
}

/* The next component, owned, or NULL. */
static char *next_name(struct walk *w)
{
	size_t len;
	const char *name = path_next(&w->rest, &len);

	return name ? xstrndup(name, len) : NULL;
}

static bool is_last(const struct walk *w)
{
	return !w->rest[strspn(w->rest, "/")];
}

static bool is_link(int fd)
{
	struct stat st;

	return !fstat(fd, &st) && S_ISLNK(st.st_mode);
}

/* Open the last component as open(2) would, save that a link is not followed
 * by the kernel but by us: then *FD stays -1 and 0 is returned. A slash behind
 * the name asks for a directory and overrides O_NOFOLLOW. */
static int open_last(struct walk *w, const char *name, int flags, mode_t mode,
		     int *fd)
{
	bool is_slashed = *w->rest;
	bool must_follow = is_slashed || !(flags & O_NOFOLLOW);
	int at = here(w);

	if (at < 0)
		return -1;
	if (is_slashed && flags & O_CREAT) {
		errno = EISDIR;
		return -1;
	}
	flags |= O_NOFOLLOW | O_CLOEXEC | (is_slashed ? O_DIRECTORY : 0);
	*fd = openat(at, name, flags, mode);
	if (*fd >= 0 && !(must_follow && flags & O_PATH && is_link(*fd)))
		return 0;
	if (*fd >= 0) {
		close(TAKE_FD(*fd));
		return follow(w, at, name);
	}
	if (!must_follow)
		return -1;
	if (errno == ELOOP || (errno == ENOTDIR && flags & O_DIRECTORY))
		return follow(w, at, name);
	return -1;
}

int walk_open(int root, const char *path, bool is_beneath, int flags,
	      mode_t mode)
{
	AUTO(walk)
	struct walk w = {
		.root = root,
		.fd = -1,
		.is_beneath = is_beneath,
		.rest = path,
	};

	for (;;) {
		autostr char *name = next_name(&w);
		int fd = -1;
		int rc;

		if (!name)
			break;
		if (is_dots(name))
			rc = step_dots(&w, name);
		else if (is_last(&w))
			rc = open_last(&w, name, flags, mode, &fd);
		else
			rc = step(&w, name);
		if (rc || fd >= 0)
			return fd;
	}
	int at = here(&w);

	return at < 0 ? -1 : openat(at, ".", flags | O_CLOEXEC, mode);
}

/* One component of walk_resolve. *N_MISSING counts the names at the end of
 * w->names that do not exist. */
static int resolve_step(struct walk *w, const char *name, size_t *n_missing)
{
	if (*n_missing && !strcmp(name, "..")) {
		strlist_remove(&w->names, w->names.n - 1);
		--*n_missing;
		return 0;
	}
	if (*n_missing && !strcmp(name, "."))
		return 0;
	if (!*n_missing && is_dots(name))
		return step_dots(w, name);
	if (!*n_missing) {
		if (!step(w, name))
			return 0;
		if (errno != ENOENT && (errno != ENOTDIR || *w->rest))
			return -1;
		*n_missing += errno == ENOENT;
	} else {
		++*n_missing;
	}
	strlist_add(&w->names, name);
	return 0;
}

char *walk_resolve(int root, const char *path, bool *exists)
{
	AUTO(walk) struct walk w = { .root = root, .fd = -1, .rest = path };
	size_t n_missing = 0;

	*exists = true;
	for (;;) {
		autostr char *name = next_name(&w);

		if (!name)
			break;
		if (resolve_step(&w, name, &n_missing))
			return NULL;
		if (n_missing)
			*exists = false;
	}
	autostr char *joined = strlist_join(&w.names, "/");

	return str_fmt("/%s", joined);
}
