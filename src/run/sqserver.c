/* sqserver.c - the process that serves a mounted squashfs image.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "run/sqserver.h"

#include "base/detach.h"
#include "base/fdpass.h"
#include "base/mem.h"
#include "squash/fuseserve.h"

#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define NAME "ch-run-squashfs"

/* What comes with the device. */
struct given {
	uid_t uid;
	gid_t gid;
};

struct job {
	const struct run_file *file;
	const char *path;
	int socket; /* the server's end */
};

/* Names in ps(1). The arguments are one piece of memory in front of the
 * environment; what is written there is what it shows. */
static void set_name(const char *path)
{
	char *first = program_invocation_name;
	size_t room =
		environ && *environ > first ? (size_t)(*environ - first) : 0;

	if (room && room < (size_t)1 << 20) {
		memset(first, 0, room);
		snprintf(first, room, NAME " %s", path);
	}
}

/* What the caller meant for his command is not meant for us, as far as we may
 * raise it. */
static void raise_limits(void)
{
	static const int limits[] = { RLIMIT_CPU, RLIMIT_AS, RLIMIT_DATA,
				      RLIMIT_NOFILE };
	struct rlimit l;

	for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
		if (getrlimit(limits[i], &l) || l.rlim_cur == l.rlim_max)
			continue;
		l.rlim_cur = l.rlim_max;
		setrlimit(limits[i], &l);
	}
}

/* The device, and what comes with it; -1 if who started us is gone. */
static int take_device(int socket, struct given *given)
{
	struct iovec v = { given, sizeof(*given) };
	int fd;
	ssize_t n = fdpass_take(socket, &v, 1, &fd, 1, 0);

	return n == sizeof(*given) ? fd : -1;
}

static int serve(const struct job *j, struct err *e)
{
	AUTO(sqfile) struct sqfile *image = NULL;
	struct fusewire wire = { 0 };
	struct given given;
	autofd int device = -1;
	pid_t pid;

	if (sqfile_open(&image, j->file->fd, j->file->at, j->file->size,
			j->path, e))
		return -1;
	device = take_device(j->socket, &given);
	if (device < 0)
		return 0;
	pid = getpid();
	send(j->socket, &pid, sizeof(pid), MSG_NOSIGNAL);
	wire = (struct fusewire){
		.view = { image, given.uid, given.gid },
	};
	return fuseserve(&wire, device, e);
}

static void be_server(void *arg)
{
	struct job j = *(const struct job *)arg;
	autostr char *path = xstrdup(j.path);
	struct err e = { 0 };

	j.path = path;
	raise_limits();
	set_name(path);
	if (serve(&j, &e))
		send(j.socket, &e, sizeof(e), MSG_NOSIGNAL);
}

int sqserver_start(int *socket, const struct run_file *file, const char *path,
		   struct err *e)
{
	struct job j = { .file = file, .path = path };
	int pair[2];
	int rc;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return err_sys(e, "can't make a socket");
	j.socket = pair[1];
	rc = detach(NAME, (const int[]){ file->fd, pair[1] }, 2, be_server, &j,
		    e);
	close(pair[1]);
	if (!rc) {
		*socket = pair[0];
		return 0;
	}
	close(pair[0]);
	return err_ctx(e, "can't serve '%s'", path);
}

int sqserver_give(int socket, int device, uid_t uid, gid_t gid, struct err *e)
{
	struct given given = { .uid = uid, .gid = gid };
	struct iovec v = { &given, sizeof(given) };

	if (fdpass_send(socket, &v, 1, &device, 1, MSG_NOSIGNAL) >= 0)
		return 0;
	err_sys(e, "can't reach the server of the image");
	return sqserver_failed(socket, e);
}

int sqserver_failed(int socket, struct err *e)
{
	struct err said;

	/* It speaks before it ends, so what it said is there by now, after its
	 * number, or the one error that a send to its closed end has left
	 * behind. */
	for (int i = 0; i < 3; i++)
		if (recv(socket, &said, sizeof(said), MSG_DONTWAIT) ==
		    sizeof(said)) {
			*e = said;
			break;
		}
	return -1;
}

pid_t sqserver_pid(int socket)
{
	pid_t pid;

	return recv(socket, &pid, sizeof(pid), MSG_DONTWAIT) == sizeof(pid)
		       ? pid
		       : 0;
}
