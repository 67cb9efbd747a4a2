/* probe.c - why this host does not let us make namespaces or mounts.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "run/probe.h"

#include "base/io.h"
#include "base/str.h"

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>

#define SMALL_FILE 65536
#define APPARMOR_SWITCH "/proc/sys/kernel/apparmor_restrict_unprivileged_userns"

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

static int refused(const char *why, struct err *e)
{
	return err_set(e, ERR_UNSUPPORTED, "can't make a user namespace: %s",
		       why);
}

/* NAME is a limit in /proc/sys/user; see namespaces(7). */
static int switched_off(const char *name, struct err *e)
{
	return err_set(e, ERR_UNSUPPORTED,
		       "can't make a user namespace: they are switched off "
		       "here (user.%s is 0); an administrator can allow them: "
		       "sysctl -w user.%s=15000",
		       name, name);
}

static int probe_eperm(struct err *e)
{
	if (says("/proc/sys/kernel/unprivileged_userns_clone", "0"))
		return refused("they are switched off for ordinary users here "
			       "(kernel.unprivileged_userns_clone is 0); an "
			       "administrator can allow them: sysctl -w "
			       "kernel.unprivileged_userns_clone=1",
			       e);
	if (is_chrooted())
		return refused("the kernel allows none inside a chroot", e);
	if (contains("/proc/self/status", "\nSeccomp:\t2"))
		return refused("a seccomp filter forbids it, as container "
			       "engines set one; run outside of that container "
			       "or allow 'unshare' there",
			       e);
	return refused("the kernel does not permit it", e);
}

int probe_unshare(int errnum, struct err *e)
{
	if (errnum == ENOSPC || errnum == EPERM || errnum == EUSERS) {
		if (says("/proc/sys/user/max_user_namespaces", "0"))
			return switched_off("max_user_namespaces", e);
		if (says("/proc/sys/user/max_mnt_namespaces", "0"))
			return switched_off("max_mnt_namespaces", e);
	}
	switch (errnum) {
	case ENOSPC:
	case EUSERS:
		return refused("too many are in use or nested "
			       "(user.max_user_namespaces, "
			       "user.max_mnt_namespaces)",
			       e);
	case EINVAL:
	case ENOSYS:
		return refused("this kernel was built without them "
			       "(CONFIG_USER_NS)",
			       e);
	case EPERM:
		return probe_eperm(e);
	case EACCES:
		return refused("a security module (SELinux?) forbids it", e);
	default:
		return err_sysno(e, errnum, "can't make a user namespace");
	}
}

int probe_denied(struct err *e)
{
	if (e->code != EPERM && e->code != EACCES)
		return -1;
	if (says(APPARMOR_SWITCH, "1") || says(APPARMOR_SWITCH, "2"))
		return err_set(
			e, ERR_UNSUPPORTED,
			"AppArmor lets ordinary users make user "
			"namespaces but not use them "
			"(kernel.apparmor_restrict_unprivileged_userns "
			"is 1); an administrator can give ch-run a "
			"profile with 'userns,', or allow all: sysctl -w "
			"kernel.apparmor_restrict_unprivileged_userns=0");
	if (e->code == EPERM)
		err_hint(e, "a security module or the container that we are "
			    "in seems to forbid it");
	return -1;
}
