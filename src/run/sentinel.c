/* sentinel.c - a file system that tells of a container's end by its own.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "run/sentinel.h"

#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SIZE "4k" /* nothing is kept there */
#define OLD "old"

/* A new one over all at the stack, watched. */
static int put(const struct root *r, int watch, struct err *e)
{
	autofd int fd = mnt_stack_tmpfs(&r->mnt, SIZE, e);

	if (fd < 0)
		return -1;
	if (inotify_add_watch(watch, r->mnt.stack, IN_DELETE_SELF) < 0)
		return err_sys(e, "can't watch for the end of the container");
	return TAKE_FD(fd);
}

/* Put it in the place of the host's root; that comes into *OLD_ROOT, or stays
 * below if it can't be moved (root.c), and *OLD_ROOT is -1. */
static int put_first(const struct root *r, int own, int *old_root,
		     struct err *e)
{
	if (fchdir(own) || mkdir(OLD, 0700))
		return err_sys(e, "can't prepare the new root");
	if (!r->no_pivot && !syscall(SYS_pivot_root, ".", OLD)) {
		*old_root = open(OLD, O_PATH | O_DIRECTORY | O_CLOEXEC);
		return *old_root < 0 ? err_sys(e, "can't open the old root")
				     : 0;
	}
	if (!r->no_pivot && errno != EINVAL)
		return err_sys(e, "can't pivot to the new root");
	if (mount(".", "/", NULL, MS_MOVE, NULL))
		return err_sys(e, "can't move a tmpfs to '/'");
	return 0;
}

int sentinel_enter(struct root *r, int watch, struct err *e)
{
	autofd int own = put(r, watch, e);
	autofd int old_root = -1;

	if (own < 0 || put_first(r, own, &old_root, e))
		return -1;
	if (fchdir(r->top))
		return err_sys(e, "can't enter the new root");
	if (root_enter_over(e))
		return -1;
	if (old_root < 0)
		return 0;
	if (fchdir(old_root) || umount2(".", MNT_DETACH))
		return err_sys(e, "can't let go of the host's root");
	return chdir("/") ? err_sys(e, "can't enter the new root") : 0;
}
