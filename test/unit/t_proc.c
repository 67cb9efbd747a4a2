/* t_proc.c - tests of base/proc.c.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/intr.h"
#include "base/mem.h"
#include "base/proc.h"

#include "tap.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#define ARGV(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define SH(text) ARGV("sh", "-c", text)
#define BIG ((size_t)1 << 20)

// clang-format off
static const struct {
	const char *script, *in, *out;
	int status;
} runs[] = {
	{ "echo hello",                   NULL,  "hello\n",   0 },
	{ "exit 3",                       NULL,  "",          3 },
	{ "kill -9 $$",                   NULL,  "",          137 },
	{ "cat; echo end",                "in",  "inend\n",   0 },
	{ "cat; echo end",                NULL,  "end\n",     0 },
	{ "cat; echo end",                "",    "end\n",     0 },
	{ "echo no >&1; exec <&-; true",  "in",  "no\n",      0 },
	{ "kill -PIPE $$; echo alive",    NULL,  "",          141 },
	{ "ls /proc/self/fd | wc -l | tr -d ' '", NULL, "4\n", 0 },
	/* Signals 1 to 28: what libc keeps for itself (32, 33) may come to us
	 * ignored and can't be changed through it. */
	{ "sed -En 's/^Sig(Blk|Ign):.*(.{7})$/\\1 \\2/p' /proc/self/status",
	  NULL, "Blk 0000000\nIgn 0000000\n", 0 },
};

static const struct {
	const char *program;
	enum err_kind kind;
	int code;
	const char *msg;
} missing[] = {
	{ "no-such-program-here", ERR_NOTFOUND, ENOENT,
	  "can't run 'no-such-program-here': No such file or directory" },
	{ "/no/such/program", ERR_NOTFOUND, ENOENT,
	  "can't run '/no/such/program': No such file or directory" },
	{ "/dev/null", ERR_SYS, EACCES,
	  "can't run '/dev/null': Permission denied" },
};
// clang-format on

static void test_run(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(runs); i++) {
		AUTO(str) struct str in = { 0 };
		AUTO(str) struct str out = { 0 };
		struct err e = { 0 };
		int status = -1;

		if (runs[i].in)
			str_add(&in, runs[i].in);
		ok(!proc_run(SH(runs[i].script), runs[i].in ? &in : NULL, &out,
			     100, &status, &e),
		   "%s", runs[i].script);
		is(str_text(&out), runs[i].out, "stdout");
		is_num(status, runs[i].status, "status");
	}
}

static void test_missing(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(missing); i++) {
		AUTO(str) struct str out = { 0 };
		struct err e = { 0 };
		int status = -1;

		is_num(proc_run(ARGV(missing[i].program), NULL, &out, 9,
				&status, &e),
		       -1, missing[i].program);
		is_num(e.kind, missing[i].kind, "kind");
		is_num(e.code, missing[i].code, "code");
		is(e.msg, missing[i].msg, "message");
	}
}

/* More than any pipe holds, both ways at once. */
static void test_big(void)
{
	AUTO(str) struct str in = { 0 };
	AUTO(str) struct str out = { 0 };
	struct err e = { 0 };
	int status = -1;

	for (size_t i = 0; i < BIG; i++)
		str_addc(&in, (char)('a' + i % 25));
	is_num(proc_run(ARGV("cat"), &in, &out, BIG, &status, &e), 0, "cat");
	is_num(status, 0, "its status");
	ok(out.len == BIG && !memcmp(out.p, in.p, BIG), "all came back");
	str_clear(&out);
	is_num(proc_run(ARGV("cat"), &in, &out, BIG - 1, &status, &e), -1,
	       "one byte too many");
	is_num(e.kind, ERR_LIMIT, "is a limit");
	is(e.msg, "'cat' writes more than the limit of 1048575 bytes",
	   "its message");
	str_clear(&out);
	is_num(proc_run(SH("exec <&-; echo x"), &in, &out, 9, &status, &e), 0,
	       "a child that does not read");
	is(str_text(&out), "x\n", "its output");
	str_clear(&out);
	is_num(proc_run(SH("trap '' TERM; yes"), NULL, &out, 9, &status, &e),
	       -1, "endless, and deaf to SIGTERM");
	is_num(e.kind, ERR_LIMIT, "is ended all the same");
}

static int succeed(void *arg, struct err *e)
{
	(void)e;
	return *(int *)arg == 7 ? 0 : -1;
}

static int fail(void *arg, struct err *e)
{
	err_http(e, 404, "%s", (const char *)arg);
	return err_ctx(e, "alpine:3.16");
}

static int fail_long(void *arg, struct err *e)
{
	autostr char *text = xmalloc(5000);

	(void)arg;
	memset(text, 'x', 4999);
	text[4999] = '\0';
	return err_set(e, ERR_DIGEST, "%s", text);
}

static int die(void *arg, struct err *e)
{
	(void)e;
	return raise(*(int *)arg);
}

static int leave(void *arg, struct err *e)
{
	(void)e;
	_exit(*(int *)arg);
}

static void test_call(void)
{
	struct err e = { 0 };
	char text[] = "manifest not found";
	int seven = 7;
	int killed = SIGKILL;

	is_num(proc_call("job", succeed, &seven, &e), 0, "success");
	is_num(proc_call("job", succeed, &killed, &e), -1, "a mute failure");
	is(e.msg, "job ended with status 1", "its message");
	is_num(proc_call("job", fail, text, &e), -1, "failure");
	is(e.msg, "alpine:3.16: manifest not found (HTTP 404)", "its message");
	is_num(e.kind, ERR_NOTFOUND, "its kind");
	is_num(e.code, 404, "its code");
	is_num(proc_call("job", fail_long, NULL, &e), -1, "a long message");
	is_num(e.kind, ERR_DIGEST, "its kind");
	ok(strlen(e.msg) > 900, "most of it came");
	is_num(proc_call("unpacking", die, &killed, &e), -1, "killed");
	is(e.msg, "unpacking died of signal 9 (Killed)", "its message");
	is_num(e.kind, ERR_SYS, "its kind");
	is_num(proc_call("unpacking", leave, &seven, &e), -1, "left");
	is(e.msg, "unpacking ended with status 7", "its message");
}

/* As started by a program that ignores SIGCHLD. */
static void test_no_chld(void)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	struct sigaction after;
	struct err e = { 0 };
	int status = -1;
	int killed = SIGKILL;

	sigaction(SIGCHLD, &ignore, NULL);
	is_num(proc_run(SH("exit 5"), NULL, NULL, 0, &status, &e), 0,
	       "SIGCHLD ignored");
	is_num(status, 5, "its status");
	is_num(proc_call("x", die, &killed, &e), -1, "and a call");
	sigaction(SIGCHLD, NULL, &after);
	ok(after.sa_handler == SIG_IGN, "it is ignored again");
	after.sa_handler = SIG_DFL;
	sigaction(SIGCHLD, &after, NULL);
}

/* Asked to stop while the child runs: the child goes as well. */
static void test_stop(void)
{
	AUTO(str) struct str out = { 0 };
	struct err e = { 0 };
	int status = -1;
	time_t before = time(NULL);
	pid_t pid = fork();

	if (!pid) {
		usleep(100000);
		kill(getppid(), SIGTERM);
		_exit(0);
	}
	is_num(proc_run(ARGV("sleep", "30"), NULL, &out, 9, &status, &e), -1,
	       "stopped");
	is_num(e.kind, ERR_INTR, "as an interruption");
	ok(time(NULL) - before < 20, "at once");
	waitpid(pid, NULL, 0);
	errno = 0;
	ok(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD,
	   "no child is left");
}

/* A program that hangs, in each of its ways: what it has started goes with it,
 * which the pipe's end tells. */
static void test_within(void)
{
	static const char *const scripts[] = {
		"sleep 60",           "trap '' TERM; sleep 60 & wait; sleep 60",
		"exec >&-; sleep 60", "trap '' TERM; sleep 60 & exit",
		"kill -STOP $$",
	};
	AUTO(str) struct str out = { 0 };
	struct err e = { 0 };
	int status = -1;

	is_num(proc_run_within(60, SH("cat; exit 3"), NULL, &out, 9, &status,
			       &e),
	       0, "one that does not hang");
	is_num(status, 3, "its status");
	for (size_t i = 0; i < ARRAY_SIZE(scripts); i++) {
		autostr char *script = str_fmt("%s", scripts[i]);
		int alive[2];
		char byte;

		if (pipe2(alive, 0))
			abort();
		fcntl(alive[0], F_SETFD, FD_CLOEXEC);
		is_num(proc_run_within(1, SH(script), NULL, &out, 9, &status,
				       &e),
		       -1, scripts[i]);
		is_num(e.kind, ERR_LIMIT, "its kind");
		is(e.msg, "'sh' has not ended within 1 s", "its message");
		close(alive[1]);
		is_num(read(alive[0], &byte, 1), 0, "nobody is left");
		close(alive[0]);
	}
}

/* Whatever make or a shell has left us: signals ignored, descriptors open. */
static void forget_caller(void)
{
	struct sigaction dfl = { .sa_handler = SIG_DFL };

	for (int sig = 1; sig < NSIG; sig++)
		sigaction(sig, &dfl, NULL);
	for (int fd = 3; fd < 256; fd++)
		fcntl(fd, F_SETFD, FD_CLOEXEC);
	/* Most users can't look into the first. */
	setenv("PATH", "/root/bin:/usr/local/bin:/usr/bin:/bin", 1);
}

int main(void)
{
	forget_caller();
	intr_init();
	test_run();
	test_missing();
	test_big();
	test_call();
	test_no_chld();
	test_stop();
	test_within();
	return tap_done();
}
