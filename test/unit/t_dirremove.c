/* t_dirremove.c - tests of base/dirremove.c.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/dir.h"
#include "base/str.h"

#include "tap.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

static void must(bool good, const char *what)
{
	if (good)
		return;
	perror(what);
	abort();
}

/* DEPTH directories one in another, each with a file; no path is that long. */
static void dig(int dir, const char *name, int depth, mode_t mode)
{
	autofd int at = -1;

	for (int i = 0; i < depth; i++) {
		int from = at < 0 ? dir : at;

		must(!mkdirat(from, i ? "d" : name, 0700), "mkdir");
		int fd = openat(from, i ? "d" : name,
				O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		must(fd >= 0 && !mknodat(fd, "f", S_IFREG | 0600, 0), "dig");
		if (at >= 0) {
			fchmod(at, mode);
			close(at);
		}
		at = fd;
	}
	fchmod(at, mode);
}

static void test_deep(int dir)
{
	struct rlimit old;
	struct rlimit few = { .rlim_cur = 16 };
	struct err e = { 0 };

	getrlimit(RLIMIT_NOFILE, &old);
	few.rlim_max = old.rlim_max;
	dig(dir, "deep", 3000, 0700);
	setrlimit(RLIMIT_NOFILE, &few);
	ok(!dir_remove(dir, "deep", &e), "depth 3000 %s", e.msg);
	setrlimit(RLIMIT_NOFILE, &old);
	ok(faccessat(dir, "deep", F_OK, 0), "all of it is gone");
	dig(dir, "closed-deep", 50, 0);
	ok(!dir_remove(dir, "closed-deep", &e), "all mode 000 %s", e.msg);
	dig(dir, "ro-deep", 50, 0555);
	ok(!dir_remove(dir, "ro-deep", &e), "all mode 555 %s", e.msg);
}

static void test_names(int dir)
{
	static const char *const bad[] = { "", ".", "..", "a/b", "/", "a/" };
	struct err e = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		is_num(dir_remove(dir, bad[i], &e), -1, bad[i]);
	is(e.msg, "can't remove 'a/': not the name of an entry", "message");
	ok(!dir_remove(dir, "missing", &e), "missing is success");
}

static void test_links(int dir)
{
	struct err e = { 0 };

	must(!mkdirat(dir, "a", 0700) && !mkdirat(dir, "a/b", 0700), "a");
	must(!mkdirat(dir, "wide", 0700), "wide");
	must(!symlinkat("../a", dir, "wide/to-a"), "wide/to-a");
	must(!symlinkat("..", dir, "wide/up"), "wide/up");
	must(!mkfifoat(dir, "wide/fifo", 0600), "wide/fifo");
	for (int i = 0; i < 500; i++) {
		autostr char *name = str_fmt("wide/%d", i);

		must(!(i % 2 ? mkdirat(dir, name, 0700)
			     : mknodat(dir, name, S_IFREG | 0600, 0)),
		     name);
	}
	ok(!dir_remove(dir, "wide", &e), "many %s", e.msg);
	must(!symlinkat("a", dir, "victim"), "victim");
	ok(!dir_remove(dir, "victim", &e), "a link itself %s", e.msg);
	ok(faccessat(dir, "wide", F_OK, 0) &&
		   faccessat(dir, "victim", F_OK, AT_SYMLINK_NOFOLLOW),
	   "they are gone");
	ok(!faccessat(dir, "a/b", F_OK, 0), "nothing behind a link is");
}

static void spit(const char *path, const char *text)
{
	autofd int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd >= 0 && write(fd, text, strlen(text)) < 0)
		perror(path);
}

/* In a mount namespace of our own: 0 if all is as it should be, 77 if there
 * can be none. SOURCE is bound into the tree, or a tmpfs is. */
static int try_mount(const char *top, const char *source)
{
	autostr char *at = str_fmt("%s/mounted/in", top);
	autostr char *from = str_fmt("%s/%s", top, source ? source : "");
	autostr char *map = str_fmt("%d %d 1", geteuid(), geteuid());
	autostr char *gid_map = str_fmt("%d %d 1", getegid(), getegid());
	struct err e = { 0 };

	if (unshare(CLONE_NEWUSER | CLONE_NEWNS))
		return 77;
	spit("/proc/self/uid_map", map);
	spit("/proc/self/setgroups", "deny");
	spit("/proc/self/gid_map", gid_map);
	if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount(source ? from : "none", at, "tmpfs", source ? MS_BIND : 0,
		  NULL))
		return 77;
	autostr char *kept = str_fmt("%s/kept", at);

	close(open(kept, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	/* Our own descriptor is still in the old namespace's mount. */
	autofd int own = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (!dir_remove(own, "mounted", &e))
		return 1;
	if (strcmp(e.msg, "can't remove 'mounted/in': something is mounted "
			  "there"))
		return 2;
	return access(kept, F_OK) ? 3 : 0;
}

static void test_mounts(int dir, const char *top)
{
	static const char *const sources[] = { NULL, "source" };
	struct err e = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(sources); i++) {
		int status = -1;

		must(!mkdirat(dir, "mounted", 0700) &&
			     !mkdirat(dir, "mounted/in", 0700) &&
			     !mkdirat(dir, "source", 0700),
		     "mounted");
		pid_t pid = fork();

		if (!pid)
			_exit(try_mount(top, sources[i]));
		waitpid(pid, &status, 0);
		if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
			tap_skip("a mount in the tree", "no user namespace");
		else
			is_num(status, 0,
			       i ? "a bind mount stops removal"
				 : "a tmpfs stops removal");
		ok(!dir_remove(dir, "mounted", &e) &&
			   !dir_remove(dir, "source", &e),
		   "without it all goes %s", e.msg);
	}
}

int main(void)
{
	const char *base = getenv("TMPDIR");
	autostr char *top = NULL;
	struct err e = { 0 };

	base = base ? base : "/tmp";
	top = str_fmt("%s/t_dirremove.XXXXXX", base);
	must(mkdtemp(top), top);
	autofd int above = dir_open(base, &e);
	autofd int dir = dir_open(top, &e);

	test_deep(dir);
	test_names(dir);
	test_links(dir);
	test_mounts(dir, top);
	ok(!dir_remove(above, strrchr(top, '/') + 1, &e), "clean %s", e.msg);
	return tap_done();
}
