/* detach.c - a process that is nobody's child.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/detach.h"

#include "base/mem.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SYS_close_range
#define SYS_close_range 436 /* the same on every architecture */
#endif

static bool is_kept(int fd, const int *keep, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (keep[i] == fd)
			return true;
	return false;
}

/* Before Linux 5.9. */
static void close_listed(const int *keep, size_t n)
{
	autodir DIR *d = opendir("/proc/self/fd");
	struct dirent *entry;

	while (d && (entry = readdir(d))) {
		int fd = atoi(entry->d_name);

		if (fd > 2 && fd != dirfd(d) && !is_kept(fd, keep, n))
			close(fd);
	}
}

/* Close all from 3 on but those in KEEP. */
static void close_others(const int *keep, size_t n)
{
	unsigned first = 3;

	while (true) {
		unsigned next = INT_MAX;

		for (size_t i = 0; i < n; i++)
			if ((unsigned)keep[i] >= first &&
			    (unsigned)keep[i] < next)
				next = keep[i];
		if (next > first &&
		    syscall(SYS_close_range, first, next - 1, 0)) {
			close_listed(keep, n);
			return;
		}
		if (next == INT_MAX)
			return;
		first = next + 1;
	}
}

/* None blocked, and all ignored but those of the process's own faults. */
static void settle_signals(void)
{
	static const int kept[] = { SIGSEGV, SIGBUS, SIGFPE,  SIGILL,
				    SIGABRT, SIGSYS, SIGTRAP, SIGCHLD };
	struct sigaction sa = { .sa_handler = SIG_IGN };
	sigset_t none;

	for (int i = 1; i <= SIGRTMAX; i++)
		sigaction(i, &sa, NULL);
	sa.sa_handler = SIG_DFL;
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
		sigaction(kept[i], &sa, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void settle(const char *name, const int *keep, size_t n)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	settle_signals();
	setsid();
	for (int fd = 0; fd < 3; fd++)
		if (null < 0 || dup2(null, fd) < 0)
			close(fd);
	close_others(keep, n);
	prctl(PR_SET_NAME, name, 0, 0, 0);
	/* Nobody's file system is kept busy. "/" is always there. */
	if (chdir("/"))
		_exit(1);
}

int detach(const char *name, const int *keep, size_t n, void (*fn)(void *arg),
	   void *arg, struct err *e)
{
	int status = 0;
	pid_t pid = fork();

	if (pid < 0)
		return err_sys(e, "can't start a process");
	if (!pid) {
		pid = fork();
		if (pid)
			_exit(pid < 0 ? errno : 0);
		settle(name, keep, n);
		fn(arg);
		_exit(0);
	}
	while (waitpid(pid, &status, 0) < 0) {
		/* Our caller ignores SIGCHLD, and the child has ended. */
		if (errno == ECHILD)
			return 0;
		if (errno != EINTR)
			return err_sys(e, "can't wait for a process");
	}
	if (WIFEXITED(status) && WEXITSTATUS(status))
		return err_sysno(e, WEXITSTATUS(status),
				 "can't start a process");
	return 0;
}
