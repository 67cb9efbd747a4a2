/* dir.c - open, make and list in a directory that may be hostile.
 * SPDX-License-Identifier: Apache-2.0
 *
 * openat2(2) does the resolving where there is one; walk.c elsewhere. Removing
 * a tree is in dirremove.c.
 */
#include "config.h"

#include "base/dir.h"

#include "base/intr.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "base/walk.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#ifdef HAVE_LINUX_OPENAT2_H
#include <linux/openat2.h>
#endif

/* Tries after EAGAIN, which openat2 gives when something on the way is renamed
 * or mounted while it looks at a ".."; an attacker could go on for ever. */
#define TRIES 16

#if defined(HAVE_LINUX_OPENAT2_H) && defined(__NR_openat2)
static int open_kernel(int root, const char *path, bool is_beneath, int flags,
		       mode_t mode)
{
	struct open_how how = {
		.flags = (unsigned)flags,
		.mode = mode,
		.resolve = RESOLVE_NO_MAGICLINKS,
	};

	how.resolve |= is_beneath ? RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS
				  : RESOLVE_IN_ROOT;
	return (int)syscall(__NR_openat2, root, path, &how, sizeof(how));
}
#else
static int open_kernel(int root, const char *path, bool is_beneath, int flags,
		       mode_t mode)
{
	(void)root, (void)path, (void)is_beneath, (void)flags, (void)mode;
	errno = ENOSYS;
	return -1;
}
#endif

/* Has the kernel really refused the path, or is there no openat2? ENOSYS says
 * it plainly. Some seccomp filters say EPERM to every call they don't know;
 * then the root itself can't be opened either. */
static bool is_missing(int root)
{
	int code = errno;
	autofd int fd = -1;

	if (code == ENOSYS)
		return true;
	if (code != EPERM)
		return false;
	fd = open_kernel(root, ".", true, O_PATH | O_CLOEXEC, 0);
	bool is_refused = fd < 0 && errno == EPERM;

	errno = code;
	return is_refused;
}

/* With -1, errno. */
static int open_either(int root, const char *path, bool is_beneath, int flags,
		       mode_t mode)
{
	for (int i = 0; i < TRIES && strlen(path) < PATH_MAX; i++) {
		int fd = open_kernel(root, path, is_beneath, flags, mode);

		if (fd >= 0)
			return fd;
		if (is_missing(root))
			break;
		if (errno != EAGAIN)
			return -1;
	}
	return walk_open(root, path, is_beneath, flags, mode);
}

static int failed(const char *doing, const char *path, bool is_beneath,
		  struct err *e)
{
	int code = errno;

	if (code == EXDEV)
		err_set(e, ERR_FORMAT, "can't %s '%s': leads out of its root",
			doing, path);
	else if (code == ELOOP && is_beneath)
		err_set(e, ERR_FORMAT,
			"can't %s '%s': a symbolic link is in the way", doing,
			path);
	else
		err_sysno(e, code, "can't %s '%s'", doing, path);
	if (code == ENOENT || code == ENOTDIR)
		e->kind = ERR_NOTFOUND;
	if (code == ELOOP)
		e->kind = ERR_FORMAT;
	e->code = code;
	return -1;
}

typedef int open_fn(int root, const char *path, bool is_beneath, int flags,
		    mode_t mode);

/* Bring FLAGS and MODE into the form that openat2 accepts: where openat
 * ignores what makes no sense, it says EINVAL. */
static int open_with(open_fn *fn, int root, const char *path, bool is_beneath,
		     int flags, mode_t mode, struct err *e)
{
	const char *rel = path + strspn(path, "/");

	if (!*rel)
		rel = ".";
	flags |= O_CLOEXEC | (is_beneath ? O_NOFOLLOW : 0);
	if (flags & O_PATH)
		flags &= O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	if (!(flags & O_CREAT) && (flags & O_TMPFILE) != O_TMPFILE)
		mode = 0;
	mode &= ALLPERMS;
	for (;;) {
		int fd = fn(root, rel, is_beneath, flags, mode);

		if (fd >= 0)
			return fd;
		if (errno != EINTR)
			return failed("open", path, is_beneath, e);
		if (intr_check(e))
			return -1;
	}
}

int dir_open(const char *path, struct err *e)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? failed("open", path, false, e) : fd;
}

int dir_open_beneath(int root, const char *path, int flags, mode_t mode,
		     struct err *e)
{
	return open_with(open_either, root, path, true, flags, mode, e);
}

int dir_open_in_root(int root, const char *path, int flags, mode_t mode,
		     struct err *e)
{
	return open_with(open_either, root, path, false, flags, mode, e);
}

int dir_walk_beneath(int root, const char *path, int flags, mode_t mode,
		     struct err *e)
{
	return open_with(walk_open, root, path, true, flags, mode, e);
}

int dir_walk_in_root(int root, const char *path, int flags, mode_t mode,
		     struct err *e)
{
	return open_with(walk_open, root, path, false, flags, mode, e);
}

char *dir_resolve_in_root(int root, const char *path, bool *exists,
			  struct err *e)
{
	char *resolved = walk_resolve(root, path, exists);

	if (!resolved)
		failed("resolve", path, false, e);
	return resolved;
}

/* Open the directory NAME in AT, made if missing. */
static int make_one(int at, const char *name, int flags, mode_t mode)
{
	flags |= O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(at, name, flags);

	if (fd >= 0 || errno != ENOENT)
		return fd;
	if (mkdirat(at, name, mode) && errno != EEXIST)
		return -1;
	return openat(at, name, flags);
}

/* PATH is clean and relative. As mkdir(1) -p has it, directories on the way
 * can always be entered and written by us. */
static int make_all(int root, const char *path, mode_t mode)
{
	autofd int at = -1;
	const char *name;
	size_t len;

	while ((name = path_next(&path, &len))) {
		autostr char *one = str_fmt("%.*s", (int)len, name);
		int flags = *path ? O_PATH : O_RDONLY;
		int fd = make_one(at < 0 ? root : at, one, flags,
				  *path ? mode | S_IWUSR | S_IXUSR : mode);

		if (fd < 0)
			return -1;
		if (at >= 0)
			close(at);
		at = fd;
	}
	return TAKE_FD(at);
}

int dir_make_path(int root, const char *path, mode_t mode, struct err *e)
{
	/* Without links ".." is what it looks like, so cleaning is exact. */
	autostr char *rel = path_clean(path + strspn(path, "/"));
	int fd;

	if (!path_is_within(".", rel)) {
		errno = EXDEV;
		return failed("make directory", path, true, e);
	}
	/* Mostly it is there already: one call instead of one per level. */
	fd = open_either(root, rel, true,
			 O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
	if (fd < 0 && errno == ENOENT)
		fd = make_all(root, rel, mode);
	if (fd < 0)
		return failed("make directory", path, true, e);
	return fd;
}

static bool is_dots(const char *name)
{
	return !strcmp(name, ".") || !strcmp(name, "..");
}

/* A stream of its own on the directory FD, whose position is left alone. */
static DIR *stream(int fd, struct err *e)
{
	autofd int own = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = own < 0 ? NULL : fdopendir(own);

	if (!d) {
		err_sys(e, "can't read a directory");
		return NULL;
	}
	own = -1; /* closedir closes it */
	return d;
}

/* The next name but "." and ".."; NULL at the end or, with *ERROR, after an
 * error. */
static const char *next_entry(DIR *d, int *error)
{
	struct dirent *entry;

	do {
		errno = 0;
		entry = readdir(d);
	} while (entry && is_dots(entry->d_name));
	*error = entry ? 0 : errno;
	return entry ? entry->d_name : NULL;
}

int dir_list(int fd, struct strlist *names, struct err *e)
{
	autodir DIR *d = stream(fd, e);
	const char *name;
	int error;

	if (!d)
		return -1;
	while ((name = next_entry(d, &error)))
		strlist_add(names, name);
	if (error)
		return err_sysno(e, error, "can't read a directory");
	strlist_sort(names);
	return 0;
}

int dir_is_empty(int fd, bool *empty, struct err *e)
{
	autodir DIR *d = stream(fd, e);
	int error;

	if (!d)
		return -1;
	*empty = !next_entry(d, &error);
	if (error)
		return err_sysno(e, error, "can't read a directory");
	return 0;
}

#ifdef STATX_ATTR_MOUNT_ROOT
bool dir_is_mount(int fd)
{
	struct statx st;

	return !statx(fd, "", AT_EMPTY_PATH, 0, &st) &&
	       st.stx_attributes & STATX_ATTR_MOUNT_ROOT;
}
#else
bool dir_is_mount(int fd)
{
	(void)fd;
	return false;
}
#endif

char *dir_shown(int fd)
{
	autostr char *link = str_fmt("/proc/self/fd/%d", fd);
	char path[1024];
	ssize_t n = readlink(link, path, sizeof(path));

	return n > 0 ? xstrndup(path, (size_t)n) : xstrdup("a directory");
}
