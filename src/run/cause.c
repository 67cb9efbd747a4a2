/* cause.c - why this host refuses something, and what would change that.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "run/cause.h"

#include "base/io.h"
#include "base/str.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/statfs.h>

#define SMALL_FILE 65536
#define APPARMOR "kernel.apparmor_restrict_unprivileged_userns"
#define APPARMOR_FILE "/proc/sys/kernel/apparmor_restrict_unprivileged_userns"
#define PROFILE "/etc/apparmor.d/chassis"

/* The limits are those of namespaces(7); 15000 is a common default. */
static const struct cause no_user = {
	"they are switched off here (user.max_user_namespaces is 0)",
	"sysctl -w user.max_user_namespaces=15000",
};
static const struct cause no_mnt = {
	"they are switched off here (user.max_mnt_namespaces is 0)",
	"sysctl -w user.max_mnt_namespaces=15000",
};
static const struct cause too_many = {
	"too many are in use or nested (user.max_user_namespaces, "
	"user.max_mnt_namespaces)",
	NULL,
};
static const struct cause not_built = {
	"this kernel was built without them (CONFIG_USER_NS)",
	NULL,
};
/* A switch of Debian's and Ubuntu's kernels. */
static const struct cause no_clone = {
	"they are switched off for ordinary users here "
	"(kernel.unprivileged_userns_clone is 0)",
	"sysctl -w kernel.unprivileged_userns_clone=1",
};
static const struct cause chrooted = {
	"the kernel allows none inside a chroot",
	NULL,
};
static const struct cause filtered = {
	"a seccomp filter forbids it, as container engines set one; run "
	"outside of that container or allow 'unshare' there",
	NULL,
};
static const struct cause not_permitted = {
	"the kernel does not permit it",
	NULL,
};
static const struct cause module = {
	"a security module (SELinux?) forbids it",
	NULL,
};
static const struct cause apparmor = {
	"AppArmor lets ordinary users make user namespaces but not use them "
	"(" APPARMOR " is not 0)",
	"install -m 644 " PKGDATADIR "/apparmor " PROFILE
	" && apparmor_parser -r " PROFILE,
};
static const struct cause no_proc = {
	"'/proc' is not mounted here",
	"mount -t proc proc /proc",
};
static const struct cause no_fuse = {
	"there is no '/dev/fuse'",
	"modprobe fuse",
};
/* As containers have it. The numbers are those of
 * Documentation/admin-guide/devices.txt. */
static const struct cause no_fuse_node = {
	"there is no '/dev/fuse', though the kernel has FUSE",
	"mknod -m 666 /dev/fuse c 10 229",
};
static const struct cause fuse_module = {
	"the kernel has no FUSE, or its module is not loaded",
	"modprobe fuse",
};
static const struct cause fuse_mode = {
	"the device is not open to ordinary users",
	"chmod 666 /dev/fuse",
};
static const struct cause fuse_old = {
	"kernels before Linux 4.18 let no ordinary user mount FUSE, and a "
	"security module may forbid it",
	NULL,
};
static const struct cause no_overlay = {
	"the kernel has no overlayfs, or its module is not loaded",
	"modprobe overlay",
};
static const struct cause overlay_old = {
	"kernels before Linux 5.11 let no ordinary user mount one, and a "
	"security module may forbid it",
	NULL,
};
static const struct cause no_attach = {
	"this kernel was built without it (CONFIG_CROSS_MEMORY_ATTACH)",
	NULL,
};
static const struct cause yama = {
	"the kernel lets a process read only those that it started "
	"(kernel.yama.ptrace_scope is not 0)",
	"sysctl -w kernel.yama.ptrace_scope=0",
};

/* Does the file PATH say TEXT (and a newline)? No if it can't be read. */
static bool says(const char *path, const char *text)
{
	AUTO(str) struct str s = { 0 };
	struct err ignored = { 0 };
	autostr char *found = NULL;

	/* A switch that this kernel has not is not the reason. */
	if (io_read_file(AT_FDCWD, path, SMALL_FILE, &s, &ignored))
		return false;
	found = str_trim(str_text(&s));
	return !strcmp(found, text);
}

/* Does the file PATH contain TEXT? */
static bool contains(const char *path, const char *text)
{
	AUTO(str) struct str s = { 0 };
	struct err ignored = { 0 };
	/* /proc/self/mountinfo may be longer; what was read is enough. */
	int bad = io_read_file(AT_FDCWD, path, SMALL_FILE * 16, &s, &ignored);

	return (!bad || ignored.kind == ERR_LIMIT) &&
	       strstr(str_text(&s), text);
}

/* In a chroot that is no mount point, nothing is mounted on "/". Cut off by a
 * chroot, a process may make no user namespace (clone(2), EPERM). The field
 * behind the mount point starts with "rw" or "ro" (proc(5)). */
static bool is_chrooted(void)
{
	const char *path = "/proc/self/mountinfo";

	return contains(path, " ") && !contains(path, " / rw") &&
	       !contains(path, " / ro");
}

static bool is_filtered(void)
{
	return contains("/proc/self/status", "\nSeccomp:\t2");
}

/* A file in /proc/sys that is there and not 0. */
static bool is_on(const char *path)
{
	return contains(path, "\n") && !says(path, "0");
}

static const struct cause *unshare_eperm(void)
{
	if (says("/proc/sys/kernel/unprivileged_userns_clone", "0"))
		return &no_clone;
	if (is_chrooted())
		return &chrooted;
	return is_filtered() ? &filtered : &not_permitted;
}

const struct cause *cause_unshare(int errnum)
{
	if (errnum == ENOSPC || errnum == EPERM || errnum == EUSERS) {
		if (says("/proc/sys/user/max_user_namespaces", "0"))
			return &no_user;
		if (says("/proc/sys/user/max_mnt_namespaces", "0"))
			return &no_mnt;
	}
	switch (errnum) {
	case ENOSPC:
	case EUSERS:
		return &too_many;
	case EINVAL:
	case ENOSYS:
		return &not_built;
	case EPERM:
		return unshare_eperm();
	case EACCES:
		return &module;
	default:
		return NULL;
	}
}

const struct cause *cause_denied(int errnum)
{
	switch (errnum) {
	case EPERM:
	case EACCES:
		return is_on(APPARMOR_FILE) ? &apparmor : NULL;
	case ENOENT:
	case ENOTDIR:
		return cause_no_proc();
	default:
		return NULL;
	}
}

const struct cause *cause_fuse_open(int errnum)
{
	switch (errnum) {
	case ENOENT:
		return contains("/proc/filesystems", "\tfuse\n") ? &no_fuse_node
								 : &no_fuse;
	case ENODEV:
	case ENXIO:
		return &fuse_module;
	case EACCES:
	case EPERM:
		return &fuse_mode;
	default:
		return NULL;
	}
}

const struct cause *cause_fuse_mount(int errnum)
{
	const struct cause *denied = cause_denied(errnum);

	if (errnum == ENODEV)
		return &fuse_module;
	if (denied)
		return denied;
	return errnum == EPERM ? &fuse_old : NULL;
}

const struct cause *cause_overlay(int errnum)
{
	if (errnum == ENODEV)
		return &no_overlay;
	return errnum == EPERM ? &overlay_old : NULL;
}

const struct cause *cause_attach(int errnum)
{
	if (errnum == ENOSYS)
		return &no_attach;
	if (errnum != EPERM)
		return NULL;
	if (is_on("/proc/sys/kernel/yama/ptrace_scope"))
		return &yama;
	return is_filtered() ? &filtered : NULL;
}

const struct cause *cause_no_proc(void)
{
	struct statfs fs;

	return statfs("/proc", &fs) || fs.f_type != PROC_SUPER_MAGIC ? &no_proc
								     : NULL;
}

int cause_error(const struct cause *c, const char *what, struct err *e)
{
	if (!c->fix)
		return err_set(e, ERR_UNSUPPORTED, "%s: %s", what, c->why);
	return err_set(e, ERR_UNSUPPORTED,
		       "%s: %s; an administrator can change that: %s", what,
		       c->why, c->fix);
}
