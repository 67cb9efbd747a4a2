/* probe_fuse.c - try to mount and to serve a file system through FUSE.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The protocol is that of linux/fuse.h and fuse(4).
 */
#include "config.h"

#include "base/mem.h"
#include "base/str.h"
#include "run/attempts.h"

#include <fcntl.h>
#include <linux/fuse.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>

#define DEVICE "/dev/fuse"

/* The kernel refuses to read with less room (FUSE_MIN_READ_BUFFER), and may
 * want more. */
#define REQUEST_MAX 65536

static int open_device(struct err *e)
{
	int fd = open(DEVICE, O_RDWR | O_CLOEXEC);

	return fd < 0 ? err_sys(e, "can't open '" DEVICE "'") : fd;
}

void probe_fuse_device(const struct check_options *o, struct finding *f)
{
	struct err e = { 0 };

	(void)o;
	if (open_device(&e) < 0)
		finding_fail(f, FINDING_NO, cause_fuse_open(e.code), &e);
}

static void answer(int fd, const struct fuse_in_header *in, int error,
		   void *body, size_t n)
{
	struct fuse_out_header head = {
		.len = (uint32_t)(sizeof head + n),
		.error = error,
		.unique = in->unique,
	};
	struct iovec v[] = { { &head, sizeof head }, { body, n } };

	/* If it fails, whoever asked waits until our time is up. */
	if (writev(fd, v, n ? 2 : 1) < 0)
		return;
}

/* An empty directory. */
static void serve_one(int fd, const struct fuse_in_header *in)
{
	const struct fuse_init_in *start = (const void *)(in + 1);
	struct fuse_init_out init = { .major = FUSE_KERNEL_VERSION };
	struct fuse_attr_out attr = {
		.attr = { .ino = 1, .mode = S_IFDIR | 0755, .nlink = 2 },
	};

	switch (in->opcode) {
	case FUSE_INIT:
		init.minor = start->minor < FUSE_KERNEL_MINOR_VERSION
				     ? start->minor
				     : FUSE_KERNEL_MINOR_VERSION;
		answer(fd, in, 0, &init, sizeof init);
		break;
	case FUSE_GETATTR:
		answer(fd, in, 0, &attr, sizeof attr);
		break;
	default:
		answer(fd, in, -ENOSYS, NULL, 0);
		break;
	}
}

/* In a process of its own, which ends with its parent. */
NORETURN static void serve(int fd)
{
	static const size_t min = sizeof(struct fuse_in_header);
	autostr void *request = malloc(REQUEST_MAX);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (request && read(fd, request, REQUEST_MAX) >= (ssize_t)min)
		serve_one(fd, request);
	for (;;)
		pause();
}

/* As for an image (sqfuse.c): the root's descriptor. */
static int mount_fuse(int fd, const struct mnt *m, struct err *e)
{
	autostr char *device = str_fmt("%d", fd);
	autostr char *uid = str_fmt("%u", (unsigned)geteuid());
	autostr char *gid = str_fmt("%u", (unsigned)getegid());
	autostr char *options =
		str_fmt("fd=%s,rootmode=40000,user_id=%s,group_id=%s", device,
			uid, gid);
	const struct mnt_option list[] = {
		{ "source", "chassis" }, { "fd", device },
		{ "rootmode", "40000" }, { "user_id", uid },
		{ "group_id", gid },     { "ro", NULL },
	};
	int root = -1;

	if (!m->classic)
		root = mnt_new("fuse", list, ARRAY_SIZE(list));
	else if (!mount("chassis", m->stack, "fuse",
			MS_NOSUID | MS_NODEV | MS_RDONLY, options))
		root = open(m->stack, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return root < 0 ? err_sys(e, "can't mount") : root;
}

static void ask(int fd, int root, struct finding *f)
{
	struct stat st;
	pid_t server = fork();

	if (!server)
		serve(fd);
	if (server < 0 || fstat(root, &st) || st.st_nlink != 2)
		finding_set(f, FINDING_NO,
			    "it is mounted, but does not answer");
	if (server > 0) {
		kill(server, SIGKILL);
		waitpid(server, NULL, 0);
	}
}

void probe_fuse_serve(const struct check_options *o, struct finding *f)
{
	struct err e = { 0 };
	struct mnt m;
	int top, fd, root;

	(void)o;
	if (!attempts_stage(&m, &top, f))
		return;
	fd = open_device(&e);
	if (fd < 0) {
		finding_fail(f, FINDING_NO, cause_fuse_open(e.code), &e);
		return;
	}
	root = mount_fuse(fd, &m, &e);
	if (root < 0)
		finding_fail(f, FINDING_NO, cause_fuse_mount(e.code), &e);
	else
		ask(fd, root, f);
}
