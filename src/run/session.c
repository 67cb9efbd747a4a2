/* session.c - a session of one's own, without the caller's terminal.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "run/session.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* As the leader of a session: let go of its terminal, which sends SIGHUP to
 * all that it controls, us as well (TIOCNOTTY of ioctl_tty(2)). */
static int drop_terminal(struct err *e)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN }, old;
	autofd int tty = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
	int bad;

	if (tty < 0)
		return 0; /* it has none */
	sigaction(SIGHUP, &ignore, &old);
	bad = ioctl(tty, TIOCNOTTY);
	sigaction(SIGHUP, &old, NULL);
	return bad ? err_sys(e, "can't let go of the terminal") : 0;
}

/* The leader of a process group, as a shell makes each job, can't begin a
 * session (setsid(2)). So join the group of a child that is there for nothing
 * else: that keeps the process, which its parent waits for. */
static int leave_group(struct err *e)
{
	pid_t child = fork();
	int bad;

	if (child < 0)
		return err_sys(e, "can't begin a new session");
	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	bad = setpgid(child, child) || setpgid(0, child);
	if (bad)
		err_sys(e, "can't begin a new session");
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	return bad ? -1 : 0;
}

int session_new(struct err *e)
{
	if (setsid() >= 0)
		return 0;
	if (getsid(0) == getpid())
		return drop_terminal(e);
	if (leave_group(e))
		return -1;
	/* In a pipeline the group lives on with those behind us, and its
	 * number is ours: then the next best is to be rid of the terminal. */
	return setsid() < 0 ? drop_terminal(e) : 0;
}
