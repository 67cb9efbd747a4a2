/* sqfuse.c - a squashfs file as a directory: mounted through FUSE.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "run/sqfuse.h"

#include "base/str.h"
#include "run/mnt.h"
#include "run/ns.h"
#include "run/probe.h"
#include "run/sqserver.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SOURCE "chassis"
#define NAMES_ANSWERS 3

/* Where a mount can be that needs a place: nobody looks for anything there that
 * a container would want. The first is there to be mounted on. */
static const char *const places[] = {
	"/sys/fs/fuse/connections",
	"/mnt",
	"/opt",
};

static int open_device(struct err *e)
{
	int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);

	return fd < 0 ? probe_fuse_open(errno, e) : fd;
}

/* The values of the options that differ. */
struct values {
	char fd[12], uid[12], gid[12];
};

static void set_values(struct values *v, int device)
{
	snprintf(v->fd, sizeof(v->fd), "%d", device);
	snprintf(v->uid, sizeof(v->uid), "%u", (unsigned)geteuid());
	snprintf(v->gid, sizeof(v->gid), "%u", (unsigned)getegid());
}

/* default_permissions: the kernel decides by modes, as for any directory.
 * allow_other: a process of a user namespace below ours, which the command may
 * make, is not locked out; the kernel lets in no others. */
static int mount_detached(int device, const char *path, struct err *e)
{
	struct values v;
	struct mnt_option options[] = {
		{ "source", strlen(path) < MNT_VALUE_MAX ? path : SOURCE },
		{ "subtype", "chassis" },
		{ "fd", v.fd },
		{ "rootmode", "40000" },
		{ "user_id", v.uid },
		{ "group_id", v.gid },
		{ "default_permissions", NULL },
		{ "allow_other", NULL },
		{ "ro", NULL },
	};
	int fd;

	set_values(&v, device);
	fd = mnt_new("fuse", options, ARRAY_SIZE(options));
	return fd < 0 ? probe_fuse_mount(errno, e) : fd;
}

static int mount_placed(int device, const char *path, const char **place,
			struct err *e)
{
	const unsigned long flags = MS_RDONLY | MS_NOSUID | MS_NODEV;
	autostr char *options = NULL;
	struct values v;
	int fd;

	set_values(&v, device);
	options = str_fmt("fd=%s,rootmode=40000,user_id=%s,group_id=%s,"
			  "default_permissions,allow_other",
			  v.fd, v.uid, v.gid);
	for (size_t i = 0; !*place && i < ARRAY_SIZE(places); i++)
		if (!mount(path, places[i], "fuse.chassis", flags, options))
			*place = places[i];
		else if (errno != ENOENT && errno != ENOTDIR)
			break;
	if (!*place)
		return probe_fuse_mount(errno, e);
	fd = open(*place, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? err_sys(e, "can't open '%s'", path) : fd;
}

static int mount_image(const struct run_options *o, int server,
		       const char **place, struct err *e)
{
	bool is_classic = o->how.classic || mnt_is_classic();
	autofd int device = open_device(e);
	autofd int root = -1;

	if (device < 0)
		return -1;
	root = is_classic ? mount_placed(device, o->image, place, e)
			  : mount_detached(device, o->image, e);
	if (root < 0 || sqserver_give(server, device, geteuid(), getegid(), e))
		return -1;
	return TAKE_FD(root);
}

/* The first thing that the server has to answer. */
static int try_root(int root, int server, const char *path, struct err *e)
{
	struct stat st;

	if (!fstat(root, &st))
		return 0;
	err_sys(e, "can't read '%s'", path);
	return sqserver_failed(server, e);
}

/* The names in ROOT, with what stat(2) wants to know of each, two dozen in one
 * answer: nearly all of them are looked for. Who has more has other things
 * there. */
static void read_names(int root)
{
	_Alignas(struct dirent64) char buf[8192];
	autofd int fd = openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	for (int i = 0; fd >= 0 && i < NAMES_ANSWERS; i++)
		if (syscall(SYS_getdents64, fd, buf, sizeof buf) <= 0)
			break;
}

int sqfuse_mount(struct sqfuse *m, const struct run_options *o, struct err *e)
{
	autofd int server = -1;
	autofd int root = -1;
	struct ns_ids ids = ns_ids(o);

	*m = (struct sqfuse){ 0 };
	if (sqserver_start(&server, &o->file, o->image, e) || ns_enter(&ids, e))
		return -1;
	root = mount_image(o, server, &m->place, e);
	if (root < 0 || try_root(root, server, o->image, e))
		return -1;
	affinity_narrow(&m->affinity, sqserver_pid(server));
	read_names(root);
	return TAKE_FD(root);
}

void sqfuse_part(const struct sqfuse *m)
{
	affinity_widen(&m->affinity);
}
