/* probe_mount.c - try the mounts that every start makes.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "run/attempts.h"
#include "run/root.h"

#include <fcntl.h>

void probe_mount_tmpfs(const struct check_options *o, struct finding *f)
{
	struct mnt m;
	int top;

	(void)o;
	if (attempts_stage(&m, &top, f) &&
	    openat(top, "file", O_CREAT | O_WRONLY | O_CLOEXEC, 0600) < 0)
		finding_set(f, FINDING_NO, "a new tmpfs can't be written to");
}

void probe_mount_api(const struct check_options *o, struct finding *f)
{
	(void)o;
	if (mnt_is_classic())
		finding_set(f, FINDING_LIMITED,
			    "mount_setattr is missing (Linux before 5.12) or "
			    "filtered, so mount(2) is used: what is mounted "
			    "below a read-only bind stays writable");
}

void probe_mount_bind(const struct check_options *o, struct finding *f)
{
	struct err e = { 0 };
	struct mnt m;
	int fd;

	(void)o;
	if (!attempts_enter(&m, f))
		return;
	fd = mnt_take(&m, AT_FDCWD, "/", &e);
	if (fd < 0 || mnt_stack(&m, fd, MNT_READONLY | MNT_NOSUID, &e) < 0)
		finding_fail(f, FINDING_NO, cause_denied(e.code), &e);
}

void probe_mount_root(const struct check_options *o, struct finding *f)
{
	struct root r = ROOT_INIT;
	struct err e = { 0 };

	(void)o;
	if (!attempts_stage(&r.mnt, &r.top, f))
		return;
	if (root_enter(&r, &e))
		finding_fail(f, FINDING_NO, cause_denied(e.code), &e);
	else if (!access("/proc", F_OK))
		finding_set(f, FINDING_NO, "the host's root is still there");
}
