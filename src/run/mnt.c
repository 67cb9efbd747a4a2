/* mnt.c - one mount at a time, by descriptors.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "run/mnt.h"

#include "base/dir.h"
#include "base/log.h"
#include "base/str.h"

#include <fcntl.h>
#include <linux/mount.h>
#include <stdint.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>

/* Shown as the source of our mounts in /proc/self/mountinfo. */
#define SOURCE "chassis"

/* Since Linux 5.10; older headers do not know it (include/uapi/linux/mount.h,
 * include/linux/statfs.h). */
#ifndef MS_NOSYMFOLLOW
#define MS_NOSYMFOLLOW 256
#endif
#define STATVFS_NOSYMFOLLOW 0x2000

/* The numbers are the same on all architectures but Alpha. */
#ifndef SYS_open_tree
#define SYS_open_tree 428
#define SYS_move_mount 429
#define SYS_fsopen 430
#define SYS_fsconfig 431
#define SYS_fsmount 432
#endif
#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif
#ifndef OPEN_TREE_CLONE
#define OPEN_TREE_CLONE 1
#define OPEN_TREE_CLOEXEC O_CLOEXEC
#endif
#ifndef MOVE_MOUNT_F_EMPTY_PATH
#define MOVE_MOUNT_F_EMPTY_PATH 0x04
#define MOVE_MOUNT_T_EMPTY_PATH 0x40
#endif
#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif

/* struct mount_attr of Linux 5.12, under a name that no header has. */
struct attr {
	uint64_t set, clear, propagation, userns_fd;
};
#define ATTR_RDONLY 1
#define ATTR_NOSUID 2
#define ATTR_NODEV 4

#define OPEN_CLOEXEC 1
#define CONFIG_FLAG 0
#define CONFIG_STRING 1
#define CONFIG_CREATE 6
#define MOUNT_CLOEXEC 1

/* The path of descriptor FD. */
struct fd_path {
	char text[32];
};

static struct fd_path fd_path(int fd)
{
	struct fd_path p;

	snprintf(p.text, sizeof p.text, "/proc/self/fd/%d", fd);
	return p;
}

/* A call that a kernel has not, or that a seccomp filter of an older container
 * engine does not know, gives ENOSYS or EPERM; this one gives EINVAL for its
 * size. */
bool mnt_is_classic(void)
{
	return syscall(SYS_mount_setattr, -1, "", 0, NULL, 0) < 0 &&
	       errno != EINVAL;
}

static long config(int fs, unsigned what, const char *key, const char *value)
{
	return syscall(SYS_fsconfig, fs, what, key, value, 0);
}

int mnt_new(const char *type, const struct mnt_option *v, size_t n)
{
	autofd int fs = (int)syscall(SYS_fsopen, type, OPEN_CLOEXEC);

	for (size_t i = 0; fs >= 0 && i < n; i++)
		if (config(fs, v[i].value ? CONFIG_STRING : CONFIG_FLAG,
			   v[i].key, v[i].value))
			return -1;
	if (fs < 0 || config(fs, CONFIG_CREATE, NULL, NULL))
		return -1;
	return (int)syscall(SYS_fsmount, fs, MOUNT_CLOEXEC,
			    ATTR_NOSUID | ATTR_NODEV);
}

int mnt_take(const struct mnt *m, int dir, const char *path, struct err *e)
{
	int fd;

	if (!m->classic)
		fd = (int)syscall(SYS_open_tree, dir, path,
				  OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC |
					  AT_RECURSIVE | AT_EMPTY_PATH);
	else if (*path)
		fd = openat(dir, path, O_PATH | O_CLOEXEC);
	else
		fd = fcntl(dir, F_DUPFD_CLOEXEC, 0);
	return fd < 0 ? err_sysno(e, errno, "can't use '%s'", path) : fd;
}

static int set_attr(int fd, unsigned flags)
{
	struct attr a = { 0 };

	if (!flags)
		return 0;
	a.set = (flags & MNT_READONLY ? ATTR_RDONLY : 0) |
		(flags & MNT_NOSUID ? ATTR_NOSUID : 0);
	return (int)syscall(SYS_mount_setattr, fd, "",
			    AT_EMPTY_PATH | AT_RECURSIVE, &a, sizeof a);
}

/* The flags that mount FD has, as mount(2) wants them. A remount in a user
 * namespace must name them all again, for they are locked:
 * mount_namespaces(7). */
static int current_flags(int fd, unsigned long *flags)
{
	static const struct {
		unsigned long have, want;
	} map[] = {
		{ ST_RDONLY, MS_RDONLY },
		{ ST_NOSUID, MS_NOSUID },
		{ ST_NODEV, MS_NODEV },
		{ ST_NOEXEC, MS_NOEXEC },
		{ ST_NOATIME, MS_NOATIME },
		{ ST_NODIRATIME, MS_NODIRATIME },
		{ ST_RELATIME, MS_RELATIME },
		{ STATVFS_NOSYMFOLLOW, MS_NOSYMFOLLOW },
	};
	struct statvfs st;

	if (fstatvfs(fd, &st))
		return -1;
	*flags = 0;
	for (size_t i = 0; i < ARRAY_SIZE(map); i++)
		if (st.f_flag & map[i].have)
			*flags |= map[i].want;
	/* Neither is "strictatime", which has no bit of its own in statvfs. */
	if (!(*flags & (MS_NOATIME | MS_RELATIME)))
		*flags |= MS_STRICTATIME;
	return 0;
}

/* TOP is the root of a mount. */
static int remount(int top, unsigned flags)
{
	unsigned long all;

	if (!flags)
		return 0;
	if (current_flags(top, &all))
		return -1;
	all |= MS_REMOUNT | MS_BIND | (flags & MNT_READONLY ? MS_RDONLY : 0) |
	       (flags & MNT_NOSUID ? MS_NOSUID : 0);
	return mount(NULL, fd_path(top).text, NULL, all, NULL);
}

/* A remount changes one mount, not those below it. Where it matters, try first
 * to do without those: the kernel refuses (EINVAL) if there are any, because
 * they may hide something from us. */
static int bind_classic(int fd, const char *at, unsigned flags)
{
	struct fd_path from = fd_path(fd);

	if (flags & MNT_READONLY) {
		if (!mount(from.text, at, NULL, MS_BIND, NULL))
			return 0;
		if (errno != EINVAL)
			return -1;
		log_info("mounts below a read-only one stay as they are: "
			 "Linux 5.12 could change them");
	}
	return mount(from.text, at, NULL, MS_BIND | MS_REC, NULL);
}

static int put_classic(int fd, int at, int root, const char *path,
		       unsigned flags, struct err *e)
{
	autofd int top = -1;

	if (bind_classic(fd, fd_path(at).text, flags))
		return err_sys(e, "can't mount on '%s'", path);
	if (!flags)
		return 0;
	top = dir_open_in_root(root, path, O_PATH, 0, e);
	if (top < 0)
		return -1;
	return remount(top, flags) ? err_sys(e, "can't remount '%s'", path) : 0;
}

int mnt_put(const struct mnt *m, int fd, int root, const char *path,
	    unsigned flags, struct err *e)
{
	autofd int at = dir_open_in_root(root, path, O_PATH, 0, e);

	if (at < 0)
		return -1;
	if (m->classic)
		return put_classic(fd, at, root, path, flags, e);
	if (set_attr(fd, flags) ||
	    syscall(SYS_move_mount, fd, "", at, "",
		    MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH))
		return err_sys(e, "can't mount on '%s'", path);
	return 0;
}

static int entry_classic(int fd, int to, const char *name)
{
	autostr char *at = str_fmt("%s/%s", fd_path(to).text, name);

	return mount(fd_path(fd).text, at, NULL, MS_BIND | MS_REC, NULL);
}

int mnt_bind_entry(const struct mnt *m, int from, int to, const char *name,
		   struct err *e)
{
	int flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE |
		    AT_SYMLINK_NOFOLLOW;
	autofd int fd = -1;

	if (m->classic)
		fd = openat(from, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	else
		fd = (int)syscall(SYS_open_tree, from, name, flags);
	if (fd < 0)
		return err_sys(e, "can't use '%s'", name);
	if (m->classic ? entry_classic(fd, to, name)
		       : syscall(SYS_move_mount, fd, "", to, name,
				 MOVE_MOUNT_F_EMPTY_PATH))
		return err_sys(e, "can't mount on '%s'", name);
	return 0;
}

int mnt_open_stack(const struct mnt *m, struct err *e)
{
	int fd = open(m->stack, O_PATH | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? err_sys(e, "can't open '%s'", m->stack) : fd;
}

int mnt_stack(const struct mnt *m, int fd, unsigned flags, struct err *e)
{
	autofd int top = -1;

	if (!m->classic) {
		if (set_attr(fd, flags) ||
		    syscall(SYS_move_mount, fd, "", AT_FDCWD, m->stack,
			    MOVE_MOUNT_F_EMPTY_PATH))
			return err_sys(e, "can't mount on '%s'", m->stack);
		return mnt_open_stack(m, e);
	}
	if (bind_classic(fd, m->stack, flags))
		return err_sys(e, "can't mount on '%s'", m->stack);
	top = mnt_open_stack(m, e);
	if (top < 0)
		return -1;
	if (remount(top, flags))
		return err_sys(e, "can't remount '%s'", m->stack);
	return TAKE_FD(top);
}

static int tmpfs_on(const char *at, const char *size, unsigned mode,
		    struct err *e)
{
	autostr char *options = str_fmt("mode=%o%s%s", mode,
					size ? ",size=" : "", size ? size : "");

	if (mount(SOURCE, at, "tmpfs", MS_NOSUID | MS_NODEV, options))
		return err_sys(e, "can't mount a tmpfs");
	return 0;
}

int mnt_put_tmpfs(int root, const char *path, const char *size, unsigned mode,
		  struct err *e)
{
	autofd int at =
		dir_open_in_root(root, path, O_PATH | O_DIRECTORY, 0, e);

	return at < 0 ? -1 : tmpfs_on(fd_path(at).text, size, mode, e);
}

int mnt_stack_tmpfs(const struct mnt *m, const char *size, struct err *e)
{
	if (tmpfs_on(m->stack, size, 0755, e))
		return -1;
	return mnt_open_stack(m, e);
}

/* Descriptors and not paths, which may hold ':' and ','. */
static int overlay_on(const char *at, int upper, int lower, struct err *e)
{
	autostr char *options = str_fmt("lowerdir=%s:%s", fd_path(upper).text,
					fd_path(lower).text);

	if (mount(SOURCE, at, "overlay", MS_RDONLY | MS_NOSUID, options))
		return err_sys(e, "can't mount an overlay");
	return 0;
}

int mnt_stack_overlay(const struct mnt *m, int upper, int lower, struct err *e)
{
	if (overlay_on(m->stack, upper, lower, e))
		return -1;
	return mnt_open_stack(m, e);
}

int mnt_put_overlay(int upper, int lower, int root, const char *path,
		    struct err *e)
{
	autofd int at =
		dir_open_in_root(root, path, O_PATH | O_DIRECTORY, 0, e);

	return at < 0 ? -1 : overlay_on(fd_path(at).text, upper, lower, e);
}
