/* proc.c - fork, feed, read, wait; a child's error comes home over a pipe.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/proc.h"

#include "base/clock.h"
#include "base/intr.h"
#include "base/path.h"
#include "base/strlist.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#define CHUNK ((size_t)16 << 10)

_Static_assert(sizeof(struct err) <= PIPE_BUF, "an error is one atomic write");

/* Both ends of a pipe, close-on-exec. */
struct ends {
	int r;
	int w;
};
#define ENDS_INIT                \
	{                        \
		.r = -1, .w = -1 \
	}

static void shut(int *fd)
{
	if (*fd >= 0)
		close(TAKE_FD(*fd));
}

static void ends_clear(struct ends *p)
{
	shut(&p->r);
	shut(&p->w);
}
AUTO_DEFINE(ends, struct ends, ends_clear)

static int ends_open(struct ends *p, struct err *e)
{
	int fd[2];

	if (pipe2(fd, O_CLOEXEC))
		return err_sys(e, "can't make a pipe");
	*p = (struct ends){ .r = fd[0], .w = fd[1] };
	return 0;
}

/* What the parent knows of its child. */
struct child {
	pid_t pid;
	struct sigaction chld; /* what SIGCHLD did before */
	const char *name;
	int timeout_s;    /* 0: as long as it takes */
	int64_t deadline; /* CLOCK_MONOTONIC in ms, if there is a time-out */
};

/* Milliseconds left for poll(2); -1 for ever. */
static int left_ms(const struct child *c)
{
	int64_t left = c->deadline - clock_ms();

	if (!c->timeout_s)
		return -1;
	return left > 0 ? (int)left : 0;
}

static int too_late(const struct child *c, struct err *e)
{
	return err_set(e, ERR_LIMIT, "'%s' has not ended within %d s", c->name,
		       c->timeout_s);
}

/* Wait until the child has ended or its time is over. As waitpid(2), but 0 when
 * it is, and -1 with EINTR after a signal. */
static pid_t wait_within(const struct child *c, int *status)
{
	struct timespec nap = { .tv_nsec = 5 * 1000000L };
	pid_t pid;

	while ((pid = waitpid(c->pid, status, WNOHANG)) == 0) {
		if (!left_ms(c))
			return 0;
		if (nanosleep(&nap, NULL))
			return -1;
	}
	return pid;
}

/* Fork. Whoever started us may have left SIGCHLD ignored, and then the kernel
 * throws exit statuses away (wait(2), NOTES): default until child_wait. */
static int child_fork(struct child *c, struct err *e)
{
	struct sigaction dfl = { .sa_handler = SIG_DFL };

	sigaction(SIGCHLD, &dfl, &c->chld);
	c->pid = fork();
	if (c->pid >= 0)
		return 0;
	err_sys(e, "can't start a process");
	sigaction(SIGCHLD, &c->chld, NULL);
	return -1;
}

/* End the child's whole group; it is not reaped before, so that its number
 * stays its own. */
static void kill_group(const struct child *c)
{
	int64_t deadline = clock_ms() + PROC_GRACE_MS;
	siginfo_t info = { 0 };
	struct timespec nap = { .tv_nsec = 5 * 1000000L };

	kill(-c->pid, SIGTERM);
	while (!waitid(P_PID, (id_t)c->pid, &info,
		       WEXITED | WNOHANG | WNOWAIT) &&
	       !info.si_pid && clock_ms() < deadline)
		nanosleep(&nap, NULL);
	kill(-c->pid, SIGKILL);
	kill(c->pid, SIGKILL); /* if it has not got as far as its group */
}

/* Something went wrong on our side: ask the child to end, and see it end. */
static void child_stop(const struct child *c)
{
	if (c->timeout_s)
		kill_group(c);
	else
		kill(c->pid, SIGTERM);
	while (waitpid(c->pid, NULL, 0) < 0 && errno == EINTR)
		;
	sigaction(SIGCHLD, &c->chld, NULL);
}

/* The child's wait status, once it ends by itself. */
static int child_wait(const struct child *c, int *status, struct err *e)
{
	pid_t pid;

	while ((pid = c->timeout_s ? wait_within(c, status)
				   : waitpid(c->pid, status, 0)) <= 0) {
		int rc;

		if (pid == 0)
			rc = too_late(c, e);
		else if (errno == EINTR)
			rc = intr_check(e);
		else
			rc = err_sys(e, "can't wait for a process");
		if (!rc)
			continue;
		child_stop(c);
		return -1;
	}
	sigaction(SIGCHLD, &c->chld, NULL);
	return 0;
}

/* Read an error from the child: 1 if there was one, 0 at end of file, -1 with
 * E set when we were asked to stop. */
static int read_error(int fd, struct err *e)
{
	struct err theirs;
	ssize_t k;

	while ((k = read(fd, &theirs, sizeof(theirs))) < 0) {
		if (errno != EINTR)
			return err_sys(e, "can't read a pipe");
		if (intr_check(e))
			return -1;
	}
	if (k != sizeof(theirs))
		return 0;
	theirs.msg[sizeof(theirs.msg) - 1] = '\0';
	*e = theirs;
	return 1;
}

static void send_error(int fd, const struct err *e)
{
	while (write(fd, e, sizeof(*e)) < 0 && errno == EINTR)
		;
}

static int died(const char *name, int sig, struct err *e)
{
	return err_set(e, ERR_SYS, "%s died of signal %d (%s)", name, sig,
		       strsignal(sig));
}

int proc_call(const char *name, int (*fn)(void *arg, struct err *e), void *arg,
	      struct err *e)
{
	AUTO(ends) struct ends err = ENDS_INIT;
	struct child c = { 0 };

	if (ends_open(&err, e) || child_fork(&c, e))
		return -1;
	if (!c.pid) {
		struct err mine = { 0 };

		shut(&err.r);
		if (!fn(arg, &mine))
			_exit(0);
		if (mine.kind != ERR_NONE)
			send_error(err.w, &mine);
		_exit(1);
	}
	shut(&err.w);
	int status = 0;

	if (read_error(err.r, e)) {
		child_stop(&c);
		return -1;
	}
	if (child_wait(&c, &status, e))
		return -1;
	if (WIFSIGNALED(status))
		return died(name, WTERMSIG(status), e);
	if (WEXITSTATUS(status))
		return err_set(e, ERR_SYS, "%s ended with status %d", name,
			       WEXITSTATUS(status));
	return 0;
}

/* Everything that proc_run's child needs. */
struct job {
	const char *const *argv;
	struct ends in; /* to its stdin */
	struct ends out;
	struct ends err;
	bool own_group;
	bool has_in;
	bool has_out;
	size_t fed;   /* bytes of IN written */
	size_t got;   /* bytes added to OUT */
	size_t limit; /* of them */
};

static void job_clear(struct job *j)
{
	ends_clear(&j->in);
	ends_clear(&j->out);
	ends_clear(&j->err);
}
AUTO_DEFINE(job, struct job, job_clear)

/* Handlers end with exec, but what is ignored stays so (signal(7)): what
 * intr_init ignores must be as every program expects it. */
static void reset_signals(void)
{
	struct sigaction dfl = { .sa_handler = SIG_DFL };
	struct sigaction old;
	sigset_t none;

	for (int sig = 1; sig < NSIG; sig++)
		if (!sigaction(sig, NULL, &old) && old.sa_handler != SIG_IGN)
			sigaction(sig, &dfl, NULL);
	sigaction(SIGPIPE, &dfl, NULL);
	sigaction(SIGXFSZ, &dfl, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static int redirect(struct job *j)
{
	int in = j->has_in ? j->in.r : open("/dev/null", O_RDONLY | O_CLOEXEC);

	if (in < 0 || dup2(in, STDIN_FILENO) < 0)
		return -1;
	return j->has_out && dup2(j->out.w, STDOUT_FILENO) < 0 ? -1 : 0;
}

/* Is NAME in some directory of PATH? execvp says EACCES for a missing program
 * as soon as one of them can't be searched, and that is not why it fails. */
static bool is_in_path(const char *name)
{
	AUTO(strlist) struct strlist dirs = { 0 };
	const char *path = getenv("PATH");

	strlist_split(&dirs, path ? path : "", ':', false);
	for (size_t i = 0; i < dirs.n; i++) {
		autostr char *file = path_join(dirs.v[i], name);

		if (!faccessat(AT_FDCWD, file, F_OK, AT_EACCESS))
			return true;
	}
	return false;
}

NORETURN static void run_child(struct job *j)
{
	struct err e = { 0 };

	reset_signals();
	if (j->own_group)
		setpgid(0, 0);
	if (redirect(j)) {
		err_sys(&e, "can't redirect the input of '%s'", j->argv[0]);
	} else {
		execvp(j->argv[0], (char *const *)(uintptr_t)j->argv);
		int code = errno;

		if (code == EACCES && !strchr(j->argv[0], '/') &&
		    !is_in_path(j->argv[0]))
			code = ENOENT;
		err_sysno(&e, code, "can't run '%s'", j->argv[0]);
		if (code == ENOENT || code == ENOTDIR)
			e.kind = ERR_NOTFOUND;
	}
	send_error(j->err.w, &e);
	_exit(127);
}

/* Signals wait until the child has put its own handling in order: else a
 * handler of ours would run there and exec would forget that it did. */
static int start(struct job *j, struct child *c, struct err *e)
{
	sigset_t all;
	sigset_t saved;

	if ((j->has_in && ends_open(&j->in, e)) ||
	    (j->has_out && ends_open(&j->out, e)) || ends_open(&j->err, e))
		return -1;
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &saved);
	int rc = child_fork(c, e);

	if (!rc && !c->pid)
		run_child(j);
	sigprocmask(SIG_SETMASK, &saved, NULL);
	shut(&j->in.r);
	shut(&j->out.w);
	shut(&j->err.w);
	return rc;
}

/* Write what the pipe takes; close it at the end of IN or when the child does
 * not want more. */
static int feed(struct job *j, const struct str *in, struct err *e)
{
	ssize_t k = write(j->in.w, in->p + j->fed, in->len - j->fed);

	if (k < 0 && errno != EPIPE && errno != EAGAIN && errno != EINTR)
		return err_sys(e, "can't write to '%s'", j->argv[0]);
	if (k > 0)
		j->fed += (size_t)k;
	if (j->fed == in->len || (k < 0 && errno == EPIPE))
		shut(&j->in.w);
	return 0;
}

static int drain(struct job *j, struct str *out, struct err *e)
{
	ssize_t k = read(j->out.r, str_reserve(out, CHUNK), CHUNK);

	if (k < 0 && errno == EINTR)
		return 0;
	if (k < 0)
		return err_sys(e, "can't read from '%s'", j->argv[0]);
	if (k == 0)
		shut(&j->out.r);
	if ((size_t)k > j->limit - j->got)
		return err_set(e, ERR_LIMIT,
			       "'%s' writes more than the limit of %zu bytes",
			       j->argv[0], j->limit);
	j->got += (size_t)k;
	out->len += (size_t)k;
	out->p[out->len] = '\0';
	return 0;
}

/* Feed and drain at the same time: with either first, both sides could stand
 * still with full pipes. */
static int talk(struct job *j, const struct child *c, const struct str *in,
		struct str *out, struct err *e)
{
	if (j->has_in && fcntl(j->in.w, F_SETFL, O_NONBLOCK))
		return err_sys(e, "can't write to '%s'", j->argv[0]);
	if (j->has_in && !in->len)
		shut(&j->in.w);
	while (j->in.w >= 0 || j->out.r >= 0) {
		struct pollfd p[] = {
			{ .fd = j->in.w, .events = POLLOUT },
			{ .fd = j->out.r, .events = POLLIN },
		};
		int n = poll(p, ARRAY_SIZE(p), left_ms(c));

		if (n == 0)
			return too_late(c, e);
		if (n < 0 && errno != EINTR)
			return err_sys(e, "can't wait for '%s'", j->argv[0]);
		if (n < 0 && intr_check(e))
			return -1;
		if (n > 0 && p[0].revents && feed(j, in, e))
			return -1;
		if (n > 0 && p[1].revents && drain(j, out, e))
			return -1;
	}
	return 0;
}

int proc_run_within(int timeout_s, const char *const argv[],
		    const struct str *in, struct str *out, size_t limit,
		    int *status, struct err *e)
{
	AUTO(job)
	struct job j = {
		.argv = argv,
		.in = ENDS_INIT,
		.out = ENDS_INIT,
		.err = ENDS_INIT,
		.own_group = timeout_s > 0,
		.has_in = in,
		.has_out = out,
		.limit = limit,
	};
	struct child c = {
		.name = argv[0],
		.timeout_s = timeout_s,
		.deadline = clock_ms() + (int64_t)timeout_s * 1000,
	};

	if (start(&j, &c, e))
		return -1;
	/* With our ends closed a child that does not heed SIGTERM won't wait
	 * for us while we wait for it. */
	if (read_error(j.err.r, e) || talk(&j, &c, in, out, e)) {
		job_clear(&j);
		child_stop(&c);
		return -1;
	}
	int how = 0;

	if (child_wait(&c, &how, e))
		return -1;
	*status = WIFSIGNALED(how) ? 128 + WTERMSIG(how) : WEXITSTATUS(how);
	return 0;
}

int proc_run(const char *const argv[], const struct str *in, struct str *out,
	     size_t limit, int *status, struct err *e)
{
	return proc_run_within(0, argv, in, out, limit, status, e);
}

char *proc_directory(void)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);

	if (n <= 0)
		return NULL;
	path[n] = '\0';
	return path_dir(path);
}
