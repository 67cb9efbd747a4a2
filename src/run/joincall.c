/* joincall.c - find the container of a tag, or be the one to make it.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "run/joincall.h"

#include "base/clock.h"
#include "base/fdpass.h"
#include "base/sip.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define TAG_MAX 60 /* what fits in a name with the rest */
#define TAG_KEPT 40
#define BACKLOG 4096 /* as far as net.core.somaxconn lets us */

/* Between the steps in which the maker takes the name and begins to listen, or
 * a listener goes and its name with it. */
#define PAUSE_US 500

static socklen_t set_name(struct sockaddr_un *a, const char *tag)
{
	static const struct sip_key key = { { 0, 0 } };
	char *name = a->sun_path + 1; /* the first byte is 0: abstract */
	size_t room = sizeof a->sun_path - 1;
	size_t n = strlen(tag);
	int used;

	*a = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (n <= TAG_MAX)
		used = snprintf(name, room, "chassis/%u/%s",
				(unsigned)geteuid(), tag);
	else
		used = snprintf(name, room, "chassis/%u/%.*s~%016llx",
				(unsigned)geteuid(), TAG_KEPT, tag,
				(unsigned long long)sip_sum(&key, 0, tag, n));
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + used);
}

/* 1: FD is connected to the process that holds the container, 0: there is none,
 * -1: E. */
static int reach(const struct joincall *c, int fd, const struct sockaddr_un *a,
		 socklen_t n, struct err *e)
{
	struct timeval patience = { .tv_sec = c->wait_s };
	socklen_t size = sizeof patience;

	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, size) ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, size))
		return err_sys(e, "can't set how long to wait");
	if (!connect(fd, (const struct sockaddr *)a, n))
		return 1;
	if (errno == ECONNREFUSED || errno == EINTR)
		return 0;
	/* EAGAIN: too many wait before us, and have done so for WAIT_S. */
	return err_sys(e, "can't reach the process that shares container '%s'",
		       c->tag);
}

/* The same for the reply of MAKER: 0: the other side ended without one. */
static int get_reply(struct joincall *c, int fd, pid_t maker, struct err *e)
{
	struct iovec parts[] = {
		{ &c->reply, sizeof c->reply },
		{ str_reserve(&c->ask, JOINHOLD_ASK_MAX), JOINHOLD_ASK_MAX },
	};
	int fds[2];
	ssize_t n = fdpass_take(fd, parts, 2, fds, 2, 0);

	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return err_set(e, ERR_LIMIT,
			       "process %d did not have container '%s' ready "
			       "within %d s; --join-wait=SECONDS waits longer",
			       (int)maker, c->tag, c->wait_s);
	if (n < 0 && errno == EMFILE)
		return err_sys(e, "can't enter container '%s'", c->tag);
	if (n < (ssize_t)sizeof c->reply)
		return 0;
	c->user = fds[0];
	c->mount = fds[1];
	c->ask.len = n - sizeof c->reply;
	c->ask.p[c->ask.len] = '\0';
	return 1;
}

/* The same for all that is said. */
static int hear(struct joincall *c, int fd, struct err *e)
{
	struct ucred who;
	socklen_t n = sizeof who;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n))
		return err_sys(e, "can't ask who shares container '%s'",
			       c->tag);
	if (who.uid != geteuid())
		return err_set(e, ERR_AUTH,
			       "the name of container '%s' is taken by process "
			       "%d of another user (uid %u); use another "
			       "--join-tag",
			       c->tag, (int)who.pid, (unsigned)who.uid);
	return get_reply(c, fd, who.pid, e);
}

static int new_socket(const struct joincall *c, struct err *e)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return err_sys(e, "can't make a socket to share container '%s'",
			       c->tag);
	return fd;
}

/* 1: FD listens under the name, 0: somebody else has it. */
static int take_name(const struct joincall *c, int fd,
		     const struct sockaddr_un *a, socklen_t n, struct err *e)
{
	if (!bind(fd, (const struct sockaddr *)a, n) && !listen(fd, BACKLOG))
		return 1;
	if (errno == EADDRINUSE)
		return 0;
	return err_sys(e, "can't share container '%s'", c->tag);
}

enum joincall_end joincall(struct joincall *c, struct err *e)
{
	int64_t until = clock_ms() + (int64_t)c->wait_s * 1000;
	struct sockaddr_un a;
	socklen_t n = set_name(&a, c->tag);

	while (clock_ms() <= until) {
		autofd int fd = new_socket(c, e);
		int is = fd < 0 ? -1 : reach(c, fd, &a, n, e);

		if (is > 0) {
			is = hear(c, fd, e);
			if (is > 0)
				return JOINCALL_TOLD;
		} else if (!is) {
			is = take_name(c, fd, &a, n, e);
			if (is > 0) {
				c->listener = TAKE_FD(fd);
				return JOINCALL_FIRST;
			}
			usleep(PAUSE_US);
		}
		if (is < 0)
			return JOINCALL_FAILED;
	}
	err_set(e, ERR_LIMIT, "whoever makes container '%s' does not answer",
		c->tag);
	return JOINCALL_FAILED;
}

void joincall_clear(struct joincall *c)
{
	auto_fd_(&c->listener);
	auto_fd_(&c->user);
	auto_fd_(&c->mount);
	str_clear(&c->ask);
	*c = (struct joincall)JOINCALL_INIT;
}
