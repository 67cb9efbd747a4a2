/* t_dir.c - tests of base/dir.c; t_walk.c compares the ways to open.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/dir.h"
#include "base/str.h"

#include "hostile.h"
#include "tap.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#ifndef SYS_openat2 /* older headers; the number is the same everywhere */
#define SYS_openat2 437
#endif

// clang-format off
static const struct {
	const char *path, *resolved;
	bool exists;
	int code;
} resolved[] = {
	{ "",                 "/",            true },
	{ "/",                "/",            true },
	{ "f",                "/f",           true },
	{ "//a/./b//",        "/a/b",         true },
	{ "a/b/../f",         "/a/f",         true },
	{ "../../f",          "/f",           true },
	{ "to-a/b",           "/a/b",         true },
	{ "abs/up",           "/f",           true },
	{ "a/b/abs-a/b",      "/a/b",         true },
	{ "a/b/abs-a/../a/f", "/a/f",         true },
	{ "to-root/abs/g",    "/a/b/g",       true },
	{ "out",              "/secret",      true },
	{ "two",              "/f",           true },
	{ "fifo",             "/fifo",        true },
	{ "nope",             "/nope",        false },
	{ "to-a/nope/x",      "/a/nope/x",    false },
	{ "to-a/nope/./x/",   "/a/nope/x",    false },
	{ "dangling",         "/nowhere",     false },
	{ "dangling/x",       "/nowhere/x",   false },
	{ "nope/../to-a",     "/a",           false },
	{ "nope/x/../../abs", "/a/b",         false },
	{ "nope/../../f",     "/f",           false },
	{ "chain40",          "/f",           true },
	{ "chain41",          NULL,           false, ELOOP },
	{ "loop",             NULL,           false, ELOOP },
	{ "f/x",              NULL,           false, ENOTDIR },
	{ "f/",               NULL,           false, ENOTDIR },
	{ "to-f/..",          NULL,           false, ENOTDIR },
};

static const struct {
	const char *path, *listed; /* what is made, or the message */
	int code;
} made[] = {
	{ "m/n/o",      "m/n/o" },
	{ "m/n",        "m/n" },
	{ "/m//p/./q/", "m/p/q" },
	{ "m/x/../y",   "m/y" },
	{ "",           "." },
	{ "a/b",        "a/b" },
	{ "to-a/new",   "can't make directory 'to-a/new': a symbolic link is in "
			"the way", ELOOP },
	{ "to-a",       "can't make directory 'to-a': Not a directory",
	  ENOTDIR },
	{ "dangling/n", "can't make directory 'dangling/n': a symbolic link is "
			"in the way", ELOOP },
	{ "f/new",      "can't make directory 'f/new': Not a directory",
	  ENOTDIR },
	{ "f",          "can't make directory 'f': Not a directory", ENOTDIR },
	{ "../n",       "can't make directory '../n': leads out of its root",
	  EXDEV },
	{ "/../n",      "can't make directory '/../n': leads out of its root",
	  EXDEV },
	{ "m/../../n",  "can't make directory 'm/../../n': leads out of its "
			"root", EXDEV },
};
// clang-format on

static void test_messages(int dir)
{
	static const struct {
		const char *path, *msg;
		enum err_kind kind;
	} told[] = {
		{ "nope", "can't open 'nope': No such file or directory",
		  ERR_NOTFOUND },
		{ "/f/x", "can't open '/f/x': Not a directory", ERR_NOTFOUND },
		{ "to-a/f",
		  "can't open 'to-a/f': a symbolic link is in the way",
		  ERR_FORMAT },
		{ "../x", "can't open '../x': leads out of its root",
		  ERR_FORMAT },
	};

	for (size_t i = 0; i < ARRAY_SIZE(told); i++) {
		struct err e = { 0 };

		is_num(dir_open_beneath(dir, told[i].path, O_RDONLY, 0, &e), -1,
		       told[i].path);
		is(e.msg, told[i].msg, "message");
		is_num(e.kind, told[i].kind, "kind");
	}
}

static void test_resolve(int dir)
{
	for (size_t i = 0; i < ARRAY_SIZE(resolved); i++) {
		struct err e = { 0 };
		bool exists = false;
		autostr char *got =
			dir_resolve_in_root(dir, resolved[i].path, &exists, &e);

		is(got, resolved[i].resolved, resolved[i].path);
		is_num(e.code, resolved[i].code, "code");
		if (got)
			is_num(exists, resolved[i].exists, "exists");
	}
}

static void test_make(int dir)
{
	for (size_t i = 0; i < ARRAY_SIZE(made); i++) {
		struct err e = { 0 };
		struct stat by_fd;
		struct stat by_name;
		autofd int fd = dir_make_path(dir, made[i].path, 0750, &e);

		is_num(e.code, made[i].code, made[i].path);
		if (fd < 0) {
			is(e.msg, made[i].listed, "message");
			continue;
		}
		must(!fstat(fd, &by_fd), "fstat");
		ok(!fstatat(dir, made[i].listed, &by_name,
			    AT_SYMLINK_NOFOLLOW) &&
			   by_name.st_ino == by_fd.st_ino,
		   "made '%s'", made[i].listed);
	}
	struct err e = { 0 };
	struct stat st;

	umask(022);
	autofd int fd = dir_make_path(dir, "m/low/er", 0111, &e);

	ok(fd < 0 || !fstat(fd, &st), "odd modes");
	is_num(fstatat(dir, "m/low", &st, 0) ? 0 : st.st_mode & 07777, 0311,
	       "a directory on the way can be used");
	is_num(fstatat(dir, "m/low/er", &st, 0) ? 0 : st.st_mode & 07777, 0111,
	       "the last one is as asked for");
	ok(!dir_remove(dir, "m", &e), "all removed %s", e.msg);
	ok(faccessat(dir, "a/new", F_OK, 0), "nothing made through a link");
}

static void add_times(struct str *s, const char *text, int n)
{
	while (n--)
		str_add(s, text);
}

/* Paths longer than PATH_MAX, deeper than there are descriptors. */
static void test_deep(int dir)
{
	struct rlimit old;
	struct rlimit few = { .rlim_cur = 32 };
	struct err e = { 0 };
	AUTO(str) struct str path = { 0 };

	getrlimit(RLIMIT_NOFILE, &old);
	few.rlim_max = old.rlim_max;
	setrlimit(RLIMIT_NOFILE, &few);
	add_times(&path, "deep/", 1000);
	autofd int made_fd = dir_make_path(dir, str_text(&path), 0700, &e);
	autofd int low = dir_open_beneath(dir, str_text(&path),
					  O_RDONLY | O_DIRECTORY, 0, &e);

	ok(made_fd >= 0 && low >= 0, "far below %s", e.msg);
	add_times(&path, "../", 1000);
	str_add(&path, "f");
	autofd int up = dir_open_in_root(dir, str_text(&path), O_RDONLY, 0, &e);

	ok(up >= 0, "and up again %s", e.msg);
	setrlimit(RLIMIT_NOFILE, &old);
	ok(!dir_remove(dir, "deep", &e), "removed %s", e.msg);
}

static void test_list(int dir)
{
	AUTO(strlist) struct strlist names = { 0 };
	struct err e = { 0 };
	bool empty = true;

	ok(!dir_list(dir, &names, &e), "list %s", e.msg);
	is(names.v[0], "a", "the list is sorted");
	ok(strlist_has(&names, "fifo") && !strlist_has(&names, ".") &&
		   !strlist_has(&names, ".."),
	   "and says what is there");
	autofd int c = dir_open_beneath(dir, "a/b/c", O_PATH, 0, &e);

	ok(!dir_is_empty(c, &empty, &e) && empty, "empty");
	ok(!dir_is_empty(dir, &empty, &e) && !empty, "not empty");
	autofd int f = dir_open_beneath(dir, "f", O_RDONLY, 0, &e);

	is_num(dir_is_empty(f, &empty, &e), -1, "a file is no directory");
	is(e.msg, "can't read a directory: Not a directory", "message");
}

/* From now on openat2 fails with CODE. */
static int forbid_openat2(int code)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)code),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = {
		.len = ARRAY_SIZE(filter),
		.filter = filter,
	};

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog);
}

static int try_without(int dir, int code)
{
	struct err e = { 0 };

	if (forbid_openat2(code))
		return 77;
	autofd int fd = dir_open_in_root(dir, "abs/g", O_RDONLY, 0, &e);
	autofd int none = dir_open_beneath(dir, "to-f", O_RDONLY, 0, &e);

	if (fd < 0)
		return 1;
	return none < 0 && e.code == ELOOP ? 0 : 2;
}

static void test_without(int dir)
{
	static const int codes[] = { ENOSYS, EPERM };

	for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
		int status = -1;
		pid_t pid = fork();

		if (!pid)
			_exit(try_without(dir, codes[i]));
		waitpid(pid, &status, 0);
		if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
			tap_skip("no openat2", "no seccomp filter here");
		else
			is_num(status, 0, strerror(codes[i]));
	}
}

int main(void)
{
	const char *base = getenv("TMPDIR");
	autostr char *top = NULL;
	struct err e = { 0 };

	base = base ? base : "/tmp";
	top = str_fmt("%s/t_dir.XXXXXX", base);
	must(mkdtemp(top), top);
	autofd int above = dir_open(base, &e);
	autofd int dir = dir_open(top, &e);

	plant(dir);
	test_messages(dir);
	test_resolve(dir);
	test_make(dir);
	test_without(dir);
	test_deep(dir);
	test_list(dir);
	ok(!dir_remove(above, strrchr(top, '/') + 1, &e), "clean %s", e.msg);
	return tap_done();
}
