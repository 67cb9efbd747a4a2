/* t_apply.c - a plan carried out for real, in every way that kernels force on
 * us: with and without the newer mount calls, overlays and pivot_root.
 * SPDX-License-Identifier: Apache-2.0
 *
 * An image is made in a temporary directory and entered by a child process,
 * which then looks around and sends its report back through a pipe. Skipped
 * where user namespaces are not allowed.
 */
#include "config.h"

#include "base/dir.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "run/apply.h"
#include "run/facts.h"
#include "run/imgroot.h"
#include "run/plan.h"

#include "tap.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>

#define MANY 20 /* entries of /many, enough for an overlay */

static char *base; /* the temporary directory */

static char *in_base(const char *name)
{
	return str_fmt("%s/%s", base, name);
}

static void put_dir(const char *name)
{
	autostr char *path = in_base(name);

	if (mkdir(path, 0755))
		printf("Bail out! mkdir '%s'\n", path), exit(1);
}

static void put_file(const char *name, const char *text)
{
	autostr char *path = in_base(name);
	autofile FILE *f = fopen(path, "w");

	if (!f || fputs(text, f) < 0)
		printf("Bail out! write '%s'\n", path), exit(1);
}

static void put_link(const char *name, const char *to)
{
	autostr char *path = in_base(name);

	if (symlink(to, path))
		printf("Bail out! symlink '%s'\n", path), exit(1);
}

static void make_world(void)
{
	static const char *const dirs[] = {
		"img",      "img/etc",       "img/etc/ssl", "img/proc",
		"img/some", "img/some/deep", "img/many",    "img/out",
		"host",     "host/sub",      "img/srv",
	};

	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
		put_dir(dirs[i]);
	put_file("img/etc/passwd", "root:x:0:0::/root:/bin/sh\n");
	put_file("img/etc/group", "root:x:0:\n");
	put_file("img/some/deep/old", "old");
	put_file("img/etc/ssl/cert", "cert");
	put_link("img/etc/link", "ssl/cert");
	put_link("img/etc/replaced", "../../../outside");
	put_link("img/leads", "/some/deep");
	put_link("img/climbs", "../../../../../../tmp");
	put_file("host/file", "from host");
	put_file("host/sub/x", "x");
	for (int i = 0; i < MANY; i++) {
		autostr char *name = str_fmt("img/many/%d", i);

		put_file(name, "m");
	}
}

/* "PATH: content", "PATH: ERROR" */
static void report_file(struct str *out, const char *path)
{
	AUTO(str) struct str text = { 0 };
	struct err e = { 0 };
	autofd int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		str_addf(out, "%s: %s\n", path, strerror(errno));
	else if (io_read_all(fd, 4096, path, &text, &e))
		str_addf(out, "%s: %s\n", path, e.msg);
	else
		str_addf(out, "%s: %s\n", path, str_text(&text));
}

static void report_count(struct str *out, const char *path)
{
	AUTO(strlist) struct strlist names = { 0 };
	struct err e = { 0 };
	autofd int fd = dir_open(path, &e);

	if (fd < 0 || dir_list(fd, &names, &e))
		str_addf(out, "%s: %s\n", path, e.msg);
	else
		str_addf(out, "%s: %zu entries\n", path, names.n);
}

static void report_write(struct str *out, const char *dir)
{
	autostr char *path = str_fmt("%s/.w", dir);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

	str_addf(out, "write %s: %s\n", dir, fd < 0 ? strerror(errno) : "yes");
	if (fd < 0)
		return;
	close(fd);
	unlink(path);
}

static void report_up(struct str *out)
{
	struct stat root, up;

	if (stat("/", &root) || stat("/..", &up))
		str_add(out, "no root\n");
	else if (root.st_ino != up.st_ino || root.st_dev != up.st_dev)
		str_add(out, "/.. is not /\n");
}

static void report(struct str *out)
{
	struct statvfs fs;

	report_up(out);
	report_file(out, "/etc/newfile");
	report_file(out, "/etc/replaced");
	report_file(out, "/etc/link");
	report_file(out, "/some/deep/new/dir/x");
	report_file(out, "/some/deep/old");
	report_file(out, "/top/level/x");
	report_file(out, "/many/file");
	report_file(out, "/tmp/here/x");
	report_count(out, "/many");
	report_count(out, "/etc");
	report_write(out, "/");
	report_write(out, "/etc");
	report_write(out, "/many");
	report_write(out, "/some/deep");
	report_write(out, "/top/level");
	report_write(out, "/srv");
	if (!statvfs("/etc/ssl", &fs) && !(fs.f_flag & ST_NOSUID))
		str_add(out, "the image is not nosuid\n");
}

static const char *const wanted = "/etc/newfile: from host\n"
				  "/etc/replaced: from host\n"
				  "/etc/link: cert\n"
				  "/some/deep/new/dir/x: x\n"
				  "/some/deep/old: old\n"
				  "/top/level/x: x\n"
				  "/many/file: from host\n"
				  "/tmp/here/x: x\n"
				  "/many: 21 entries\n"
				  "/etc: 6 entries\n"
				  "write /: Read-only file system\n"
				  "write /etc: Read-only file system\n"
				  "write /many: Read-only file system\n"
				  "write /some/deep: Read-only file system\n"
				  "write /top/level: yes\n"
				  "write /srv: Read-only file system\n";

/* Each makes a mount point that is missing, in another way. */
static void add_binds(struct run_options *o, struct strlist *keep, bool is_host)
{
	if (is_host) {
		strlist_addf(keep, "%s/host/sub:/etc/t_apply", base);
		opt_list_add(&o->binds, "bind", keep->v[0]);
		return;
	}
	strlist_addf(keep, "%s/host/file:/etc/newfile", base);
	strlist_addf(keep, "%s/host/file:/etc/replaced", base);
	strlist_addf(keep, "%s/host/sub:/leads/new/dir", base);
	strlist_addf(keep, "%s/host/sub:/top/level", base);
	strlist_addf(keep, "%s/host/file:/many/file", base);
	strlist_addf(keep, "%s/host/sub:/climbs/here", base);
	strlist_addf(keep, "%s/host/sub:/srv:ro", base);
	for (size_t i = 0; i < keep->n; i++)
		opt_list_add(&o->binds, "bind", keep->v[i]);
}

/* As if it had been unpacked, if WATCH is a descriptor. The other end of the
 * socket stays open. */
static int open_image(struct imgroot *image, const struct run_options *o,
		      int watch, struct err *e)
{
	int pair[2];

	if (imgroot_open(image, o, e))
		return -1;
	if (watch < 0)
		return 0;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return err_sys(e, "socketpair");
	image->copy = (struct unpacked){
		.memory = -1,
		.path = xstrdup(o->image),
		.watch = watch,
		.remover = pair[0],
	};
	return 0;
}

static int plan_and_apply(struct run_options *o, int watch, struct err *e)
{
	AUTO(facts) struct facts f = { 0 };
	AUTO(imgroot) struct imgroot image = IMGROOT_INIT;
	AUTO(plan) struct plan p = { 0 };
	struct strlist no_file = { 0 };
	struct env_sources env = {
		.host = &f.host.env,
		.image = &f.image.env,
		.rules = &o->env,
		.files = &no_file,
	};
	struct plan_facts known = {
		.host = &f.host,
		.wants = &f.wants,
		.env = &env,
		.image = &f.image,
		.passwd = "",
		.group = "",
		.shell = "/bin/sh",
	};

	return facts_caller(&f, o, e) || facts_host(&f, o, e) ||
			       open_image(&image, o, watch, e) ||
			       facts_image(&f, o, image.fd, e) ||
			       plan_make(&p, o, &known, e) ||
			       apply_plan(&p, &o->how, &image, e)
		       ? -1
		       : 0;
}

/* The host's own root as the image: a new entry in /etc, beside the others. */
static void report_host(struct str *out)
{
	report_up(out);
	report_file(out, "/etc/t_apply/x");
	str_addf(out, "/etc/passwd: %s\n",
		 access("/etc/passwd", R_OK) ? "no" : "yes");
}

static const char *const wanted_host = "/etc/t_apply/x: x\n"
				       "/etc/passwd: yes\n";

static bool has_event(int watch)
{
	struct pollfd p = { .fd = watch, .events = POLLIN };

	return poll(&p, 1, 0) > 0;
}

/* In the child: enter and tell what is seen. */
static void child(int fd, struct run_how how, bool is_host, int watch)
{
	autostr char *image = is_host ? xstrdup("/") : in_base("img");
	char *none[] = { NULL };
	struct run_options o = {
		.image = image,
		.command = none,
		.how = how,
	};
	AUTO(strlist) struct strlist keep = { 0 };
	AUTO(str) struct str out = { 0 };
	struct err e = { 0 };

	opt_list_add(&o.no_default, "no-default", "all");
	add_binds(&o, &keep, is_host);
	if (plan_and_apply(&o, watch < 0 ? -1 : dup(watch), &e))
		str_add(&out, e.msg);
	else if (is_host)
		report_host(&out);
	else
		report(&out);
	if (watch >= 0 && has_event(watch))
		str_add(&out, "it is told to have ended\n");
	opt_list_clear(&o.binds);
	opt_list_clear(&o.no_default);
	if (io_write(fd, str_text(&out), out.len, "report", &e))
		_exit(1);
}

/* The child has ended, and with it a file system that WATCH is for. */
static void test_told(int watch, const char *what)
{
	struct pollfd p = { .fd = watch, .events = POLLIN };
	struct inotify_event event = { 0 };

	ok(poll(&p, 1, 10000) == 1 &&
		   read(watch, &event, sizeof event) == sizeof event &&
		   event.mask & IN_UNMOUNT,
	   "%s: the end is told", what);
}

static void test_way(struct run_how how, bool is_host, bool is_watched)
{
	autostr char *what =
		str_fmt("%s, %s, %s%s", how.classic ? "mount" : "open_tree",
			how.no_overlay ? "assembled" : "overlay",
			how.no_pivot ? "no pivot" : "pivot",
			is_watched ? ", watched" : "");
	autofd int watch = is_watched ? inotify_init1(IN_CLOEXEC) : -1;
	AUTO(str) struct str got = { 0 };
	struct err e = { 0 };
	int fds[2], status;
	pid_t pid;

	if (pipe(fds) || (pid = fork()) < 0)
		printf("Bail out! no child\n"), exit(1);
	if (!pid) {
		child(fds[1], how, is_host, watch);
		_exit(0);
	}
	close(fds[1]);
	if (io_read_all(fds[0], 65536, "report", &got, &e))
		str_add(&got, e.msg);
	close(fds[0]);
	waitpid(pid, &status, 0);
	is(str_text(&got), is_host ? wanted_host : wanted, what);
	if (is_watched)
		test_told(watch, what);
}

static bool can_unshare(void)
{
	pid_t pid = fork();
	int status = 1;

	if (!pid)
		_exit(unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0);
	waitpid(pid, &status, 0);
	return !status;
}

/* The image is as it was: nothing was made in it. */
static void test_untouched(void)
{
	static const char *const none[] = {
		"img/top",       "img/etc/newfile", "img/some/deep/new",
		"img/many/file", "img/tmp",
	};

	for (size_t i = 0; i < ARRAY_SIZE(none); i++) {
		autostr char *path = in_base(none[i]);
		struct stat st;

		ok(lstat(path, &st) && errno == ENOENT, "no '%s'", none[i]);
	}
}

static void clean_up(void)
{
	struct err e = { 0 };

	autostr char *parent = path_dir(base);
	autofd int fd = dir_open(parent, &e);

	if (fd < 0 || dir_remove(fd, path_base(base), &e))
		ok(false, "%s", e.msg);
	free(base);
}

int main(void)
{
	const char *tmp = getenv("TMPDIR");

	if (!can_unshare()) {
		tap_skip("apply", "no user namespaces here");
		return tap_done();
	}
	base = str_fmt("%s/t_apply.XXXXXX", tmp ? tmp : "/tmp");
	if (!mkdtemp(base))
		return 1;
	make_world();
	for (unsigned i = 0; i < 32; i++) {
		struct run_how how = {
			.classic = i & 1,
			.no_overlay = i & 2,
			.no_pivot = i & 4,
		};

		test_way(how, i & 8, i & 16);
	}
	test_untouched();
	clean_up();
	return tap_done();
}
