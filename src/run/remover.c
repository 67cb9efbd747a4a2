/* remover.c - the process that removes a directory when a container has ended.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "run/remover.h"

#include "base/detach.h"
#include "base/mem.h"
#include "base/tmp.h"

#include <stdio.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME "ch-run-remover"

struct job {
	int place, watch;
	int socket; /* the remover's end */
};

/* What it says first. */
struct word {
	char name[64]; /* of the directory; "": there is none, see E */
	struct err e;
};

static ssize_t receive(int socket, void *to, size_t size)
{
	ssize_t n;

	do
		n = recv(socket, to, size, 0);
	while (n < 0 && errno == EINTR);
	return n;
}

/* inotify(7): one event, of a watch without names, when the file system is
 * unmounted, and one more when the watch is gone with it. */
static void wait_for_unmount(int watch)
{
	struct inotify_event event;

	while (read(watch, &event, sizeof event) < 0 && errno == EINTR)
		;
}

static void be_remover(void *arg)
{
	struct job j = *(const struct job *)arg;
	AUTO(tmp) struct tmp t = TMP_INIT;
	struct word word = { 0 };
	char ready;

	umask(077);
	if (!tmp_dir(&t, j.place, &word.e))
		snprintf(word.name, sizeof word.name, "%s", t.name);
	if (send(j.socket, &word, sizeof word, MSG_NOSIGNAL) < 0 || !t.name)
		return;
	if (receive(j.socket, &ready, 1) == 1) {
		close(j.socket);
		wait_for_unmount(j.watch);
	}
}

static int make_socket(int pair[2], struct err *e)
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return err_sys(e, "can't make a socket");
	return 0;
}

static int gone(struct err *e)
{
	return err_set(e, ERR_SYS,
		       "the remover of temporary files (" NAME ") has ended");
}

int remover_start(int *socket, int place, int watch, char **name, struct err *e)
{
	struct job j = { .place = place, .watch = watch };
	struct word word;
	autofd int ours = -1;
	int pair[2];
	int bad;

	tmp_sweep(place);
	if (make_socket(pair, e))
		return -1;
	ours = pair[0];
	j.socket = pair[1];
	bad = detach(NAME, (const int[]){ place, watch, j.socket }, 3,
		     be_remover, &j, e);
	close(j.socket);
	if (bad)
		return -1;
	if (receive(ours, &word, sizeof word) != sizeof word)
		return gone(e);
	if (!*word.name) {
		*e = word.e;
		return -1;
	}
	*name = xstrdup(word.name);
	*socket = TAKE_FD(ours);
	return 0;
}

int remover_wait(int socket, struct err *e)
{
	return send(socket, "", 1, MSG_NOSIGNAL) == 1 ? 0 : gone(e);
}
