/* disk.c - make, link and remove the tree's nodes on disk.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Every system call names one component below a directory's descriptor. The
 * descriptors are opened from the root down, each component O_NOFOLLOW, and the
 * last few are kept: archives list directory by directory, so that most entries
 * find theirs open. O_PATH will do for that and, unlike O_RDONLY, asks nothing
 * of a network file system.
 */
#include "config.h"

#include "layer/disk.h"

#include "base/intr.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/str.h"
#include "layer/attrs.h"
#include "layer/content.h"

#include <assert.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#define CACHE_SLOTS 16
#define PERMISSIONS 0777
#define PROBE ".ch-probe"

struct slot {
	struct node *node; /* NULL: free */
	int fd;
	uint64_t used; /* the larger the later */
};

struct disk {
	int root;
	struct closer *closer;
	struct slot slots[CACHE_SLOTS];
	uint64_t clock;
	const struct node *pinned; /* stays in the cache */
	struct node **chain;       /* room for disk_fd's way down */
	size_t chain_cap;
	mode_t cut;   /* permission bits that creation loses here */
	mode_t extra; /* bits that a new directory gets here unasked */
};

/* What becomes of the mode of a new directory: the umask and default ACLs take
 * bits away, a set-group-ID directory hands its bit down. Asking the kernel is
 * the one way that sees all of them, needs no /proc and changes nothing. */
static int probe(struct disk *d, struct err *e)
{
	struct stat st;

	if (mkdirat(d->root, PROBE, PERMISSIONS))
		return err_sys(e, "can't make a directory");
	int failed = fstatat(d->root, PROBE, &st, AT_SYMLINK_NOFOLLOW);

	if (unlinkat(d->root, PROBE, AT_REMOVEDIR) || failed)
		return err_sys(e, "can't use the new directory");
	d->cut = PERMISSIONS & ~st.st_mode;
	d->extra = st.st_mode & (S_ISUID | S_ISGID | S_ISVTX);
	return 0;
}

struct disk *disk_new(int root, struct err *e)
{
	AUTO(disk) struct disk *d = xcalloc(1, sizeof(*d));

	d->root = root;
	d->closer = closer_new(e);
	return !d->closer || probe(d, e) ? NULL : TAKE(d);
}

static void slot_clear(struct slot *s)
{
	if (!s->node)
		return;
	close(s->fd);
	s->node->dir->slot = -1;
	s->node = NULL;
}

void disk_free(struct disk *d)
{
	if (d->closer)
		closer_free(d->closer);
	for (size_t i = 0; i < CACHE_SLOTS; i++)
		if (d->slots[i].node)
			close(d->slots[i].fd);
	free(d->chain);
	free(d);
}

/* A free slot: one that is, or the one longest unused. */
static struct slot *slot_free(struct disk *d)
{
	struct slot *best = NULL;

	for (size_t i = 0; i < CACHE_SLOTS; i++) {
		struct slot *s = &d->slots[i];

		if (!s->node)
			return s;
		if (s->node != d->pinned && (!best || s->used < best->used))
			best = s;
	}
	assert(best); /* one is pinned, not all */
	slot_clear(best);
	return best;
}

static int cached(struct disk *d, const struct node *n)
{
	if (n->parent == n)
		return d->root;
	if (n->dir->slot < 0)
		return -1;
	struct slot *s = &d->slots[n->dir->slot];

	s->used = ++d->clock;
	return s->fd;
}

/* Only FUSE and some network file systems let open be interrupted. Whether that
 * means stop is asked between entries. */
static int open_patiently(int parent, const char *name, int flags, mode_t mode)
{
	int fd;

	do
		fd = openat(parent, name, flags | O_NOFOLLOW | O_CLOEXEC, mode);
	while (fd < 0 && errno == EINTR);
	return fd;
}

/* Where the limit on descriptors is small, those of files that wait to be
 * closed can be had back. */
static int open_at(struct disk *d, int parent, const char *name, int flags,
		   mode_t mode)
{
	struct err ignored = { 0 }; /* comes again from disk_settle */
	int fd = open_patiently(parent, name, flags, mode);

	if (fd >= 0 || errno != EMFILE)
		return fd;
	if (!closer_wait(d->closer, &ignored))
		return open_patiently(parent, name, flags, mode);
	errno = EMFILE;
	return -1;
}

static int open_below(struct disk *d, int parent, struct node *n, struct err *e)
{
	int fd = open_at(d, parent, n->name, O_PATH | O_DIRECTORY, 0);

	if (fd < 0)
		return err_sys(e, "can't open the directory '%s'", n->name);
	struct slot *s = slot_free(d);

	*s = (struct slot){ .node = n, .fd = fd, .used = ++d->clock };
	n->dir->slot = (int8_t)(s - d->slots);
	return fd;
}

/* Descriptor of directory N, the cache's: valid until the next call, or longer
 * while N is pinned. */
static int dir_fd(struct disk *d, struct node *n, struct err *e)
{
	size_t depth = 0;
	int fd;

	while ((fd = cached(d, n)) < 0) {
		d->chain = mem_grow(d->chain, &d->chain_cap, depth + 1,
				    sizeof(*d->chain));
		d->chain[depth++] = n;
		n = n->parent;
	}
	while (depth > 0 && fd >= 0)
		fd = open_below(d, fd, d->chain[--depth], e);
	return fd;
}

/* Why N could not be made: errno says. */
static int not_made(const struct node *n, const char *what, struct err *e)
{
	if (errno == EEXIST)
		return err_set(e, ERR_UNSUPPORTED,
			       "'%s' is there already under another spelling: "
			       "this file system does not tell them apart",
			       n->name);
	return err_sys(e, "can't make the %s '%s'", what, n->name);
}

int disk_gone(struct disk *d, struct node *n, struct err *e)
{
	int parent;

	if (n->type == NODE_DEVICE)
		return 0;
	parent = dir_fd(d, n->parent, e);
	if (parent < 0)
		return -1;
	/* On NFS a removed file that is still open keeps a name in its
	 * directory, which then can't be removed. */
	if (n->dir && closer_wait(d->closer, e))
		return -1;
	if (n->dir && n->dir->slot >= 0)
		slot_clear(&d->slots[n->dir->slot]);
	if (unlinkat(parent, n->name, n->dir ? AT_REMOVEDIR : 0))
		return err_sys(e, "can't remove '%s'", n->name);
	return 0;
}

int disk_mkdir(struct disk *d, struct node *n, struct err *e)
{
	int parent = dir_fd(d, n->parent, e);
	mode_t mode = n->dir->mode & PERMISSIONS;

	if (parent < 0)
		return -1;
	if (mkdirat(parent, n->name, mode))
		return not_made(n, "directory", e);
	n->dir->disk_mode = (uint16_t)((mode & ~d->cut) | d->extra);
	if (!(d->cut & S_IRWXU))
		return 0;
	/* Not even we could use it. Just made by us: no link to follow. */
	if (fchmodat(parent, n->name, mode, 0))
		return err_sys(e, "can't set the mode of '%s'", n->name);
	n->dir->disk_mode = (uint16_t)mode;
	return 0;
}

static int set_time(int parent, const char *name, const struct timespec *mtime,
		    struct err *e)
{
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, *mtime };

	if (utimensat(parent, name, times, AT_SYMLINK_NOFOLLOW))
		return err_sys(e, "can't set the time of '%s'", name);
	return 0;
}

int disk_symlink(struct disk *d, struct node *n, const struct timespec *mtime,
		 struct err *e)
{
	int parent = dir_fd(d, n->parent, e);

	if (parent < 0)
		return -1;
	if (symlinkat(tree_target(n), parent, n->name))
		return not_made(n, "symlink", e);
	return set_time(parent, n->name, mtime, e);
}

int disk_fifo(struct disk *d, struct node *n, mode_t mode,
	      const struct timespec *mtime, struct err *e)
{
	int parent = dir_fd(d, n->parent, e);

	if (parent < 0)
		return -1;
	if (mkfifoat(parent, n->name, mode & PERMISSIONS))
		return not_made(n, "fifo", e);
	/* Just made by us, so no link that this could follow. */
	if (((mode & d->cut) || (mode & ~(mode_t)PERMISSIONS)) &&
	    fchmodat(parent, n->name, mode, 0))
		return err_sys(e, "can't set the mode of '%s'", n->name);
	return set_time(parent, n->name, mtime, e);
}

int disk_create(struct disk *d, struct node *n, mode_t mode, bool writable,
		struct closer_file *f, struct err *e)
{
	int parent = dir_fd(d, n->parent, e);
	mode_t first = (mode & PERMISSIONS) | (writable ? S_IWUSR : 0);

	if (parent < 0)
		return -1;
	*f = (struct closer_file){
		.fd = open_at(d, parent, n->name, O_WRONLY | O_CREAT | O_EXCL,
			      first),
		.made = first & ~d->cut,
		.mode = mode,
	};
	return f->fd < 0 ? not_made(n, "file", e) : 0;
}

void disk_close(struct disk *d, struct closer_file *f)
{
	closer_add(d->closer, f);
}

void disk_abandon(struct closer_file *f)
{
	close(TAKE_FD(f->fd));
}

bool disk_failed(const struct disk *d)
{
	return closer_failed(d->closer);
}

int disk_settle(struct disk *d, struct err *e)
{
	return closer_wait(d->closer, e);
}

/* What can't be set here was set there, by us. */
static int copy_xattrs(int from, int to, struct err *e)
{
	AUTO(attrs) struct attrs a = { 0 };
	const char *attr;
	const void *value;
	size_t n;

	if (attrs_read(&a, from, e))
		return -1;
	while (attrs_next(&a, &attr, &value, &n))
		if (str_starts(attr, "user.") &&
		    fsetxattr(to, attr, value, n, 0))
			return err_sys(e, "can't set attribute '%s'", attr);
	return 0;
}

/* Holes are left out. */
static int copy_content(struct content *from, int to, const char *name,
			struct err *e)
{
	uint64_t offset;
	const void *p;
	size_t n;
	int got;

	while ((got = content_next(from, &p, &n, &offset, e)) > 0)
		if (intr_check(e) ||
		    io_pwrite(to, p, n, (off_t)offset, name, e))
			return -1;
	if (got < 0)
		return -1;
	if (ftruncate(to, from->st.st_size))
		return err_sys(e, "can't write '%s'", name);
	return 0;
}

/* All of the file NAME in PARENT but its mode and time, which go to ST. */
static int copy_body(struct disk *d, int parent, const char *name, int to,
		     struct stat *st, struct err *e)
{
	AUTO(content) struct content c;
	autofd int from = open_at(d, parent, name, O_RDONLY | O_NONBLOCK, 0);

	content_init(&c);
	if (from < 0 || fstat(from, st))
		return err_sys(e, "can't read '%s'", name);
	if (copy_xattrs(from, to, e) ||
	    content_open(&c, TAKE_FD(from), st, name, e))
		return -1;
	return copy_content(&c, to, name, e);
}

/* Copy the file OLD, in directory OLD_PARENT, to N. */
static int copy_file(struct disk *d, struct node *n, int old_parent,
		     const struct node *old, struct err *e)
{
	struct stat st;
	struct closer_file f;

	if (closer_wait(d->closer, e) ||
	    disk_create(d, n, S_IRUSR, true, &f, e))
		return -1;
	if (copy_body(d, old_parent, old->name, f.fd, &st, e)) {
		disk_abandon(&f);
		return -1;
	}
	f.mode = st.st_mode & 07777;
	f.mtime = st.st_mtim;
	f.name = n->name;
	closer_add(d->closer, &f);
	return 0;
}

static int copy_node(struct disk *d, struct node *n, int old_parent,
		     const struct node *old, struct err *e)
{
	struct stat st;

	if (old->type == NODE_FILE)
		return copy_file(d, n, old_parent, old, e);
	if (fstatat(old_parent, old->name, &st, AT_SYMLINK_NOFOLLOW))
		return err_sys(e, "can't read '%s'", old->name);
	if (old->type == NODE_SYMLINK)
		return disk_symlink(d, n, &st.st_mtim, e);
	return disk_fifo(d, n, st.st_mode & 07777, &st.st_mtim, e);
}

/* Errors of link(2) that say "not here" or "not one more": no hard links at
 * all, not between directories (EXDEV of AFS and BeeGFS), too many. */
static bool is_refusal(int code)
{
	return code == EMLINK || code == EPERM || code == EXDEV ||
	       code == EOPNOTSUPP || code == ENOSYS;
}

int disk_link(struct disk *d, struct node *n, struct node *old, struct err *e)
{
	int from = dir_fd(d, old->parent, e);

	if (from < 0)
		return -1;
	d->pinned = old->parent;
	int to = dir_fd(d, n->parent, e);
	int failed = -1;

	if (to >= 0) {
		failed = linkat(from, old->name, to, n->name, 0);
		if (failed && is_refusal(errno))
			failed = copy_node(d, n, from, old, e);
		else if (failed)
			not_made(n, "hard link", e);
	}
	d->pinned = NULL;
	return failed;
}

int disk_open_dir(struct disk *d, struct node *n, struct err *e)
{
	int parent = dir_fd(d, n->parent, e);
	const char *name = *n->name ? n->name : ".";

	if (parent < 0)
		return -1;
	int fd = open_at(d, parent, name, O_RDONLY | O_DIRECTORY, 0);

	return fd < 0 ? err_sys(e, "can't open the directory '%s'", name) : fd;
}

/* What can't be removed stays: attributes are not worth a failure. */
void disk_clear_xattrs(int fd)
{
	ssize_t size = flistxattr(fd, NULL, 0);

	if (size <= 0)
		return;
	autostr char *names = xcalloc((size_t)size + 1, 1);

	size = flistxattr(fd, names, (size_t)size);
	for (ssize_t at = 0; at < size; at += (ssize_t)strlen(names + at) + 1)
		if (!strncmp(names + at, "user.", 5))
			fremovexattr(fd, names + at);
}

static int finish_slowly(struct disk *d, struct node *n, struct err *e)
{
	struct timespec times[2] = {
		{ .tv_nsec = UTIME_OMIT },
		{ .tv_sec = n->dir->mtime_s, .tv_nsec = n->dir->mtime_ns },
	};
	autofd int fd = disk_open_dir(d, n, e);

	if (fd < 0)
		return -1;
	if (n->dir->is_implied && n->dir->has_xattrs)
		disk_clear_xattrs(fd);
	if ((n->parent == n || n->dir->mode != n->dir->disk_mode) &&
	    fchmod(fd, n->dir->mode))
		return err_sys(e, "can't set the mode of the directory '%s'",
			       n->name);
	if (n->dir->has_time && futimens(fd, times))
		return err_sys(e, "can't set the time of the directory '%s'",
			       n->name);
	return 0;
}

static int finish_dir(void *disk, struct node *n, struct err *e)
{
	struct disk *d = disk;
	struct timespec mtime = { .tv_sec = n->dir->mtime_s,
				  .tv_nsec = n->dir->mtime_ns };

	/* The root is not ours: its mode is set in any case. */
	if (n->parent == n || n->dir->mode != n->dir->disk_mode ||
	    n->dir->has_xattrs)
		return finish_slowly(d, n, e);
	if (!n->dir->has_time)
		return 0;
	int parent = dir_fd(d, n->parent, e);

	return parent < 0 ? -1 : set_time(parent, n->name, &mtime, e);
}

int disk_finish(struct disk *d, struct tree *t, struct err *e)
{
	return tree_each_dir(t, finish_dir, d, e);
}
