/* t_walk.c - tests of base/walk.c: it does what openat2 does.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/dir.h"
#include "base/str.h"

#include "hostile.h"
#include "tap.h"

#include <fcntl.h>
#include <sys/stat.h>

#define NOLINK O_NOFOLLOW
#define NEW (O_WRONLY | O_CREAT)
#define EXCL (O_WRONLY | O_CREAT | O_EXCL)
#define RD O_RDONLY
#define DIRY (O_RDONLY | O_DIRECTORY)
#define TMPF (O_RDWR | O_TMPFILE)

typedef int opener(int root, const char *path, int flags, mode_t mode,
		   struct err *e);

// clang-format off
/* Asked of all four openers: twice beneath, twice in root, each pair alike. */
static const struct {
	const char *path;
	int flags;
	int beneath; /* errno wanted, 0 for success */
	int in_root;
} asked[] = {
	{ "f",                RD,      0,       0 },
	{ "/f",               RD,      0,       0 },
	{ "//a//b/./g",       RD,      0,       0 },
	{ "",                 RD,      0,       0 },
	{ ".",                RD,      0,       0 },
	{ "/",                DIRY,    0,       0 },
	{ "a/",               RD,      0,       0 },
	{ "a/b/..",           RD,      0,       0 },
	{ "a/b/../f",         RD,      0,       0 },
	{ "a/b/c/../../../f", RD,      0,       0 },
	{ "a/../a/../a/b/g",  RD,      0,       0 },
	{ "..",               RD,      EXDEV,   0 },
	{ "../f",             RD,      EXDEV,   0 },
	{ "/../f",            RD,      EXDEV,   0 },
	{ "a/../../f",        RD,      EXDEV,   0 },
	{ "a/b/../../../x",   RD,      EXDEV,   ENOENT },
	{ "missing",          RD,      ENOENT,  ENOENT },
	{ "missing/..",       RD,      ENOENT,  ENOENT },
	{ "missing/../f",     RD,      ENOENT,  ENOENT },
	{ "a/missing/x",      RD,      ENOENT,  ENOENT },
	{ "missing/",         RD,      ENOENT,  ENOENT },
	{ "f/",               RD,      ENOTDIR, ENOTDIR },
	{ "f/x",              RD,      ENOTDIR, ENOTDIR },
	{ "f/..",             RD,      ENOTDIR, ENOTDIR },
	{ "f/.",              RD,      ENOTDIR, ENOTDIR },
	{ "f",                DIRY,    ENOTDIR, ENOTDIR },
	{ "fifo/x",           RD,      ENOTDIR, ENOTDIR },
	{ "fifo",             O_RDONLY | O_NONBLOCK, 0, 0 },
	{ "fifo",             O_PATH,  0,       0 },
	{ "to-fifo",          O_PATH,  0,       0 },
	{ "to-a",             RD,      ELOOP,   0 },
	{ "to-a",             DIRY,    ENOTDIR, 0 },
	{ "to-a/",            RD,      ELOOP,   0 },
	{ "to-a/",            O_PATH | O_NOFOLLOW, ELOOP, 0 },
	{ "to-a/f",           RD,      ELOOP,   0 },
	{ "to-a/..",          RD,      ELOOP,   0 },
	{ "to-f",             RD,      ELOOP,   0 },
	{ "to-f",             RD | NOLINK, ELOOP, ELOOP },
	{ "to-a",             DIRY | NOLINK, ENOTDIR, ENOTDIR },
	{ "to-f",             O_PATH,  0,       0 },
	{ "to-f",             O_PATH | O_NOFOLLOW, 0, 0 },
	{ "to-f",             O_PATH | O_DIRECTORY, ENOTDIR, ENOTDIR },
	{ "to-f/",            RD,      ELOOP,   ENOTDIR },
	{ "to-f/x",           RD,      ELOOP,   ENOTDIR },
	{ "abs",              RD,      ELOOP,   0 },
	{ "abs/g",            RD,      ELOOP,   0 },
	{ "abs-slash",        RD,      ELOOP,   0 },
	{ "abs-slash/g",      RD,      ELOOP,   0 },
	{ "to-root",          RD,      ELOOP,   0 },
	{ "to-root/f",        RD,      ELOOP,   0 },
	{ "to-root/../f",     RD,      ELOOP,   0 },
	{ "dots",             RD,      ELOOP,   0 },
	{ "out",              RD,      ELOOP,   0 },
	{ "out-abs",          RD,      ELOOP,   0 },
	{ "out-dir",          RD,      ELOOP,   0 },
	{ "out-dir/f",        RD,      ELOOP,   0 },
	{ "out-dir/etc/passwd", RD,    ELOOP,   ENOENT },
	{ "a/b/up",           RD,      ELOOP,   0 },
	{ "a/b/up-abs",       RD,      ELOOP,   0 },
	{ "a/b/upupup",       RD,      ELOOP,   0 },
	{ "a/b/abs-a/../f",   RD,      ELOOP,   0 },
	{ "a/b/abs-a/b/../f", RD,      ELOOP,   0 },
	{ "two",              RD,      ELOOP,   0 },
	{ "a/back/b/g",       RD,      ELOOP,   0 },
	{ "loop",             RD,      ELOOP,   ELOOP },
	{ "loop/x",           RD,      ELOOP,   ELOOP },
	{ "loop",             O_PATH | O_NOFOLLOW, 0, 0 },
	{ "loop1",            RD,      ELOOP,   ELOOP },
	{ "self-dir",         RD,      ELOOP,   ELOOP },
	{ "dot/dot/dot/f",    RD,      ELOOP,   0 },
	{ "dotdot/dotdot/f",  RD,      ELOOP,   0 },
	{ "dangling",         RD,      ELOOP,   ENOENT },
	{ "dangling/x",       RD,      ELOOP,   ENOENT },
	{ "f-slash",          RD,      ELOOP,   ENOTDIR },
	{ "through-f",        RD,      ELOOP,   ENOTDIR },
	{ "mem",              RD,      ELOOP,   ENOENT },
	{ "chain40",          RD,      ELOOP,   0 },
	{ "chain41",          RD,      ELOOP,   ELOOP },
	{ "chain40/",         RD,      ELOOP,   ENOTDIR },
	{ "new",              NEW,     0,       0 },
	{ "f",                NEW,     0,       0 },
	{ "f",                EXCL,    EEXIST,  EEXIST },
	{ "to-f",             EXCL,    EEXIST,  EEXIST },
	{ "dangling",         EXCL,    EEXIST,  EEXIST },
	{ "dangling",         NEW,     ELOOP,   0 },
	{ "dangling",         NEW | NOLINK, ELOOP, ELOOP },
	{ "dangling-d",       NEW,     ELOOP,   EISDIR },
	{ "new-here",         NEW,     ELOOP,   0 },
	{ "to-f",             NEW | O_TRUNC, ELOOP, 0 },
	{ "loop",             NEW,     ELOOP,   ELOOP },
	{ "a",                NEW,     EISDIR,  EISDIR },
	{ "a/",               NEW,     EISDIR,  EISDIR },
	{ "new/",             NEW,     EISDIR,  EISDIR },
	{ "to-f/",            NEW,     EISDIR,  EISDIR },
	{ ".",                NEW,     EISDIR,  EISDIR },
	{ "..",               NEW,     EXDEV,   EISDIR },
	{ "a/..",             EXCL,    EEXIST,  EEXIST },
	{ "missing/new",      NEW,     ENOENT,  ENOENT },
	{ "f/new",            NEW,     ENOTDIR, ENOTDIR },
	{ "a",                O_WRONLY, EISDIR, EISDIR },
	{ "a",                TMPF,    0,       0 },
	{ "to-a",             TMPF,    ENOTDIR, 0 },
	{ "f",                O_PATH | O_RDWR | O_TRUNC, 0, 0 },
};

/* The same as an ordinary user, whom a directory without x stops. */
static const struct {
	const char *path;
	int code;
} forbidden[] = {
	{ "closed/x", EACCES }, { "closed/..", EACCES }, { "closed/.", EACCES },
	{ "closed/../f", EACCES }, { "closed", EACCES }, { "closed/", EACCES },
};
// clang-format on

/* What an opener made of a path, as text: inode and kind, or the error. What
 * it created is removed again. */
static char *outcome(opener *fn, int dir, const char *path, int flags,
		     int *code)
{
	static const char *const new[] = { "new", "nowhere", "a/new" };
	struct err e = { 0 };
	struct stat st;
	autofd int fd = fn(dir, path, flags, 0640, &e);

	*code = fd < 0 ? e.code : 0;
	if (fd < 0)
		return str_fmt("kind %d code %d: %s", e.kind, e.code, e.msg);
	must(!fstat(fd, &st), path);
	if (!(fcntl(fd, F_GETFD) & FD_CLOEXEC))
		return str_fmt("not close-on-exec");
	bool is_new = flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE;

	for (size_t i = 0; i < ARRAY_SIZE(new) && flags & O_CREAT; i++)
		unlinkat(dir, new[i], 0);
	return str_fmt("mode %o ino %llu size %lld", st.st_mode,
		       is_new ? 0 : (unsigned long long)st.st_ino,
		       S_ISDIR(st.st_mode) ? 0 : (long long)st.st_size);
}

static void compare(opener *kernel, opener *walk, int dir, const char *path,
		    int flags, int want, const char *how)
{
	int code[2];
	autostr char *a = outcome(kernel, dir, path, flags, &code[0]);
	autostr char *b = outcome(walk, dir, path, flags, &code[1]);
	autostr char *what = str_fmt("%s '%s' 0%o", how, path, flags);

	is(b, a, what);
	if (code[0] != want)
		ok(false, "%s: got %d, want %d: %s", what, code[0], want, a);
}

static void test_open(int dir)
{
	for (size_t i = 0; i < ARRAY_SIZE(asked); i++) {
		compare(dir_open_beneath, dir_walk_beneath, dir, asked[i].path,
			asked[i].flags, asked[i].beneath, "beneath");
		compare(dir_open_in_root, dir_walk_in_root, dir, asked[i].path,
			asked[i].flags, asked[i].in_root, "in root");
	}
	for (size_t i = 0; geteuid() && i < ARRAY_SIZE(forbidden); i++)
		compare(dir_open_in_root, dir_walk_in_root, dir,
			forbidden[i].path, O_RDONLY, forbidden[i].code,
			"forbidden");
}

/* Links of procfs: ordinary in its root, magic below /proc/PID. */
static void test_magic(void)
{
	autofd int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	autofd int top = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (proc < 0 || faccessat(proc, "self/status", F_OK, 0)) {
		tap_skip("magic links", "no /proc");
		return;
	}
	compare(dir_open_in_root, dir_walk_in_root, proc, "self/comm", RD, 0,
		"proc");
	compare(dir_open_in_root, dir_walk_in_root, proc, "self/root", RD,
		ELOOP, "proc");
	compare(dir_open_in_root, dir_walk_in_root, proc, "self/cwd/x", RD,
		ELOOP, "proc");
	compare(dir_open_in_root, dir_walk_in_root, proc, "self/fd/0", RD,
		ELOOP, "proc");
	compare(dir_open_in_root, dir_walk_in_root, top, "proc/self/root/etc",
		RD, ELOOP, "root");
	compare(dir_open_in_root, dir_walk_in_root, top, "proc/self/exe",
		O_PATH, ELOOP, "root");
}

int main(void)
{
	const char *base = getenv("TMPDIR");
	autostr char *top = NULL;
	struct err e = { 0 };

	base = base ? base : "/tmp";
	top = str_fmt("%s/t_walk.XXXXXX", base);
	must(mkdtemp(top), top);
	autofd int above = dir_open(base, &e);
	autofd int dir = dir_open(top, &e);

	plant(dir);
	test_open(dir);
	test_magic();
	ok(!dir_remove(above, strrchr(top, '/') + 1, &e), "clean %s", e.msg);
	return tap_done();
}
