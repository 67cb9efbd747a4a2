/* intr.c - asked to stop: SIGINT, SIGTERM, SIGHUP and SIGQUIT as a flag.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/intr.h"

#include <signal.h>
#include <unistd.h>

static const struct {
	int signo;
	const char *name;
} caught[] = {
	{ SIGINT, "SIGINT" },
	{ SIGTERM, "SIGTERM" },
	{ SIGHUP, "SIGHUP" },
	{ SIGQUIT, "SIGQUIT" },
};

/* The first signal that came, 0 for none. */
static volatile sig_atomic_t pending;

static void remember(int signo)
{
	if (!pending)
		pending = signo;
}

static void set_action(int signo, void (*handler)(int))
{
	struct sigaction act = { .sa_handler = handler };

	/* Fails only for a signal that does not exist. */
	sigemptyset(&act.sa_mask);
	sigaction(signo, &act, NULL);
}

void intr_init(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(caught); i++) {
		struct sigaction old = { 0 };

		sigaction(caught[i].signo, NULL, &old);
		if (old.sa_handler != SIG_IGN)
			set_action(caught[i].signo, remember);
	}
	set_action(SIGPIPE, SIG_IGN);
	set_action(SIGXFSZ, SIG_IGN);
}

const char *intr_name(int signo)
{
	for (size_t i = 0; i < ARRAY_SIZE(caught); i++)
		if (caught[i].signo == signo)
			return caught[i].name;
	return "signal";
}

int intr_check(struct err *e)
{
	int signo = pending;

	if (!signo)
		return 0;
	err_set(e, ERR_INTR, "interrupted by %s", intr_name(signo));
	e->code = signo;
	return -1;
}

NORETURN void intr_die(const struct err *e)
{
	sigset_t set;

	set_action(e->code, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, e->code);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	raise(e->code);
	/* The first process of a PID namespace survives its own signals
	 * (pid_namespaces(7)). */
	_exit(128 + e->code);
}
