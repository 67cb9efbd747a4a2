/* dirread.c - walk through a directory on disk.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Of each directory on the way there are its names, sorted, and how far we are.
 * Only the last few keep their descriptors. To come back to one that has none,
 * the way is walked again from the root, name by name, and device and inode say
 * whether it still leads there.
 */
#include "config.h"

#include "layer/dirread.h"

#include "base/dir.h"
#include "base/intr.h"
#include "base/mem.h"
#include "base/str.h"
#include "format/rootless.h"
#include "layer/attrs.h"
#include "layer/content.h"
#include "layer/seen.h"
#include "layer/tree.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define KEPT_MAX 16      /* open descriptors of directories */
#define TARGET_MAX 65536 /* no file system has longer ones than 4095 */

#define O_INTO (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
/* Should a file have become a fifo or a terminal meanwhile, it does no harm. */
#define O_FILE (O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)

struct level {
	struct strlist names;
	size_t at; /* the next name */
	size_t path_len;
	dev_t dev;
	ino_t ino;
	int fd; /* -1: not kept */
};

struct dirread {
	int root; /* the caller's */
	enum dirread_owner owner;
	const char *const *skip;
	struct dirread_stats *stats;
	bool is_begun;
	dev_t dev; /* of the root */
	struct level *levels;
	size_t n;
	size_t cap;
	struct str path; /* of the entry */
	struct str name; /* the same, to give away */
	struct str link;
	struct content content;
	struct attrs attrs;
	struct seen *seen;
};

struct dirread *dirread_new(int root, enum dirread_owner owner,
			    const char *const *skip,
			    struct dirread_stats *stats)
{
	struct dirread *r = xcalloc(1, sizeof(*r));

	r->root = root;
	r->owner = owner;
	r->skip = skip;
	r->stats = stats;
	r->seen = seen_new();
	content_init(&r->content);
	return r;
}

static void forget(struct level *l)
{
	if (l->fd >= 0)
		close(TAKE_FD(l->fd));
}

static void pop(struct dirread *r)
{
	struct level *l = &r->levels[--r->n];

	forget(l);
	strlist_clear(&l->names);
}

void dirread_free(struct dirread *r)
{
	while (r->n)
		pop(r);
	free(r->levels);
	str_clear(&r->path);
	str_clear(&r->name);
	str_clear(&r->link);
	content_clear(&r->content);
	attrs_clear(&r->attrs);
	seen_free(r->seen);
	free(r);
}

/* What messages call the entry. */
static const char *called(const struct dirread *r)
{
	return r->path.len ? r->path.p : ".";
}

static int failed(const struct dirread *r, const char *doing, struct err *e)
{
	return err_sys(e, "can't %s '%s'", doing, called(r));
}

static int changed(const struct dirread *r, struct err *e)
{
	return err_set(e, ERR_DIGEST, "'%s' changed while it was read",
		       called(r));
}

static bool is_same(const struct stat *st, dev_t dev, ino_t ino)
{
	return st->st_dev == dev && st->st_ino == ino;
}

/* Open level I, whose parent is AT, again. */
static int reopen(struct dirread *r, size_t i, int at, struct err *e)
{
	struct level *l = &r->levels[i];
	size_t from = r->levels[i - 1].path_len;
	struct stat st;

	from += from > 0; /* the slash */
	autostr char *name = xstrndup(r->path.p + from, l->path_len - from);

	l->fd = openat(at, name, O_INTO);
	if (l->fd < 0 || fstat(l->fd, &st))
		return failed(r, "come back to the directory of", e);
	return is_same(&st, l->dev, l->ino) ? 0 : changed(r, e);
}

/* The descriptor of the last level, borrowed; -1. */
static int here(struct dirread *r, struct err *e)
{
	size_t i = r->n - 1;
	int fd = r->root;

	while (i > 0 && r->levels[i].fd < 0)
		i--;
	if (i > 0)
		fd = r->levels[i].fd;
	for (i++; i < r->n; i++) {
		if (reopen(r, i, fd, e))
			return -1;
		fd = r->levels[i].fd;
		if (i > KEPT_MAX)
			forget(&r->levels[i - KEPT_MAX]);
	}
	return fd;
}

/* Go into the directory FD, which ST tells of; it is taken over. The root's is
 * -1. */
static int push(struct dirread *r, int fd, const struct stat *st, struct err *e)
{
	if (r->n > TREE_DEPTH_MAX) {
		if (fd >= 0)
			close(fd);
		return err_set(e, ERR_LIMIT,
			       "more than %d directories in one another: '%s'",
			       TREE_DEPTH_MAX, called(r));
	}
	r->levels = mem_grow(r->levels, &r->cap, r->n + 1, sizeof(*r->levels));
	struct level *l = &r->levels[r->n++];

	*l = (struct level){
		.path_len = r->path.len,
		.dev = st->st_dev,
		.ino = st->st_ino,
		.fd = fd,
	};
	if (r->n > KEPT_MAX + 1)
		forget(&r->levels[r->n - 1 - KEPT_MAX]);
	if (dir_list(fd < 0 ? r->root : fd, &l->names, e))
		return err_ctx(e, "'%s'", called(r));
	return 0;
}

static char *set(struct str *s, const char *text)
{
	s->len = 0;
	str_add(s, text);
	return s->p;
}

/* What stat tells. */
static void fill(struct dirread *r, const struct stat *st, struct entry *out)
{
	bool is_kept = r->owner == DIRREAD_KEEP;

	*out = (struct entry){
		.name = set(&r->name, called(r)),
		.link = set(&r->link, ""),
		.mode = st->st_mode & ALLPERMS,
		.uid = is_kept ? st->st_uid : 0,
		.gid = is_kept ? st->st_gid : 0,
		.mtime = st->st_mtim,
	};
}

/* Attributes of FD, which may name an owner. */
static int fill_attrs(struct dirread *r, int fd, struct entry *out,
		      struct err *e)
{
	struct rootless owner;
	size_t n;

	if (attrs_read(&r->attrs, fd, e))
		return err_ctx(e, "'%s'", called(r));
	const void *p = attrs_take(&r->attrs, ROOTLESS_NAME, &n);

	out->has_xattrs = r->attrs.n > 0;
	if (!p || r->owner == DIRREAD_KEEP)
		return 0;
	if (rootless_parse(p, n, &owner, e))
		return err_ctx(e, "'%s'", called(r));
	if (owner.uid != ROOTLESS_UNSET)
		out->uid = owner.uid;
	if (owner.gid != ROOTLESS_UNSET)
		out->gid = owner.gid;
	return 0;
}

static int visit_dir(struct dirread *r, int at, const char *name,
		     const struct stat *st, struct entry *out, struct err *e)
{
	struct stat now;

	out->type = ENTRY_DIR;
	if (st->st_dev != r->dev) {
		r->stats->mounts++;
		return 1;
	}
	autofd int fd = openat(at, name, O_INTO);

	if (fd < 0)
		return failed(r, "open", e);
	if (fstat(fd, &now))
		return failed(r, "read", e);
	/* What is mounted when it is opened: autofs(5), exports in exports. */
	if (now.st_dev != r->dev) {
		r->stats->mounts++;
		return 1;
	}
	if (!is_same(&now, st->st_dev, st->st_ino))
		return changed(r, e);
	fill(r, &now, out);
	out->type = ENTRY_DIR;
	if (fill_attrs(r, fd, out, e))
		return -1;
	if (dir_is_mount(fd)) {
		r->stats->mounts++;
		return 1;
	}
	return push(r, TAKE_FD(fd), &now, e) ? -1 : 1;
}

static int visit_file(struct dirread *r, int at, const char *name,
		      const struct stat *st, struct entry *out, struct err *e)
{
	struct stat now;
	autofd int fd = openat(at, name, O_FILE);

	if (fd < 0)
		return failed(r, "open", e);
	if (fstat(fd, &now))
		return failed(r, "read", e);
	if (!is_same(&now, st->st_dev, st->st_ino) || !S_ISREG(now.st_mode))
		return changed(r, e);
	fill(r, &now, out);
	out->type = ENTRY_FILE;
	out->size = (uint64_t)now.st_size;
	if (fill_attrs(r, fd, out, e) ||
	    content_open(&r->content, TAKE_FD(fd), &now, r->path.p, e))
		return -1;
	if (r->content.is_sparse) {
		out->is_sparse = true;
		out->extents = r->content.extents;
		out->n_extents = r->content.n_extents;
	}
	return 1;
}

static int visit_link(struct dirread *r, int at, const char *name,
		      struct entry *out, struct err *e)
{
	out->type = ENTRY_SYMLINK;
	out->link = str_reserve(&r->link, TARGET_MAX);
	ssize_t n = readlinkat(at, name, out->link, TARGET_MAX);

	if (n < 0)
		return failed(r, "read the link", e);
	if (n == TARGET_MAX)
		return err_sysno(e, ENAMETOOLONG, "can't read the link '%s'",
				 r->path.p);
	out->link[n] = '\0';
	return 1;
}

static int visit_other(const struct stat *st, struct entry *out)
{
	switch (st->st_mode & S_IFMT) {
	case S_IFCHR:
		out->type = ENTRY_CHAR;
		break;
	case S_IFBLK:
		out->type = ENTRY_BLOCK;
		break;
	default:
		out->type = ENTRY_FIFO;
		return 1;
	}
	out->major = major(st->st_rdev);
	out->minor = minor(st->st_rdev);
	return 1;
}

/* Another name of F. */
static int visit_again(struct dirread *r, struct seen_file *f,
		       struct entry *out)
{
	out->type = ENTRY_HARDLINK;
	out->link = set(&r->link, f->path);
	out->uid = f->uid;
	out->gid = f->gid;
	seen_count(r->seen, f);
	return 1;
}

/* By its type: as visit. */
static int visit_as(struct dirread *r, int at, const char *name,
		    const struct stat *st, struct entry *out, struct err *e)
{
	fill(r, st, out);
	switch (st->st_mode & S_IFMT) {
	case S_IFDIR:
		return visit_dir(r, at, name, st, out, e);
	case S_IFREG:
		return visit_file(r, at, name, st, out, e);
	case S_IFLNK:
		return visit_link(r, at, name, out, e);
	case S_IFSOCK:
		r->stats->sockets++;
		return 0;
	default:
		return visit_other(st, out);
	}
}

/* The entry NAME of the last level, whose path is set: 1, 0 if it is left out,
 * or -1. */
static int visit(struct dirread *r, const char *name, struct entry *out,
		 struct err *e)
{
	int at = here(r, e);
	struct seen_file *f = NULL;
	struct stat st;

	if (at < 0)
		return -1;
	if (fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW))
		return failed(r, "read", e);
	bool has_more = !S_ISDIR(st.st_mode) && st.st_nlink > 1;

	if (has_more)
		f = seen_find(r->seen, st.st_dev, st.st_ino);
	if (f) {
		fill(r, &st, out);
		return visit_again(r, f, out);
	}
	int got = visit_as(r, at, name, &st, out, e);

	if (got != 1 || !has_more)
		return got;
	f = seen_add(r->seen, st.st_dev, st.st_ino, st.st_nlink, r->path.p);
	f->uid = out->uid;
	f->gid = out->gid;
	return 1;
}

static void set_path(struct dirread *r, size_t len, const char *name)
{
	r->path.len = len;
	if (len)
		str_addc(&r->path, '/');
	str_add(&r->path, name);
}

static bool is_skipped(const struct dirread *r)
{
	for (const char *const *s = r->skip; s && *s; s++)
		if (!strcmp(*s, r->path.p))
			return true;
	return false;
}

static int visit_root(struct dirread *r, struct entry *out, struct err *e)
{
	struct stat st;

	r->is_begun = true;
	if (fstat(r->root, &st))
		return failed(r, "read", e);
	r->dev = st.st_dev;
	fill(r, &st, out);
	out->type = ENTRY_DIR;
	if (fill_attrs(r, r->root, out, e))
		return -1;
	return push(r, -1, &st, e) ? -1 : 1;
}

static int next(void *ctx, struct entry *out, struct err *e)
{
	struct dirread *r = ctx;

	content_close(&r->content);
	attrs_reset(&r->attrs);
	if (intr_check(e))
		return -1;
	if (!r->is_begun)
		return visit_root(r, out, e);
	while (r->n) {
		struct level *l = &r->levels[r->n - 1];

		if (l->at == l->names.n) {
			pop(r);
			continue;
		}
		const char *name = l->names.v[l->at++];

		set_path(r, l->path_len, name);
		if (is_skipped(r))
			continue;
		int got = visit(r, name, out, e);

		if (got)
			return got;
	}
	return 0;
}

static int data(void *ctx, const void **p, size_t *n, uint64_t *offset,
		struct err *e)
{
	struct dirread *r = ctx;

	return content_next(&r->content, p, n, offset, e);
}

static bool xattr(void *ctx, const char **name, const void **value,
		  size_t *size)
{
	struct dirread *r = ctx;

	return attrs_next(&r->attrs, name, value, size);
}

struct entries dirread_entries(struct dirread *r)
{
	return (struct entries){ next, data, xattr, r };
}
