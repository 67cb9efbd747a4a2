/* t_tmp.c - tests of base/tmp.c and base/lock.c.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/dir.h"
#include "base/intr.h"
#include "base/io.h"
#include "base/lock.h"
#include "base/str.h"
#include "base/tmp.h"

#include "forbid.h"
#include "tap.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* Check the names in DIR; "N+" in front counts the temporary ones. */
static void is_names(int dir, const char *want, const char *what)
{
	AUTO(strlist) struct strlist l = { 0 };
	AUTO(str) struct str got = { 0 };
	struct err e = { 0 };
	int n = 0;

	if (dir_list(dir, &l, &e))
		strlist_add(&l, e.msg);
	for (size_t i = 0; i < l.n; i++) {
		if (str_starts(l.v[i], TMP_PREFIX) &&
		    strlen(l.v[i]) == strlen(TMP_PREFIX) + 16)
			n++;
		else
			str_addf(&got, " %s", l.v[i]);
	}
	autostr char *all = str_fmt("%d+%s", n, str_text(&got));

	is(all, want, what);
}

/* What stands at NAME: the content of a file, or of the file "in" in a
 * directory. */
static void is_content(int dir, const char *name, const char *want)
{
	AUTO(str) struct str s = { 0 };
	autostr char *in = str_fmt("%s/in", name);
	struct err e = { 0 };

	if (io_read_file(dir, name, 99, &s, &e) &&
	    io_read_file(dir, in, 99, &s, &e))
		str_add(&s, e.msg);
	is(str_text(&s), want, name);
}

/* Make a temporary file with the content TEXT, or a directory with such a file
 * "in". */
static int make(struct tmp *t, int dir, bool is_dir, const char *text)
{
	struct err e = { 0 };
	autofd int in = -1;

	if (is_dir ? tmp_dir(t, dir, &e) : tmp_file(t, dir, &e)) {
		ok(false, "%s", e.msg);
		return -1;
	}
	if (is_dir)
		in = openat(t->fd, "in", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	return io_write(is_dir ? in : t->fd, text, strlen(text), "in", &e);
}

static int put(int dir, const char *name, bool is_dir, const char *text,
	       enum tmp_how how, struct err *e)
{
	AUTO(tmp) struct tmp t = TMP_INIT;

	if (make(&t, dir, is_dir, text))
		return -1;
	int rc = tmp_publish(&t, dir, name, how, e);

	if (!rc)
		ok(!t.name && t.fd < 0 && t.dirfd < 0, "all given up");
	else
		ok(t.name && !faccessat(dir, t.name, F_OK, 0), "still there");
	return rc;
}

// clang-format off
static const struct {
	bool is_dir;
	bool was_dir;
} kinds[] = {
	{ false, false }, { true, true }, { true, false }, { false, true },
};
// clang-format on

static void test_publish(int dir)
{
	struct err e = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		bool is_dir = kinds[i].is_dir;

		ok(!put(dir, "x", kinds[i].was_dir, "old", TMP_EXCL, &e),
		   "publish in a free place %s", e.msg);
		is_content(dir, "x", "old");
		is_num(put(dir, "x", is_dir, "new", TMP_EXCL, &e), -1,
		       "the place is taken");
		is_num(e.kind, ERR_EXISTS, "as an error");
		is(e.msg, "'x' already exists", "its message");
		is_content(dir, "x", "old");
		ok(!put(dir, "x", is_dir, "new", TMP_REPLACE, &e), "replace %s",
		   e.msg);
		is_content(dir, "x", "new");
		is_names(dir, "0+ x", "nothing else is there");
		is_num(dir_remove(dir, "x", &e), 0, "remove");
	}
	ok(!put(dir, "y", true, "new", TMP_REPLACE, &e),
	   "replace what is not there %s", e.msg);
	is_content(dir, "y", "new");
	is_num(dir_remove(dir, "y", &e), 0, "remove");
}

static void test_modes(int dir)
{
	AUTO(tmp) struct tmp f = TMP_INIT;
	AUTO(tmp) struct tmp d = TMP_INIT;
	struct err e = { 0 };
	struct stat st;

	if (tmp_file(&f, dir, &e) || tmp_dir(&d, dir, &e))
		ok(false, "%s", e.msg);
	is_num(fstat(f.fd, &st) ? 0 : st.st_mode, S_IFREG | 0600, "file mode");
	is_num(fstat(d.fd, &st) ? 0 : st.st_mode, S_IFDIR | 0700, "dir mode");
	is_names(dir, "2+", "both there");
	tmp_clear(&f);
	tmp_clear(&d);
	is_names(dir, "0+", "both gone");
}

/* A read-only tree moved to another directory, over another such. */
static void test_read_only(int dir)
{
	struct err e = { 0 };
	struct stat st;

	if (mkdirat(dir, "to", 0700))
		abort();
	autofd int to = openat(dir, "to", O_PATH | O_CLOEXEC);

	for (int i = 0; i < 2; i++) {
		AUTO(tmp) struct tmp t = TMP_INIT;

		if (make(&t, dir, true, i ? "new" : "old"))
			return;
		fchmod(t.fd, 0555);
		ok(!tmp_publish(&t, to, "x", TMP_REPLACE, &e), "published %s",
		   e.msg);
		is_content(to, "x", i ? "new" : "old");
		is_num(fstatat(to, "x", &st, 0) ? 0 : st.st_mode,
		       S_IFDIR | 0555, "with its mode");
	}
	is_num(dir_remove(dir, "to", &e), 0, "remove");
	is_names(dir, "0+", "nothing left");
}

/* A child that makes one of each and waits for GO to close, or not at all. */
static pid_t maker(int dir, int go, int ready)
{
	struct tmp f = TMP_INIT;
	struct tmp d = TMP_INIT;
	pid_t pid = fork();
	char c = 0;

	if (pid)
		return pid;
	if (make(&f, dir, false, "x") || make(&d, dir, true, "x"))
		_exit(1);
	if (write(ready, "r", 1) != 1)
		_exit(1);
	if (go >= 0 && read(go, &c, 1) < 0)
		_exit(1);
	_exit(0);
}

static void test_sweep(int dir)
{
	int ready[2];
	int go[2];
	char c;
	autofd int other = openat(dir, TMP_PREFIX "0123456789abcde",
				  O_CREAT | O_CLOEXEC, 0600);

	if (pipe2(ready, O_CLOEXEC) || pipe2(go, O_CLOEXEC) || other < 0)
		abort();
	if (symlinkat("x", dir, TMP_PREFIX "0123456789abcdef"))
		abort();
	waitpid(maker(dir, -1, ready[1]), NULL, 0);
	is_num(read(ready[0], &c, 1), 1, "a maker that died");
	pid_t pid = maker(dir, go[0], ready[1]);

	is_num(read(ready[0], &c, 1), 1, "a maker that lives");
	is_names(dir, "5+ .ch-tmp.0123456789abcde", "all are there");
	tmp_sweep(dir);
	is_names(dir, "3+ .ch-tmp.0123456789abcde",
		 "only what is dead is gone");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	tmp_sweep(dir);
	is_names(dir, "1+ .ch-tmp.0123456789abcde", "killed, gone");
	unlinkat(dir, TMP_PREFIX "0123456789abcde", 0);
	unlinkat(dir, TMP_PREFIX "0123456789abcdef", 0);
	close(ready[0]);
	close(ready[1]);
	close(go[0]);
	close(go[1]);
}

/* One sweeps all the time while another makes and publishes. */
static void test_sweep_race(int dir)
{
	int lost = 0;
	pid_t pid = fork();

	if (!pid)
		for (;;)
			tmp_sweep(dir);
	for (int i = 0; i < 300; i++) {
		AUTO(tmp) struct tmp t = TMP_INIT;
		struct err e = { 0 };

		lost += tmp_dir(&t, dir, &e) ||
			tmp_publish(&t, dir, "x", TMP_REPLACE, &e);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	is_num(lost, 0, "nothing of a living maker is swept");
	tmp_sweep(dir);
	is_names(dir, "0+ x", "one stands");
	unlinkat(dir, "x", AT_REMOVEDIR);
}

static void test_lock(int dir)
{
	autofd int fd = openat(dir, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	autofd int second = openat(dir, "lock", O_RDWR | O_CLOEXEC);

	ok(lock_try(fd), "a lock");
	ok(!lock_try(second), "is nobody else's");
	close(TAKE_FD(fd));
	ok(lock_try(second), "free again");
	unlinkat(dir, "lock", 0);
}

static void nothing(int sig)
{
	(void)sig;
}

/* All of it again without renameat2, as on NFS; last, for it stays so. */
static void test_without(int dir)
{
	if (forbid(SYS_renameat2, EINVAL)) {
		tap_skip("without renameat2", "no seccomp filter here");
		return;
	}
	test_publish(dir);
	test_read_only(dir);
	test_sweep_race(dir);
	if (forbid(SYS_flock, ENOLCK))
		return;
	AUTO(tmp) struct tmp t = TMP_INIT;

	ok(lock_try(dir), "a lock where there are none");
	ok(!make(&t, dir, true, "x"), "a directory without locks");
	tmp_sweep(dir);
	is_names(dir, "1+", "is not swept");
}

int main(void)
{
	const char *base = getenv("TMPDIR");
	autostr char *top = NULL;
	struct sigaction act = { .sa_handler = nothing };
	struct err e = { 0 };

	base = base ? base : "/tmp";
	top = str_fmt("%s/t_tmp.XXXXXX", base);
	intr_init();
	sigaction(SIGALRM, &act, NULL);
	if (!mkdtemp(top))
		abort();
	autofd int above = dir_open(base, &e);
	autofd int dir = dir_open(top, &e);

	test_modes(dir);
	test_publish(dir);
	test_read_only(dir);
	test_sweep(dir);
	test_sweep_race(dir);
	test_lock(dir);
	test_without(dir);
	ok(!dir_remove(above, strrchr(top, '/') + 1, &e), "clean %s", e.msg);
	return tap_done();
}
