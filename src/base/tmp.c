/* tmp.c - temporary files and directories: make, publish, sweep.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Between making an object and locking it, a sweep may see it unlocked. The
 * sweep removes only what it has locked itself, and the maker, once it has the
 * lock, makes sure that the name is still its own; if not it makes another.
 */
#include "config.h"

#include "base/tmp.h"

#include "base/dir.h"
#include "base/io.h"
#include "base/lock.h"
#include "base/str.h"
#include "base/strlist.h"

#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>

#define DIGITS 16
#define TRIES 64

/* A new name, owned; NULL with errno. getrandom(2) always gives up to 256 bytes
 * in one piece. */
static char *new_name(void)
{
	uint64_t number;

	while (getrandom(&number, sizeof(number), 0) < 0)
		if (errno != EINTR)
			return NULL;
	return str_fmt(TMP_PREFIX "%016llx", (unsigned long long)number);
}

static bool is_tmp_name(const char *name)
{
	size_t n = strlen(TMP_PREFIX);

	return str_starts(name, TMP_PREFIX) && strlen(name) == n + DIGITS &&
	       strspn(name + n, "0123456789abcdef") == DIGITS;
}

/* Is NAME in DIRFD still what FD is open on? */
static bool is_same(int dirfd, const char *name, int fd)
{
	struct stat by_name;
	struct stat by_fd;

	return !fstatat(dirfd, name, &by_name, AT_SYMLINK_NOFOLLOW) &&
	       !fstat(fd, &by_fd) && by_name.st_dev == by_fd.st_dev &&
	       by_name.st_ino == by_fd.st_ino;
}

static int create(int dirfd, const char *name, bool is_dir)
{
	if (!is_dir)
		return openat(dirfd, name,
			      O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (mkdirat(dirfd, name, 0700))
		return -1;
	int fd = openat(dirfd, name,
			O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int code = errno;

	if (fd < 0) /* umask 0777 */
		unlinkat(dirfd, name, AT_REMOVEDIR);
	errno = code;
	return fd;
}

/* One try: 1 if somebody else was at the name, -1 with errno. */
static int make_once(struct tmp *t)
{
	autostr char *name = new_name();

	if (!name)
		return -1;
	autofd int fd = create(t->dirfd, name, t->is_dir);

	if (fd < 0)
		return errno == EEXIST || (t->is_dir && errno == ENOENT) ? 1
									 : -1;
	if (!lock_try(fd) || !is_same(t->dirfd, name, fd))
		return 1;
	t->fd = TAKE_FD(fd);
	t->name = TAKE(name);
	return 0;
}

static int make(struct tmp *t, int dirfd, bool is_dir, struct err *e)
{
	autostr char *place = NULL;
	int code, rc = 1;

	*t = (struct tmp){ .dirfd = -1, .fd = -1, .is_dir = is_dir };
	/* Not a duplicate: DIRFD may be AT_FDCWD or O_PATH. */
	t->dirfd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (t->dirfd < 0)
		rc = -1;
	for (int i = 0; rc > 0 && i < TRIES; i++)
		rc = make_once(t);
	if (!rc)
		return 0;
	code = errno;
	place = dir_shown(dirfd);
	err_sysno(e, code, "can't make a temporary %s in '%s'",
		  is_dir ? "directory" : "file", place);
	tmp_clear(t);
	return -1;
}

int tmp_file(struct tmp *t, int dirfd, struct err *e)
{
	return make(t, dirfd, false, e);
}

int tmp_dir(struct tmp *t, int dirfd, struct err *e)
{
	return make(t, dirfd, true, e);
}

int tmp_adopt(struct tmp *t, int dirfd, int fd, char *name, struct err *e)
{
	int own = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (own < 0)
		return err_sys(e, "can't use '%s'", name);
	*t = (struct tmp){ .dirfd = own, .fd = fd, .name = name };
	return 0;
}

/* Old kernels (before 3.15) say ENOSYS, file systems that lack the flag
 * EINVAL. */
static bool lacks_flag(int code)
{
	return code == EINVAL || code == ENOSYS;
}

/* rename(2) puts a directory in place of nothing or of an empty directory, at
 * once; a file that is there is ENOTDIR. (To make NAME first would show, or
 * leave after a kill, an empty directory at it.) */
static int rename_dir(struct tmp *t, int dirfd, const char *name)
{
	if (!renameat(t->dirfd, t->name, dirfd, name))
		return 0;
	if (errno == ENOTDIR)
		errno = EEXIST;
	return -1;
}

/* What is at our name if the unlink fails is swept some day. */
static int link_then_unlink(struct tmp *t, int dirfd, const char *name)
{
	if (linkat(t->dirfd, t->name, dirfd, name, 0))
		return -1;
	unlinkat(t->dirfd, t->name, 0);
	return 0;
}

/* Rename onto a free name; -1 with errno. */
static int rename_excl(struct tmp *t, int dirfd, const char *name)
{
	if (!renameat2(t->dirfd, t->name, dirfd, name, RENAME_NOREPLACE))
		return 0;
	if (!lacks_flag(errno))
		return -1;
	return t->is_dir ? rename_dir(t, dirfd, name)
			 : link_then_unlink(t, dirfd, name);
}

/* To come under another directory, a directory must be writable itself, for
 * its ".." changes (rename(2), EACCES); in images "/" often is not. Returns
 * the mode to put back, or 0 if it was writable. */
static mode_t allow_move(int fd)
{
	struct stat st;

	if (fstat(fd, &st) || !S_ISDIR(st.st_mode) || st.st_mode & S_IWUSR)
		return 0;
	if (fchmod(fd, (st.st_mode & ALLPERMS) | S_IWUSR))
		return 0;
	return st.st_mode & ALLPERMS;
}

/* Where the file system can't exchange two names (NFS), the old one steps
 * aside; for a moment nothing is at NAME. -1 with errno. */
static int swap_by_hand(struct tmp *t, int dirfd, const char *name)
{
	autostr char *aside = new_name();

	if (!aside || renameat(dirfd, name, t->dirfd, aside))
		return -1;
	if (renameat(t->dirfd, t->name, dirfd, name)) {
		int code = errno;

		renameat(t->dirfd, aside, dirfd, name);
		errno = code;
		return -1;
	}
	free(t->name);
	t->name = TAKE(aside);
	return 0;
}

/* Exchange with what is at NAME; that has our name then. -1 with errno. */
static int swap(struct tmp *t, int dirfd, const char *name)
{
	autofd int old = openat(
		dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (old >= 0)
		allow_move(old);
	if (!renameat2(t->dirfd, t->name, dirfd, name, RENAME_EXCHANGE))
		return 0;
	return lacks_flag(errno) ? swap_by_hand(t, dirfd, name) : -1;
}

/* An old tree that can't be removed has a temporary name: it is swept some
 * day. */
static void discard(int dirfd, const char *name)
{
	struct err ignored;

	if (dir_remove(dirfd, name, &ignored))
		return;
}

/* Rename onto a name that may be taken; -1 with errno. */
static int rename_replace(struct tmp *t, int dirfd, const char *name)
{
	/* Another may remove or put something at NAME between two tries. */
	for (int i = 0; i < TRIES; i++) {
		if (!renameat(t->dirfd, t->name, dirfd, name))
			return 0;
		if (errno != ENOTEMPTY && errno != EEXIST && errno != ENOTDIR &&
		    errno != EISDIR)
			return -1;
		if (!swap(t, dirfd, name)) {
			discard(t->dirfd, t->name);
			return 0;
		}
		if (errno != ENOENT)
			return -1;
	}
	return -1;
}

static int move(struct tmp *t, int dirfd, const char *name, enum tmp_how how,
		struct err *e)
{
	mode_t mode = allow_move(t->fd);
	int rc = how == TMP_REPLACE ? rename_replace(t, dirfd, name)
				    : rename_excl(t, dirfd, name);
	int code = errno;

	if (mode)
		fchmod(t->fd, mode);
	if (!rc)
		return 0;
	if (how != TMP_REPLACE && (code == EEXIST || code == ENOTEMPTY)) {
		err_set(e, ERR_EXISTS, "'%s' already exists", name);
		e->code = code;
		return -1;
	}
	return err_sysno(e, code, "can't make '%s'", name);
}

int tmp_publish(struct tmp *t, int dirfd, const char *name, enum tmp_how how,
		struct err *e)
{
	autofd int above = -1;

	if (!t->is_dir && how != TMP_CLAIM) {
		above = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (above < 0)
			return err_sys(e, "can't make '%s'", name);
		if (io_sync(t->fd, name, e))
			return -1;
	}
	if (move(t, dirfd, name, how, e))
		return -1;
	free(TAKE(t->name)); /* nothing left to remove; closing unlocks */
	tmp_clear(t);
	return above >= 0 ? io_sync(above, name, e) : 0;
}

void tmp_clear(struct tmp *t)
{
	if (t->name)
		discard(t->dirfd, t->name);
	free(t->name);
	if (t->fd >= 0)
		close(t->fd);
	if (t->dirfd >= 0)
		close(t->dirfd);
	*t = (struct tmp)TMP_INIT;
}

/* A lock on NFS needs a descriptor to write to; a directory has none. */
static int open_left_over(int dirfd, const char *name)
{
	int flags = O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	int fd = openat(dirfd, name, O_RDWR | flags);

	return fd < 0 ? openat(dirfd, name, O_RDONLY | flags) : fd;
}

/* Not lock_try: where locks do not work, nothing tells who lives. */
static void sweep_one(int dirfd, const char *name)
{
	struct stat st;
	autofd int fd = open_left_over(dirfd, name);

	if (fd < 0 || fstat(fd, &st) || st.st_uid != geteuid())
		return;
	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return;
	if (flock(fd, LOCK_EX | LOCK_NB) || !is_same(dirfd, name, fd))
		return;
	discard(dirfd, name);
}

void tmp_sweep(int dirfd)
{
	AUTO(strlist) struct strlist names = { 0 };
	struct err ignored; /* what can't be listed can't be swept */

	if (dir_list(dirfd, &names, &ignored))
		return;
	for (size_t i = 0; i < names.n; i++)
		if (is_tmp_name(names.v[i]))
			sweep_one(dirfd, names.v[i]);
}
