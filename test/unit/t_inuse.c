/* t_inuse.c - who uses a directory: found by what a process holds open.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/str.h"
#include "image/inuse.h"

#include "tap.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

/* A child that stands in NAME, or has it open, until it is killed. It says so
 * by closing READY. */
static pid_t child_in(const char *name, bool by_descriptor)
{
	int ready[2];
	char byte;
	pid_t pid;

	if (pipe(ready))
		return -1;
	pid = fork();
	if (!pid) {
		if (by_descriptor ? open(name, O_RDONLY) < 0 : chdir(name))
			_exit(1);
		close(ready[0]);
		close(ready[1]);
		for (;;)
			pause();
	}
	close(ready[1]);
	while (read(ready[0], &byte, 1) > 0)
		;
	close(ready[0]);
	return pid;
}

static void test_child(const char *name, bool by_descriptor)
{
	struct inuse u[] = { { .name = "no-such-name-anywhere-0f3c" },
			     { .name = name } };
	struct err e = { 0 };
	pid_t pid = child_in(name, by_descriptor);

	ok(!inuse_scan(u, 2, &e) && u[1].pid == pid && !u[0].pid,
	   "found by its %s %s",
	   by_descriptor ? "descriptor" : "working directory", e.msg);
	ok(*u[1].command != 0, "and named: %s", u[1].command);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	u[1] = (struct inuse){ .name = name };
	ok(!inuse_scan(u, 2, &e) && !u[1].pid, "nobody any more");
}

int main(void)
{
	char dir[] = "inuse.XXXXXX";
	autostr char *name = NULL;

	if (!mkdtemp(dir))
		return 1;
	name = str_fmt("tree-%s", dir + 6);
	if (chdir(dir) || mkdir(name, 0700))
		return 1;
	test_child(name, false);
	test_child(name, true);
	if (rmdir(name) || chdir("..") || rmdir(dir))
		return 1;
	return tap_done();
}
