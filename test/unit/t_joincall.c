/* t_joincall.c - who is the first of a tag, and who has the name.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/str.h"
#include "run/joincall.h"

#include "tap.h"

#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define OTHER_UID 12345

static char *tag; /* of this run alone */

/* Be another user who has OUR name; a byte to READY says so. */
static void squat(uid_t ours, int ready)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	int n = snprintf(a.sun_path + 1, sizeof a.sun_path - 1, "chassis/%u/%s",
			 (unsigned)ours, tag);
	socklen_t size = offsetof(struct sockaddr_un, sun_path) + 1 + n;

	if (setuid(OTHER_UID) || bind(fd, (struct sockaddr *)&a, size) ||
	    listen(fd, 1) || write(ready, "", 1) != 1)
		_exit(1);
	pause();
	_exit(0);
}

static void test_squatter(void)
{
	AUTO(joincall) struct joincall c = JOINCALL_INIT;
	const char *what = "X34 a name that another user has taken";
	struct err e = { 0 };
	autostr char *want = NULL;
	int ready[2];
	pid_t pid;
	char byte;

	if (geteuid()) {
		tap_skip(what, "only root can be another user");
		return;
	}
	if (pipe(ready))
		abort();
	pid = fork();
	if (!pid)
		squat(geteuid(), ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		abort();
	c.tag = tag;
	c.wait_s = 5;
	is_num(joincall(&c, &e), JOINCALL_FAILED, what);
	want = str_fmt("the name of container '%s' is taken by process %d of "
		       "another user (uid %d); use another --join-tag",
		       tag, (int)pid, OTHER_UID);
	is(e.msg, want, "... is an error that says so");
	is_num(e.kind, ERR_AUTH, "... of its kind");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void test_first(void)
{
	AUTO(joincall) struct joincall first = JOINCALL_INIT;
	AUTO(joincall) struct joincall second = JOINCALL_INIT;
	struct err e = { 0 };

	first.tag = second.tag = tag;
	first.wait_s = 5;
	second.wait_s = 1;
	is_num(joincall(&first, &e), JOINCALL_FIRST, "nobody is there");
	is_num(joincall(&second, &e), JOINCALL_FAILED,
	       "the second one waits as long as it was told");
	is_num(e.kind, ERR_LIMIT, "... and says that it took too long");
	joincall_clear(&first);
	is_num(joincall(&second, &e), JOINCALL_FIRST,
	       "when the first one is gone, the name is free");
}

int main(void)
{
	tag = str_fmt("t_joincall.%d", (int)getpid());
	test_first();
	test_squatter();
	free(tag);
	return tap_done();
}
