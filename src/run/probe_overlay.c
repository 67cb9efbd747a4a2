/* probe_overlay.c - try the kernel's overlays in a user namespace.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/dir.h"
#include "base/str.h"
#include "base/tmp.h"
#include "run/attempts.h"
#include "run/nearby.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#define DIR_MODE 0755

/* A new directory NAME in DIR. */
static int make_dir(int dir, const char *name, struct err *e)
{
	int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
	int fd = mkdirat(dir, name, DIR_MODE) ? -1 : openat(dir, name, flags);

	return fd < 0 ? err_sys(e, "can't make '%s'", name) : fd;
}

static int overlay_readonly(int top, struct err *e)
{
	int upper = make_dir(top, "upper", e);
	int lower = upper < 0 ? -1 : make_dir(top, "lower", e);

	if (lower < 0 || make_dir(top, "merged", e) < 0)
		return -1;
	return mnt_put_overlay(upper, lower, top, "/merged", e);
}

void probe_overlay_read(const struct check_options *o, struct finding *f)
{
	struct err e = { 0 };
	struct mnt m;
	int top;

	(void)o;
	if (attempts_stage(&m, &top, f) && overlay_readonly(top, &e))
		finding_fail(f, FINDING_NO, cause_overlay(e.code), &e);
}

/* Mount an overlay on TOP's "merged", with a lower directory in TOP and the
 * upper one in UPPER. The descriptor of what is mounted. */
static int overlay_writable(const struct mnt *m, int top, int upper,
			    struct err *e)
{
	autostr char *at = str_fmt("%s/merged", m->stack);
	autostr char *options = str_fmt("lowerdir=/proc/self/fd/%d/lower,"
					"upperdir=/proc/self/fd/%d/upper,"
					"workdir=/proc/self/fd/%d/work,"
					"userxattr",
					top, upper, upper);

	if (make_dir(top, "lower", e) < 0 ||
	    make_dir(top, "lower/dir", e) < 0 ||
	    make_dir(top, "merged", e) < 0 || make_dir(upper, "upper", e) < 0 ||
	    make_dir(upper, "work", e) < 0)
		return -1;
	if (mount("chassis", at, "overlay", MS_NOSUID | MS_NODEV, options))
		return err_sys(e, "can't mount an overlay");
	return dir_open(at, e);
}

/* What package managers do all the time. */
static void change(int merged, struct finding *f)
{
	int flags = O_CREAT | O_WRONLY | O_CLOEXEC;
	autofd int fd = openat(merged, "dir/file", flags, 0600);

	if (fd < 0 || unlinkat(merged, "dir/file", 0) ||
	    unlinkat(merged, "dir", AT_REMOVEDIR))
		finding_set(f, FINDING_NO,
			    "an overlay is mounted, but can't be changed");
	else if (mkdirat(merged, "dir", DIR_MODE))
		finding_set(f, FINDING_LIMITED,
			    "a directory of the image that was removed can't "
			    "be made again: the file system has no attributes "
			    "of users (tmpfs has since Linux 6.6)");
}

void probe_overlay_fake(const struct check_options *o, struct finding *f)
{
	struct err e = { 0 };
	struct mnt m;
	int top, merged;

	(void)o;
	if (!attempts_stage(&m, &top, f))
		return;
	merged = overlay_writable(&m, top, top, &e);
	if (merged < 0)
		finding_fail(f, FINDING_NO, cause_overlay(e.code), &e);
	else
		change(merged, f);
}

/* On the disk that the store is on, in a directory that is removed again. It is
 * opened inside: the kernel overlays nothing that it sees through another mount
 * namespace (EINVAL). And before anything is mounted over /etc, where the
 * user's name is looked up. */
void probe_overlay_kept(const struct check_options *o, struct finding *f)
{
	AUTO(tmp) struct tmp t = TMP_INIT;
	AUTO(nearby) struct nearby n = NEARBY_INIT;
	struct err e = { 0 };
	struct mnt m;
	int top, merged;

	if (!attempts_enter(&m, f))
		return;
	if (nearby_open(&n, o->store, &e) || tmp_dir(&t, n.fd, &e)) {
		finding_fail(f, FINDING_UNTRIED, NULL, &e);
		return;
	}
	top = mnt_stack_tmpfs(&m, NULL, &e);
	merged = top < 0 ? -1 : overlay_writable(&m, top, t.fd, &e);
	if (merged < 0) {
		finding_fail(f, FINDING_NO, cause_overlay(e.code), &e);
		return;
	}
	change(merged, f);
	/* Else the kernel still uses what is to be removed. */
	close(merged);
	umount2(m.stack, MNT_DETACH);
}
