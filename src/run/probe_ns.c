/* probe_ns.c - try namespaces, and what processes in them may do.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/fdpass.h"
#include "base/proc.h"
#include "run/attempts.h"
#include "run/ns.h"
#include "run/seccomp.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>

/* The option "hidepid" of proc(5), as the first mount of /proc has it. */
static bool hides_processes(void)
{
	autofile FILE *f = fopen("/proc/self/mountinfo", "re");
	autostr char *line = NULL;
	size_t size = 0;

	while (f && getline(&line, &size, f) > 0)
		if (strstr(line, " /proc ") && strstr(line, "hidepid=") &&
		    !strstr(line, "hidepid=off"))
			return true;
	return false;
}

void probe_ns_proc(const struct check_options *o, struct finding *f)
{
	const struct cause *c = cause_no_proc();

	(void)o;
	if (c)
		finding_fail(f, FINDING_NO, c, NULL);
	else if (hides_processes())
		finding_set(f, FINDING_OK,
			    "processes of other users are hidden (hidepid), "
			    "which is no hindrance");
}

static void make(int flags, struct finding *f)
{
	struct err e = { 0 };

	if (!unshare(flags))
		return;
	err_sys(&e, "can't make it");
	finding_fail(f, FINDING_NO, cause_unshare(e.code), &e);
}

void probe_ns_user(const struct check_options *o, struct finding *f)
{
	(void)o;
	make(CLONE_NEWUSER, f);
}

void probe_ns_mount(const struct check_options *o, struct finding *f)
{
	(void)o;
	make(CLONE_NEWUSER | CLONE_NEWNS, f);
}

void probe_ns_idmap(const struct check_options *o, struct finding *f)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();
	struct err e = { 0 };

	(void)o;
	make(CLONE_NEWUSER | CLONE_NEWNS, f);
	if (f->state != FINDING_OK || !ns_map_self(uid, gid, &e))
		return;
	finding_fail(f, FINDING_NO, cause_denied(e.code), &e);
}

/* In a child: make namespaces and send them to the socket. */
static int send_namespaces(void *arg, struct err *e)
{
	const int *to = arg;
	char byte = 0;
	struct iovec data = { &byte, 1 };
	int fd[2];

	if (ns_enter(NULL, e))
		return -1;
	fd[0] = open("/proc/self/ns/user", O_RDONLY | O_CLOEXEC);
	fd[1] = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	if (fd[0] < 0 || fd[1] < 0)
		return err_sys(e, "can't open '/proc/self/ns'");
	return fdpass_send(*to, &data, 1, fd, 2, 0) < 0
		       ? err_sys(e, "can't pass namespaces on")
		       : 0;
}

static int take_namespaces(int from, int fd[2], struct err *e)
{
	char byte;
	struct iovec data = { &byte, 1 };

	if (fdpass_take(from, &data, 1, fd, 2, MSG_DONTWAIT) < 0)
		return err_sys(e, "can't get namespaces");
	return fd[0] < 0 ? err_set(e, ERR_SYS, "can't get namespaces") : 0;
}

/* Enter the namespaces of another process of ours. */
void probe_ns_join(const struct check_options *o, struct finding *f)
{
	struct err e = { 0 };
	int pair[2], ns[2];

	(void)o;
	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair))
		err_sys(&e, "can't make a socket");
	else if (!proc_call("child", send_namespaces, &pair[1], &e) &&
		 !take_namespaces(pair[0], ns, &e) &&
		 (setns(ns[0], CLONE_NEWUSER) || setns(ns[1], CLONE_NEWNS)))
		err_sys(&e, "can't enter them");
	if (e.kind)
		finding_fail(f, FINDING_NO, cause_denied(e.code), &e);
}

/* In a child: read the byte at ARG of its parent, as MPI libraries read each
 * other's messages. */
static int read_parent(void *arg, struct err *e)
{
	char here;
	struct iovec to = { &here, 1 }, from = { arg, 1 };

	if (process_vm_readv(getppid(), &to, 1, &from, 1, 0) != 1)
		return err_sys(e, "can't read another process");
	return 0;
}

/* As exec(2) does it to a command: no capability is left. */
static int drop_capabilities(struct err *e)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3];

	memset(none, 0, sizeof none);
	if (syscall(SYS_capset, &head, none) ||
	    prctl(PR_SET_DUMPABLE, 1, 0, 0, 0))
		return err_sys(e, "can't drop capabilities");
	return 0;
}

/* Read another process of the same user and the same user namespace, which is
 * not one that we started: a child its parent. */
void probe_ns_attach(const struct check_options *o, struct finding *f)
{
	const struct cause *c;
	struct err e = { 0 };
	char byte = 0;

	(void)o;
	if (!ns_enter(NULL, &e) && !drop_capabilities(&e) &&
	    !proc_call("child", read_parent, &byte, &e))
		return;
	c = cause_attach(e.code);
	finding_fail(f, FINDING_NO, c, &e);
	if (e.code != EPERM || prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY) ||
	    proc_call("child", read_parent, &byte, &e))
		return;
	finding_set(f, FINDING_LIMITED,
		    "only where the other process allows it, as Open MPI and "
		    "UCX do (kernel.yama.ptrace_scope)");
	if (c && c->fix)
		finding_fix(f, "%s", c->fix);
}

void probe_ns_seccomp(const struct check_options *o, struct finding *f)
{
	struct err e = { 0 };

	(void)o;
	if (seccomp_install(&e))
		finding_fail(f, FINDING_NO, NULL, &e);
}
