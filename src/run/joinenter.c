/* joinenter.c - go into the namespaces of a container that exists.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "run/joinenter.h"

#include "base/str.h"

#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

int joinenter(int user, int mount, struct err *e)
{
	if (setns(user, CLONE_NEWUSER)) {
		if (errno == EINVAL)
			return err_set(e, ERR_UNSUPPORTED,
				       "this process is in it already");
		return err_sys(e, "can't enter its user namespace");
	}
	if (setns(mount, CLONE_NEWNS))
		return err_sys(e, "can't enter its mount namespace");
	return 0;
}

static bool is_ours(const char *ns, int fd)
{
	struct stat ours, its;

	return !stat(ns, &ours) && !fstat(fd, &its) &&
	       ours.st_dev == its.st_dev && ours.st_ino == its.st_ino;
}

/* The directory of the process in /proc stays its own: when the process is
 * gone, nothing can be opened there, even if its number is used again. */
static int open_process(int pid, struct err *e)
{
	autostr char *path = str_fmt("/proc/%d", pid);
	autofd int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 && errno == ENOENT && !access("/proc/self", F_OK))
		return err_set(e, ERR_NOTFOUND, "there is no process %d", pid);
	if (fd < 0 || fstat(fd, &st))
		return err_sys(e, "can't look at process %d in /proc", pid);
	if (st.st_uid != geteuid())
		return err_set(e, ERR_AUTH,
			       "process %d belongs to another user (uid %u)",
			       pid, (unsigned)st.st_uid);
	return TAKE_FD(fd);
}

int joinenter_process(int pid, struct err *e)
{
	int flags = O_RDONLY | O_CLOEXEC;
	autofd int proc = open_process(pid, e);
	autofd int user = -1, mount = -1;

	if (proc < 0)
		return -1;
	user = openat(proc, "ns/user", flags);
	mount = openat(proc, "ns/mnt", flags);
	if (user < 0 || mount < 0)
		return err_sys(e, "can't open the namespaces of process %d",
			       pid);
	if (is_ours("/proc/self/ns/mnt", mount))
		return err_set(e, ERR_UNSUPPORTED,
			       "process %d is in no container, or this one is "
			       "in it already",
			       pid);
	if (joinenter(user, mount, e))
		return err_ctx(e, "can't join process %d", pid);
	return 0;
}
