/* joinhold.c - the process that lets others into a container.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "run/joinhold.h"

#include "base/clock.h"
#include "base/fdpass.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define MEMBERS 16 /* that are known; more are found when these have ended */

/* How often to see whether anybody is left: where nothing can be watched, and,
 * should a watch have missed the end, where something can. */
#define LOOK_MS 1000
#define LOOK_SELDOM_MS 60000

struct hold {
	const struct joinhold *h;
	int user, mount; /* namespaces; mount is -1 mostly */
	struct stat is_user, is_mount;
	int watch; /* or -1: nothing to watch */
	int joined;
	int64_t until_ms;     /* the mount namespace is kept so long */
	int members[MEMBERS]; /* /proc/PID, or -1 */
};

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Open the namespace NAME of the process PROC if it is WANTED, else -1. The
 * number of a namespace comes back some day, but not while we have it: for this
 * the user namespace is kept. */
static int open_ns(int proc, const char *name, const struct stat *wanted)
{
	autofd int fd = openat(proc, name, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) || !is_same(&st, wanted))
		return -1;
	return TAKE_FD(fd);
}

static int open_mount_of(const struct hold *c, int proc)
{
	autofd int mount = open_ns(proc, "ns/mnt", &c->is_mount);
	autofd int user = -1;

	if (mount >= 0)
		user = open_ns(proc, "ns/user", &c->is_user);
	return user >= 0 ? TAKE_FD(mount) : -1;
}

static int open_process(pid_t pid)
{
	char path[32];

	snprintf(path, sizeof path, "/proc/%d", (int)pid);
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Remember the process PROC, in the place of one that has ended. */
static void remember(struct hold *c, int proc)
{
	for (size_t i = 0; i < MEMBERS; i++) {
		int *m = &c->members[i];

		if (*m >= 0 && !faccessat(*m, "ns/mnt", F_OK, 0))
			continue;
		if (*m >= 0)
			close(*m);
		*m = proc;
		return;
	}
	close(proc);
}

/* The mount namespace by any process that is in it, or -1 if there is none. */
static int look_everywhere(struct hold *c)
{
	autodir DIR *d = opendir("/proc");
	struct dirent *entry;

	while (d && (entry = readdir(d))) {
		autofd int proc = -1;
		int fd;

		if (!isdigit((unsigned char)*entry->d_name))
			continue;
		proc = open_process(atoi(entry->d_name));
		fd = proc < 0 ? -1 : open_mount_of(c, proc);
		if (fd < 0)
			continue;
		remember(c, TAKE_FD(proc));
		return fd;
	}
	return -1;
}

/* The caller closes it. */
static int find_mount(struct hold *c)
{
	if (c->mount >= 0)
		return fcntl(c->mount, F_DUPFD_CLOEXEC, 0);
	for (size_t i = 0; i < MEMBERS; i++) {
		int fd = -1;

		if (c->members[i] >= 0)
			fd = open_mount_of(c, c->members[i]);
		if (fd >= 0)
			return fd;
	}
	return look_everywhere(c);
}

static void let_go(struct hold *c)
{
	auto_fd_(&c->mount);
	c->mount = -1;
}

/* PID has been told where the container is. It need not be inside yet, so that
 * this is no time to look. */
static void count_in(struct hold *c, pid_t pid)
{
	int proc = open_process(pid);

	c->joined++;
	if (c->joined >= c->h->count)
		let_go(c);
	if (proc >= 0)
		remember(c, proc);
}

/* A reply that can't be sent is to somebody who has gone. */
static void answer(const struct hold *c, int to, int mount, const struct err *e)
{
	const char *ask = c->h->ask;
	struct joinhold_reply r = { .is_ready = !e, .maker = c->h->maker };
	struct iovec parts[] = {
		{ &r, sizeof r },
		{ (void *)ask, strlen(ask) },
	};
	const int fds[] = { c->user, mount };
	int flags = MSG_NOSIGNAL | MSG_DONTWAIT;

	if (e)
		r.e = *e;
	if (fdpass_send(to, parts, e ? 1 : 2, fds, e ? 0 : 2, flags) < 0)
		return;
}

/* The next one who waits. *TO is -1 if he is somebody else: the socket has no
 * permissions (unix(7)). */
static bool next_comer(const struct hold *c, int *to, pid_t *pid)
{
	struct ucred who;
	socklen_t n = sizeof who;
	autofd int fd = accept4(c->h->listener, NULL, NULL, SOCK_CLOEXEC);

	*to = -1;
	if (fd < 0)
		return false;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n) ||
	    who.uid != geteuid())
		return true;
	*pid = who.pid;
	*to = TAKE_FD(fd);
	return true;
}

/* False: there is nothing left to let anybody into. Whoever was waiting sees
 * the connection end, and makes a new container. */
static bool let_in(struct hold *c)
{
	autofd int mount = -1;
	autofd int to = -1;
	pid_t pid;

	if (!next_comer(c, &to, &pid))
		return false;
	if (to < 0)
		return true;
	mount = find_mount(c);
	if (mount < 0)
		return false;
	answer(c, to, mount, NULL);
	count_in(c, pid);
	return true;
}

/* How long may be slept, in ms. */
static int patience(const struct hold *c)
{
	int64_t left;

	if (c->mount < 0)
		return c->watch >= 0 ? LOOK_SELDOM_MS : LOOK_MS;
	left = c->until_ms - clock_ms();
	return left < 0 ? 0 : (int)left;
}

/* Nothing has happened for so long. False: nobody is left. */
static bool look_around(struct hold *c)
{
	autofd int fd = -1;

	if (c->mount >= 0) {
		let_go(c);
		return true;
	}
	fd = find_mount(c);
	return fd >= 0;
}

/* inotify(7): the watch is gone with the file system. */
static bool is_unmounted(int watch)
{
	struct inotify_event event; /* of one without a name */

	return read(watch, &event, sizeof event) != sizeof event ||
	       event.mask & (IN_UNMOUNT | IN_IGNORED);
}

static void serve(struct hold *c)
{
	struct pollfd p[] = {
		{ .fd = c->h->listener, .events = POLLIN },
		{ .fd = c->watch, .events = POLLIN },
	};
	bool goes_on = true;

	while (goes_on) {
		int n = poll(p, 2, patience(c));

		if (n < 0 && errno != EINTR)
			return;
		if (n > 0 && p[1].revents && is_unmounted(c->watch))
			return; /* the container has ended */
		if (!n)
			goes_on = look_around(c);
		else if (n > 0 && p[0].revents)
			goes_on = let_in(c);
	}
}

/* Tell all who wait already that there will be no container. */
static void refuse(const struct hold *c, const struct err *why)
{
	struct pollfd p = { .fd = c->h->listener, .events = POLLIN };

	while (poll(&p, 1, 0) > 0) {
		autofd int to = -1;
		pid_t pid;

		if (!next_comer(c, &to, &pid))
			return;
		if (to >= 0)
			answer(c, to, -1, why);
	}
}

/* Take hold of the namespaces of the maker, who waits for that: if he has gone,
 * and his PID is another's, the byte can't be sent. */
static bool take(struct hold *c)
{
	autofd int proc = open_process(c->h->maker);

	if (proc < 0)
		return false;
	c->user = openat(proc, "ns/user", O_RDONLY | O_CLOEXEC);
	c->mount = openat(proc, "ns/mnt", O_RDONLY | O_CLOEXEC);
	if (c->user < 0 || c->mount < 0 || fstat(c->user, &c->is_user) ||
	    fstat(c->mount, &c->is_mount))
		return false;
	c->until_ms = clock_ms() + (int64_t)c->h->wait_s * 1000;
	count_in(c, c->h->maker);
	return send(c->h->maker_fd, "", 1, MSG_NOSIGNAL) == 1;
}

void joinhold_run(void *arg)
{
	struct joinhold *h = arg;
	struct hold c = { .h = h, .user = -1, .mount = -1, .watch = -1 };
	struct joinhold_word word;

	for (size_t i = 0; i < MEMBERS; i++)
		c.members[i] = -1;
	/* End of file: the maker is gone without a word. */
	if (recv(h->maker_fd, &word, sizeof word, 0) != sizeof word)
		return;
	if (!word.is_ready) {
		refuse(&c, &word.e);
		return;
	}
	if (word.is_watched)
		c.watch = h->watch;
	if (!take(&c))
		return;
	close(h->maker_fd);
	serve(&c);
}
