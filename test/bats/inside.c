/* inside.c - what a program in a container may try, and how it went.
 * SPDX-License-Identifier: Apache-2.0
 *
 *	inside attempts             what takes a privilege
 *	inside identities           what --seccomp fakes
 *	inside escape HOW PATH      is PATH of the host reached from here?
 *
 * Prints a line for each: "NAME: ok" or "NAME: ERROR". Compiled statically by
 * the suites that use it. Nothing that it tries does harm if it works.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <unistd.h>

static void tell(const char *name, int result)
{
	printf("%s: %s\n", name, result < 0 ? strerrorname_np(errno) : "ok");
}

static int bind_port(unsigned short port)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr = { htonl(INADDR_LOOPBACK) },
	};
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	int result = bind(fd, (struct sockaddr *)&to, sizeof to);

	close(fd);
	return result;
}

static int make_node(mode_t type, unsigned major, unsigned minor)
{
	char name[] = "/tmp/inside.XXXXXX";

	close(mkstemp(name));
	unlink(name);
	if (mknod(name, type | 0600, makedev(major, minor)))
		return -1;
	return unlink(name);
}

static void attempts(void)
{
	struct timeval now;
	gid_t group = 0;

	gettimeofday(&now, NULL);
	tell("mknod of a character device", make_node(S_IFCHR, 1, 3));
	tell("mknod of a block device", make_node(S_IFBLK, 8, 0));
	/* LINUX_REBOOT_CMD_CAD_OFF: only about Ctrl-Alt-Del */
	tell("reboot", (int)syscall(SYS_reboot, 0xfee1dead, 672274793, 0, 0));
	tell("module", (int)syscall(SYS_init_module, "", 0, ""));
	tell("privileged port", bind_port(81));
	tell("kill of another's process", kill(1, 0));
	tell("ptrace of another's process",
	     (int)ptrace(PTRACE_SEIZE, 1, NULL, NULL));
	tell("namespace of another's process",
	     open("/proc/1/ns/mnt", O_RDONLY));
	tell("the clock", settimeofday(&now, NULL));
	tell("the host's name", sethostname("x", 1));
	tell("a kernel parameter", open("/proc/sys/kernel/panic", O_WRONLY));
	tell("priority", setpriority(PRIO_PROCESS, 0, -20));
	tell("swap", (int)syscall(SYS_swapoff, "/nonexistent"));
	tell("groups", setgroups(1, &group));
	tell("another user", setresuid(4242, 4242, 4242));
	tell("mount", mount("none", "/mnt", "tmpfs", 0, NULL));
	tell("chroot", chroot("/"));
}

static void identities(void)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3,
						 0 };
	struct __user_cap_data_struct caps[2] = { { 1, 1, 1 } };
	gid_t groups[] = { 0, 4242 };
	uid_t uid = getuid();
	gid_t gid = getgid();

	tell("setgroups", setgroups(2, groups));
	tell("setgid", setgid(4242));
	tell("setregid", setregid(4242, 4242));
	tell("setresgid", setresgid(4242, 4242, 4242));
	tell("setfsgid", setfsgid(4242));
	tell("setuid", setuid(4242));
	tell("setreuid", setreuid(4242, 4242));
	tell("setresuid", setresuid(4242, 4242, 4242));
	tell("setfsuid", setfsuid(4242));
	tell("capset", (int)syscall(SYS_capset, &head, caps));
	tell("fchownat", fchownat(AT_FDCWD, "/", 4242, 4242, 0));
	printf("the same as before: %s\n",
	       getuid() == uid && getgid() == gid ? "yes" : "no");
}

/* From a working directory that may be outside of our root, up as far as it
 * goes: is PATH below there? */
static int is_reached(const char *path)
{
	for (int i = 0; i < 100; i++)
		if (chdir(".."))
			break;
	return !access(path + 1, F_OK) || !access(path, F_OK);
}

static int escape(const char *how, const char *path)
{
	int top = open("/", O_RDONLY | O_DIRECTORY);

	if (!strcmp(how, "chroot"))
		tell("chroot", chroot("/etc"));
	else if (!strcmp(how, "double"))
		tell("double", chroot("/etc") || chdir("/") || chroot("/"));
	else if (!strcmp(how, "fchdir"))
		tell("fchdir", chroot("/etc") || fchdir(top));
	else if (!strcmp(how, "umount"))
		tell("umount", chdir("/") || umount2(".", MNT_DETACH));
	else if (!strcmp(how, "pivot"))
		tell("pivot",
		     chdir("/") || (int)syscall(SYS_pivot_root, ".", "."));
	else if (!strcmp(how, "unshare"))
		tell("unshare", unshare(CLONE_NEWUSER | CLONE_NEWNS) ||
					chroot("/etc") || fchdir(top));
	else
		return 2;
	puts(is_reached(path) ? "out" : "in");
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "attempts"))
		attempts();
	else if (argc == 2 && !strcmp(argv[1], "identities"))
		identities();
	else if (argc == 4 && !strcmp(argv[1], "escape"))
		return escape(argv[2], argv[3]);
	else
		return 2;
	return 0;
}
