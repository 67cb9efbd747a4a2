/* t_dirread.c - tests of layer/dirread.c, attrs.c and seen.c: the walk.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "layer/dirread.h"

#include "base/intr.h"
#include "dirtest.h"
#include "format/rootless.h"
#include "layer/tree.h"

#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#define MANY 300

/* An empty tree and who reads it, entry by entry. */
struct reading {
	struct tree_place t;
	struct dirread_stats stats;
	struct dirread *r;
	struct entry x; /* the last one */
	struct err e;
};

static void reading_init(struct reading *d)
{
	*d = (struct reading){ .t = tree_place_new() };
	d->r = dirread_new(d->t.root, DIRREAD_ROOT, NULL, &d->stats);
}

static void reading_clear(struct reading *d)
{
	dirread_free(d->r);
	tree_place_clear(&d->t);
}
AUTO_DEFINE(reading, struct reading, reading_clear)

/* As `next` of struct entries. */
static int next(struct reading *d)
{
	struct entries entries = dirread_entries(d->r);

	return entries.next(entries.ctx, &d->x, &d->e);
}

static void test_kinds(void)
{
	static const char *const skip[] = { "b/skipped", "c", NULL };
	AUTO(tree_place) struct tree_place t = tree_place_new();
	struct dirread_stats stats = { 0 };

	make_dir(t.root, "b");
	make_file(t.root, "b-file", "x");
	make_file(t.root, "b/one", "1");
	make_dir(t.root, "b/skipped");
	make_file(t.root, "b/skipped/x", "x");
	make_file(t.root, "b/skipped-not", "");
	make_file(t.root, "B\xff\n", "odd");
	make_file(t.root, "c", "skipped too");
	must(!symlinkat("/no/../where", t.root, "a"), "symlink");
	must(!mkfifoat(t.root, "fifo", 0600), "mkfifo");
	must(!linkat(t.root, "b/one", t.root, "b/two", 0) &&
		     !linkat(t.root, "b/one", t.root, "d", 0) &&
		     !linkat(t.root, "a", t.root, "e", 0),
	     "link");
	autostr char *text = list(t.root, DIRREAD_ROOT, skip, &stats);

	is(text,
	   "d:. f:B\xff\n=odd s:a>/no/../where d:b f:b/one=1 "
	   "f:b/skipped-not= h:b/two>b/one f:b-file=x h:d>b/one h:e>a "
	   "p:fifo",
	   "names in the order of their bytes, each file once");
	ok(!stats.sockets && !stats.mounts, "nothing left out");
}

static void test_socket(void)
{
	AUTO(tree_place) struct tree_place t = tree_place_new();
	struct dirread_stats stats = { 0 };
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	autofd int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(name.sun_path, sizeof(name.sun_path),
		 "/proc/self/fd/%d/socket", t.root);
	must(!bind(fd, (struct sockaddr *)&name, sizeof(name)), "bind");
	make_file(t.root, "x", "");
	autostr char *text = list(t.root, DIRREAD_ROOT, NULL, &stats);

	is(text, "d:. f:x=", "a socket is left out");
	is_num((long long)stats.sockets, 1, "and counted");
}

static void test_owner(void)
{
	AUTO(tree_place) struct tree_place t = tree_place_new();
	struct dirread_stats stats = { 0 };

	for (int i = 0; i < 2; i++) {
		AUTO(dirread)
		struct dirread *r = dirread_new(
			t.root, i ? DIRREAD_KEEP : DIRREAD_ROOT, NULL, &stats);
		struct entries entries = dirread_entries(r);
		struct err e = { 0 };
		struct entry x;

		must(!fchmod(t.root, 01750), "chmod");
		ok(entries.next(entries.ctx, &x, &e) == 1, "the root");
		is_num(x.uid, i ? getuid() : 0, "its owner");
		is_num(x.gid, i ? getgid() : 0, "its group");
		is_num(x.mode, 01750, "its mode");
	}
}

/* The time to the nanosecond, and before 1970. */
static void test_time(void)
{
	struct timespec times[2] = { { 0, UTIME_OMIT }, { -5, 123456789 } };
	AUTO(reading) struct reading d;

	reading_init(&d);
	make_file(d.t.root, "old", "");
	must(!utimensat(d.t.root, "old", times, 0), "utimensat");
	ok(next(&d) == 1 && next(&d) == 1, "a file from before 1970");
	is_num(d.x.mtime.tv_sec, -5, "seconds");
	is_num(d.x.mtime.tv_nsec, 123456789, "nanoseconds");
}

static bool has_xattrs(int fd)
{
	if (!fsetxattr(fd, "user.z", "last", 4, 0))
		return true;
	tap_skip("attributes", "the file system has none");
	return false;
}

static void test_attributes(void)
{
	/* uid 3000000000, gid 4294967295 */
	static const char value[] = "\x08\x80\xbc\xc1\x96\x0b"
				    "\x10\xff\xff\xff\xff\x0f";
	AUTO(tree_place) struct tree_place t = tree_place_new();
	struct dirread_stats stats = { 0 };

	make_file(t.root, "x", "");
	make_file(t.root, "y", "");
	autofd int x = openat(t.root, "x", O_RDONLY);

	if (!has_xattrs(x))
		return;
	must(!fsetxattr(x, "user.a", "\0b", 2, 0) &&
		     !fsetxattr(x, "user.overlay.opaque", "y", 1, 0) &&
		     !fsetxattr(x, ROOTLESS_NAME, value,
				   sizeof(value) - 1, 0) &&
		     !linkat(t.root, "x", t.root, "z", 0),
	     "setxattr");
	for (int i = 0; i < 2; i++) {
		AUTO(dirread)
		struct dirread *r = dirread_new(
			t.root, i ? DIRREAD_KEEP : DIRREAD_ROOT, NULL, &stats);
		struct entries entries = dirread_entries(r);
		AUTO(str) struct str text = { 0 };
		struct err e = { 0 };
		struct entry out;

		ok(entries.next(entries.ctx, &out, &e) == 1 &&
			   entries.next(entries.ctx, &out, &e) == 1,
		   "a file with attributes");
		ok(out.has_xattrs, "it has them");
		is_num(out.uid, i ? getuid() : 3000000000,
		       "the owner an attribute tells");
		is_num(out.gid, i ? getgid() : 0, "the group it does not");
		ok(!entrytest_show(&out, &entries, &text, &e), "read");
		ok(text.len == strlen("f:x=@user.a=.b@user.z=last") &&
			   !memcmp(text.p, "f:x=@user.a=\0b@user.z=last",
				   text.len),
		   "sorted, without those that are not the image's");
		ok(entries.next(entries.ctx, &out, &e) == 1 && !out.has_xattrs,
		   "the next has none");
		ok(entries.next(entries.ctx, &out, &e) == 1 &&
			   out.type == ENTRY_HARDLINK && !out.has_xattrs,
		   "nor has another name");
		is_num(out.uid, i ? getuid() : 3000000000, "its owner");
	}
	must(!fsetxattr(x, ROOTLESS_NAME, "\x08", 1, 0), "setxattr");
	autostr char *text = list(t.root, DIRREAD_ROOT, NULL, &stats);

	is(text, "'x': user.rootlesscontainers: uid: ends in a number",
	   "an owner that can't be read");
}

/* A directory that is moved while we are in it is read on; what is put in its
 * place is not gone into. */
static void test_moved(void)
{
	AUTO(reading) struct reading d;
	int got;

	reading_init(&d);
	make_dir(d.t.root, "a");
	make_file(d.t.root, "a/x", "");
	must(next(&d) == 1 && next(&d) == 1, "read");
	must(!renameat(d.t.root, "a", d.t.root, "b"), "rename");
	must(!symlinkat("/etc", d.t.root, "a"), "symlink");
	ok(next(&d) == 1, "a directory that is moved");
	is(d.x.name, "a/x", "is read on");
	make_file(d.t.root, "a-not", "listed too late");
	while ((got = next(&d)) == 1)
		;
	is_num(got, 0, "up to the end");
}

static void test_forbidden(void)
{
	AUTO(tree_place) struct tree_place t = tree_place_new();
	struct dirread_stats stats = { 0 };

	if (!geteuid()) {
		tap_skip("forbidden files", "root may read all");
		return;
	}
	make_dir(t.root, "a");
	make_file(t.root, "a/x", "");
	must(!fchmodat(t.root, "a/x", 0, 0), "chmod");
	autostr char *file = list(t.root, DIRREAD_ROOT, NULL, &stats);

	is(file, "can't open 'a/x': Permission denied", "a file");
	must(!fchmodat(t.root, "a", 0, 0), "chmod");
	autostr char *dir = list(t.root, DIRREAD_ROOT, NULL, &stats);

	is(dir, "can't open 'a': Permission denied", "a directory");
}

/* Directories in one another, with a file before and behind each. */
static void make_deep(int root, int depth)
{
	autofd int at = dup(root);

	for (int i = 0; i < depth; i++) {
		make_dir(at, "d");
		make_file(at, "z", "");
		int fd = openat(at, "d", O_RDONLY | O_DIRECTORY);

		must(fd >= 0, "open");
		close(at);
		at = fd;
	}
}

static void test_deep(void)
{
	AUTO(reading) struct reading d;
	struct rlimit few = { 64, 64 };
	struct rlimit before;
	size_t n = 0;
	int got;

	reading_init(&d);
	getrlimit(RLIMIT_NOFILE, &before);
	make_deep(d.t.root, TREE_DEPTH_MAX);
	few.rlim_max = before.rlim_max;
	must(!setrlimit(RLIMIT_NOFILE, &few), "setrlimit");
	while ((got = next(&d)) == 1)
		n++;
	is_num(got, 0, "as deep as may be, with few descriptors");
	is(d.e.msg, "", "without an error");
	is_num((long long)n, 2 * TREE_DEPTH_MAX + 1, "every entry");
	must(!setrlimit(RLIMIT_NOFILE, &before), "setrlimit");
}

#define SIX "d/d/d/d/d/d/"

/* While we are deep down, what was on the way is another thing. The last names
 * on the way are kept open: there the way back goes on. */
static void test_swapped(bool is_link, const char *message)
{
	AUTO(tree_place) struct tree_place t = tree_place_new();
	struct dirread_stats stats = { 0 };
	AUTO(dirread)
	struct dirread *r = dirread_new(t.root, DIRREAD_ROOT, NULL, &stats);
	struct entries entries = dirread_entries(r);
	struct err e = { 0 };
	struct entry x;
	int got;

	make_deep(t.root, 40);
	for (int i = 0; i < 41; i++)
		must(entries.next(entries.ctx, &x, &e) == 1, "read");
	must(!renameat(t.root, "d", t.root, "away"), "rename");
	if (is_link)
		must(!symlinkat("away", t.root, "d"), "symlink");
	else
		make_dir(t.root, "d");
	while ((got = entries.next(entries.ctx, &x, &e)) == 1)
		must(!strncmp(x.name, "d/d/d/d", 7), "what was kept");
	is_num(got, -1, "the way back");
	is(e.msg, message, is_link ? "is a link" : "is another directory");
}

static void test_too_deep(void)
{
	AUTO(reading) struct reading d;

	reading_init(&d);
	make_deep(d.t.root, TREE_DEPTH_MAX + 1);
	while (next(&d) == 1)
		;
	is_num(d.e.kind, ERR_LIMIT, "too deep");
	ok(strstr(d.e.msg, "more than 2048 directories in one another"),
	   "the message says how deep");
}

/* Many files of two names each, whose table must grow, and give names up. */
static void test_many_links(void)
{
	AUTO(reading) struct reading d;
	const struct entry *x = &d.x;
	size_t good = 0;
	size_t n = 0;

	reading_init(&d);
	for (int i = 0; i < MANY; i++) {
		autostr char *a = str_fmt("a%d", i);
		autostr char *b = str_fmt("b%d", i);

		make_file(d.t.root, a, "");
		must(!linkat(d.t.root, a, d.t.root, b, 0), "link");
	}
	while (next(&d) == 1) {
		if (x->type != ENTRY_HARDLINK)
			continue;
		n++;
		good += x->name[0] == 'b' && x->link[0] == 'a' &&
			!strcmp(x->name + 1, x->link + 1);
	}
	is_num((long long)n, MANY, "many links");
	is_num((long long)good, MANY, "each of its own file");
}

/* In a namespace of its own: a tmpfs, and a bind mount of the same device. */
static int mounted(void)
{
	struct dirread_stats stats = { 0 };
	char tmpfs[64];
	char from[64];
	char to[64];

	if (unshare(CLONE_NEWUSER | CLONE_NEWNS))
		return 2;
	/* Mounts are seen through a descriptor of the new namespace only. */
	autofd int at = open("/proc/self/cwd", O_RDONLY | O_DIRECTORY);

	snprintf(tmpfs, sizeof(tmpfs), "/proc/self/fd/%d/m", at);
	snprintf(from, sizeof(from), "/proc/self/fd/%d/dir", at);
	snprintf(to, sizeof(to), "/proc/self/fd/%d/n", at);
	if (mount("none", tmpfs, "tmpfs", 0, NULL) ||
	    mount(from, to, NULL, MS_BIND, NULL))
		return 2;
	autostr char *text = list(at, DIRREAD_ROOT, NULL, &stats);
	bool good = !strcmp(text, "d:. d:dir f:dir/x= d:m d:n") &&
		    stats.mounts == 2;

	if (!good)
		printf("# %s (%d)\n", text, (int)stats.mounts);
	return !good;
}

static void test_mounts(void)
{
	AUTO(tree_place) struct tree_place t = tree_place_new();
	int status;

	make_dir(t.root, "m");
	make_dir(t.root, "n");
	make_dir(t.root, "dir");
	make_file(t.root, "dir/x", "");
	fflush(stdout);
	pid_t child = fork();

	if (!child)
		_exit(fchdir(t.root) ? 2 : mounted());
	must(waitpid(child, &status, 0) == child && WIFEXITED(status), "child");
	if (WEXITSTATUS(status) == 2)
		tap_skip("mount points", "no namespace or mount to be had");
	else
		is_num(WEXITSTATUS(status), 0, "mount points stay empty");
}

static void test_interrupted(void)
{
	AUTO(tree_place) struct tree_place t = tree_place_new();
	struct dirread_stats stats = { 0 };
	pid_t child;
	int status;

	fflush(stdout);
	child = fork();
	if (!child) {
		intr_init();
		raise(SIGTERM);
		autostr char *text = list(t.root, DIRREAD_ROOT, NULL, &stats);

		_exit(strcmp(text, "interrupted by SIGTERM") != 0);
	}
	must(waitpid(child, &status, 0) == child, "child");
	is_num(status, 0, "a signal stops it");
}

int main(void)
{
	test_kinds();
	test_socket();
	test_owner();
	test_time();
	test_attributes();
	test_moved();
	test_forbidden();
	test_deep();
	test_swapped(true, "can't come back to the directory of '" SIX SIX SIX
			   SIX "z': Not a directory");
	test_swapped(false,
		     "'" SIX SIX SIX SIX "z' changed while it was read");
	test_too_deep();
	test_many_links();
	test_mounts();
	test_interrupted();
	return tap_done();
}
