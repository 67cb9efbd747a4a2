/* t_disk.c - tests of layer/disk.c: modes, times, attributes and links as they
 * end up on disk, whatever the place does to them.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "layer/disk.h"

#include "forbid.h"
#include "layertest.h"

#include <sys/wait.h>
#include <sys/xattr.h>

// clang-format off
static const struct mktar modes[] = {
	{ '5', ".", NULL, NULL, 0555, 11 },
	{ '5', "d000/", NULL, NULL, 01000, 12 },
	{ '5', "d777", NULL, NULL, 0777, 13 },
	{ '5', "sticky", NULL, NULL, 01777, 14 },
	{ '5', "setgid", NULL, NULL, 02775, 15 },
	{ '5', "again", NULL, NULL, 0700, 16 },
	{ '0', "d000/f", NULL, "x", 0100000, 17 },
	{ '0', "f777", NULL, "x", 0777, 18 },
	{ '0', "f644", NULL, "x", 0644, 19 },
	{ '0', "f222", NULL, "x", 0222, 20 },
	{ '0', "setuid", NULL, "x", 04755, 21 },
	{ '0', "fsticky", NULL, "x", 01666, 22 },
	{ '6', "fifo", NULL, NULL, 0666, 23 },
	{ '0', "implied/f", NULL, "x", 0640, 24 },
	{ '0', "high", NULL, "x", 0100644, 25 },
	MK_NEXT,
	{ '5', "again", NULL, NULL, 0755, 26 },
	{ '5', "d777/new", NULL, NULL, 0711, 27 },
	MK_END,
};

static const struct {
	const char *name;
	unsigned mode;
	int64_t mtime; /* 0: any */
} want[] = {
	{ ".", 0755, 11 },        { "d000", 01700, 12 },
	{ "d777", 0777, 13 },     { "sticky", 01777, 14 },
	{ "setgid", 0775, 15 },   { "again", 0755, 26 },
	{ "d000/f", 0400, 17 },   { "f777", 0777, 18 },
	{ "f644", 0644, 19 },     { "f222", 0622, 20 },
	{ "setuid", 0755, 21 },   { "fsticky", 01666, 22 },
	{ "fifo", 0666, 23 },     { "implied", 0755, 0 },
	{ "implied/f", 0640, 24 },{ "high", 0644, 25 },
	{ "d777/new", 0711, 27 },
};
// clang-format on

static void check_modes(const struct place *p, const char *what)
{
	AUTO(layers) struct layers l = { 0 };
	struct unpack_stats stats;
	struct err e = { 0 };
	autofd int root = openat(p->fd, "root", O_RDONLY | O_DIRECTORY);
	int bad = 0;

	layers_build(&l, modes);
	if (!ok(!place_unpack(p, &l, &stats, &e), "unpack %s", what))
		printf("#   %s\n", e.msg);
	for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
		struct stat st = { 0 };
		int failed =
			fstatat(root, want[i].name, &st, AT_SYMLINK_NOFOLLOW);

		if (!failed && (st.st_mode & 07777) == want[i].mode &&
		    (!want[i].mtime || st.st_mtim.tv_sec == want[i].mtime))
			continue;
		bad++;
		printf("# %s: mode %o, time %lld\n", want[i].name,
		       st.st_mode & 07777, (long long)st.st_mtim.tv_sec);
	}
	is_num(bad, 0, "modes and times are exact");
	is_num((long long)stats.setids, 2, "set-ID bits are counted");
	ok(place_is_safe(p), "nothing else was touched");
}

static void test_umasks(void)
{
	static const mode_t masks[] = { 0, 022, 077, 0777 };

	for (size_t i = 0; i < ARRAY_SIZE(masks); i++) {
		AUTO(place) struct place p = place_new();
		autostr char *what = str_fmt("under umask %o", masks[i]);
		mode_t old = umask(masks[i]);

		check_modes(&p, what);
		umask(old);
	}
}

/* A project directory whose group its members share. */
static void test_setgid_place(void)
{
	AUTO(place) struct place p = place_new();

	if (fchmodat(p.fd, "root", 02700, 0))
		abort();
	check_modes(&p, "below a set-group-ID directory");
}

/* A default ACL takes the umask's place: here it gives the group and others
 * nothing. The format is linux/posix_acl_xattr.h's. */
static void test_default_acl(void)
{
	static const unsigned char acl[] = {
		2,    0, 0, 0,                         /* version */
		1,    0, 7, 0, 0xff, 0xff, 0xff, 0xff, /* owner */
		4,    0, 0, 0, 0xff, 0xff, 0xff, 0xff, /* group */
		0x20, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, /* others */
	};
	AUTO(place) struct place p = place_new();
	autofd int root = openat(p.fd, "root", O_RDONLY | O_DIRECTORY);

	if (fsetxattr(root, "system.posix_acl_default", acl, sizeof(acl), 0)) {
		tap_skip("below a default ACL", "no ACLs here");
		return;
	}
	check_modes(&p, "below a default ACL");
}

static void test_times(void)
{
	static const struct mktar entries[] = {
		MK_PAX("mtime=1234567890.123456789\n"),
		MK_FILE("f", "x"),
		MK_PAX("mtime=1234567890.5\n"),
		MK_SYM("s", "f"),
		MK_PAX("mtime=-3600\n"),
		MK_FILE("old", "x"),
		MK_PAX("mtime=99999999999999999999\n"),
		MK_FILE("far", "x"),
		MK_PAX("mtime=1000.25\n"),
		MK_DIR("d"),
		MK_FILE("d/f", "x"),
		MK_NEXT,
		MK_FILE("d/g", "x"),
		MK_FILE("d/.wh.f", ""),
		MK_END,
	};
	AUTO(layers) struct layers l = { 0 };
	AUTO(place) struct place p = place_new();
	autofd int root = openat(p.fd, "root", O_RDONLY | O_DIRECTORY);
	struct unpack_stats stats;
	struct err e = { 0 };
	struct stat st = { 0 };

	layers_build(&l, entries);
	ok(!place_unpack(&p, &l, &stats, &e), "unpack: %s", e.msg);
	fstatat(root, "f", &st, 0);
	is_num(st.st_mtim.tv_sec, 1234567890, "a file's seconds");
	is_num(st.st_mtim.tv_nsec, 123456789, "and nanoseconds");
	fstatat(root, "s", &st, AT_SYMLINK_NOFOLLOW);
	is_num(st.st_mtim.tv_nsec, 500000000, "a symlink's nanoseconds");
	fstatat(root, "old", &st, 0);
	is_num(st.st_mtim.tv_sec, -3600, "before 1970");
	is_num((long long)stats.times, 1, "a time out of range is counted");
	fstatat(root, "d", &st, 0);
	is_num(st.st_mtim.tv_sec, 1000,
	       "a directory's time outlives changes in it");
	is_num(st.st_mtim.tv_nsec, 250000000, "to the nanosecond");
}

static char *xattr_of(int root, const char *path, const char *name)
{
	autofd int fd = openat(root, path, O_RDONLY);
	char value[100] = "";
	ssize_t n = fgetxattr(fd, name, value, sizeof(value) - 1);

	return n < 0 ? NULL : xstrdup(value);
}

static void test_xattrs(void)
{
	static const struct mktar entries[] = {
		MK_PAX("SCHILY.xattr.user.a=schily\n"
		       "SCHILY.xattr.user.overlay.opaque=y\n"
		       "LIBARCHIVE.xattr.user.b=bGlic3R5bGU\n"),
		{ '0', "f", NULL, "x", 0444, 0 },
		MK_PAX("SCHILY.xattr.user.a=old\n"),
		MK_DIR("d"),
		MK_PAX("SCHILY.xattr.user.a=gone\n"),
		MK_DIR("w"),
		MK_FILE("w/f", "x"),
		MK_NEXT,
		MK_PAX("SCHILY.xattr.user.c=new\n"),
		MK_DIR("d"),
		MK_FILE(".wh.w", ""),
		MK_FILE("w/g", "x"),
		MK_END,
	};
	static const struct {
		const char *path;
		const char *name;
		const char *value;
	} cases[] = {
		{ "f", "user.a", "schily" },
		{ "f", "user.b", "libstyle" },
		{ "f", "user.overlay.opaque", NULL },
		{ "d", "user.a", NULL },
		{ "d", "user.c", "new" },
		{ "w", "user.a", NULL },
	};
	AUTO(layers) struct layers l = { 0 };
	AUTO(place) struct place p = place_new();
	autofd int root = openat(p.fd, "root", O_RDONLY | O_DIRECTORY);
	struct unpack_stats stats;
	struct err e = { 0 };
	struct stat st = { 0 };
	bool works = !fsetxattr(root, "user.test", "x", 1, 0);

	fremovexattr(root, "user.test");
	layers_build(&l, entries);
	ok(!place_unpack(&p, &l, &stats, &e), "unpack: %s", e.msg);
	fstatat(root, "f", &st, 0);
	is_num(st.st_mode & 07777, 0444, "mode of a file with attributes");
	if (!works) {
		is_num((long long)stats.xattrs, 5, "attributes are counted");
		tap_skip("attributes", "no user.* attributes here");
		return;
	}
	is_num((long long)stats.xattrs, 0, "no attribute was lost");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		autostr char *what =
			str_fmt("%s of %s", cases[i].name, cases[i].path);
		autostr char *got =
			xattr_of(root, cases[i].path, cases[i].name);

		is(got, cases[i].value, what);
	}
}

static void test_sparse(void)
{
	static const struct mktar entries[] = {
		MK_PAX("GNU.sparse.map=1000000,5\n"
		       "GNU.sparse.size=3000000000\n"),
		MK_FILE("big", "abcde"),
		MK_PAX("GNU.sparse.numblocks=0\nGNU.sparse.size=1000000\n"),
		MK_FILE("hole", ""),
		MK_END,
	};
	AUTO(layers) struct layers l = { 0 };
	AUTO(place) struct place p = place_new();
	autofd int root = openat(p.fd, "root", O_RDONLY | O_DIRECTORY);
	struct unpack_stats stats;
	struct err e = { 0 };
	struct stat st = { 0 };
	char got[6] = "";

	layers_build(&l, entries);
	ok(!place_unpack(&p, &l, &stats, &e), "unpack: %s", e.msg);
	fstatat(root, "big", &st, 0);
	is_num(st.st_size, 3000000000, "length of a file of holes");
	ok(st.st_blocks < 1000, "holes take no room");
	autofd int fd = openat(root, "big", O_RDONLY);

	ok(pread(fd, got, 5, 1000000) == 5, "content behind a hole");
	is(got, "abcde", "and what it is");
	fstatat(root, "hole", &st, 0);
	is_num(st.st_size, 1000000, "nothing but a hole");
	is_num((long long)stats.bytes, 5, "bytes written");
}

static const struct mktar linked[] = {
	{ '0', "f", NULL, "content", 0640, 1000 },
	MK_SYM("s", "target"),
	{ '6', "p", NULL, NULL, 0622, 1000 },
	MK_HARD("d/f2", "f"),
	MK_HARD("s2", "s"),
	MK_HARD("p2", "p"),
	MK_NEXT,
	MK_HARD("f3", "d/f2"),
	MK_END,
};

/* Bits of what is wrong with copies of LINKED, where link(2) fails with CODE;
 * in a process of its own. */
static int wrong_without_links(int code)
{
	AUTO(layers) struct layers l = { 0 };
	AUTO(place) struct place p = place_new();
	struct unpack_stats stats;
	struct err e = { 0 };
	struct stat st = { 0 };
	char target[10] = "";
	int wrong = 0;

	layers_build(&l, linked);
	if (forbid(SYS_linkat, code))
		return 1;
	if (place_unpack(&p, &l, &stats, &e)) {
		fprintf(stderr, "# %s\n", e.msg);
		return 2;
	}
	for (int i = 0; i < 2; i++)
		if (fstatat(p.fd, i ? "root/f3" : "root/d/f2", &st,
			    AT_SYMLINK_NOFOLLOW) ||
		    !S_ISREG(st.st_mode) || st.st_nlink != 1 ||
		    st.st_size != 7 || (st.st_mode & 07777) != 0640 ||
		    st.st_mtim.tv_sec != 1000)
			wrong |= 4;
	if (readlinkat(p.fd, "root/s2", target, sizeof(target)) != 6 ||
	    memcmp(target, "target", 6))
		wrong |= 8;
	if (fstatat(p.fd, "root/p2", &st, AT_SYMLINK_NOFOLLOW) ||
	    !S_ISFIFO(st.st_mode) || (st.st_mode & 07777) != 0622)
		wrong |= 16;
	return wrong;
}

/* Row T25: no more links to one file, none at all, none between directories. */
static void test_no_links(void)
{
	static const int codes[] = { EMLINK, EPERM, EXDEV, EOPNOTSUPP };

	for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
		int status = -1;

		fflush(stdout);
		pid_t pid = fork();

		if (!pid)
			_exit(wrong_without_links(codes[i]));
		waitpid(pid, &status, 0);
		ok(!status, "link(2) says '%s': copied, status 0x%x",
		   strerror(codes[i]), (unsigned)status);
	}
}

/* More names than the file system gives one file: the rest are copies. Without
 * such a limit here there is nothing to see but that all are there. */
static void test_many_links(void)
{
	AUTO(layers) struct layers l = { .n = 1 };
	AUTO(place) struct place p = place_new();
	struct unpack_stats stats;
	struct err e = { 0 };
	int bad = 0;

	mktar_add(&l.tar[0],
		  &(struct mktar){ '0', "f", NULL, "content", 0640, 1000 });
	for (int i = 0; i < 66000; i++) {
		char name[20];

		snprintf(name, sizeof(name), "%d/%d", i / 1000, i);
		mktar_add(&l.tar[0], &(struct mktar)MK_HARD(name, "f"));
	}
	mktar_end(&l.tar[0]);
	ok(!place_unpack(&p, &l, &stats, &e), "66000 hard links: %s", e.msg);
	for (int i = 0; i < 66000; i += 997) {
		struct stat st = { 0 };
		char name[30];

		snprintf(name, sizeof(name), "root/%d/%d", i / 1000, i);
		bad += fstatat(p.fd, name, &st, AT_SYMLINK_NOFOLLOW) ||
		       st.st_size != 7 || (st.st_mode & 07777) != 0640 ||
		       st.st_mtim.tv_sec != 1000;
	}
	is_num(bad, 0, "all with the same content, mode and time");
}

/* Row T48. Creation never takes what is there already, be it a link to the outside: here
 * somebody else puts one in the way, as a file system would that takes "A" for
 * "a". */
static void test_in_the_way(void)
{
	static const struct {
		struct mktar entries[3];
		const char *part;
	} cases[] = {
		{ { MK_FILE("x", "new") }, "another spelling" },
		{ { MK_DIR("x") }, "another spelling" },
		{ { MK_SYM("x", "y") }, "another spelling" },
		{ { MK_FIFO("x") }, "another spelling" },
		{ { MK_FILE("f", "1"), MK_HARD("x", "f") },
		  "another spelling" },
		{ { MK_FILE("x/y", "1") }, "another spelling" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO(layers) struct layers l = { 0 };
		AUTO(place) struct place p = place_new();
		struct unpack_stats stats;
		struct err e = { 0 };

		layers_build(&l, cases[i].entries);
		if (symlinkat("../canary/keep", p.fd, "root/x"))
			abort();
		ok(place_unpack(&p, &l, &stats, &e) &&
			   e.kind == ERR_UNSUPPORTED &&
			   strstr(e.msg, cases[i].part),
		   "%s", e.msg);
		ok(place_is_safe(&p), "what it leads to was not touched");
	}
}

/* Where there are no hard links, a copy has what the file has. Last: from here
 * on there are none. */
static void test_copies(void)
{
	static const struct mktar entries[] = {
		MK_PAX("GNU.sparse.map=1000000,5\n"
		       "GNU.sparse.size=3000000000\n"
		       "SCHILY.xattr.user.a=value\n"),
		{ '0', "f", NULL, "abcde", 0440, 1000 },
		MK_HARD("d/copy", "f"),
		MK_SYM("s", "f"),
		MK_HARD("d/s", "s"),
		MK_END,
	};
	AUTO(layers) struct layers l = { 0 };
	AUTO(place) struct place p = place_new();
	autofd int root = openat(p.fd, "root", O_RDONLY | O_DIRECTORY);
	struct unpack_stats stats;
	struct err e = { 0 };
	struct stat st = { 0 };
	char got[6] = "";
	bool works = !fsetxattr(root, "user.test", "x", 1, 0);

	fremovexattr(root, "user.test");
	if (forbid(SYS_linkat, EXDEV)) {
		tap_skip("copies", "no seccomp here");
		return;
	}
	layers_build(&l, entries);
	ok(!place_unpack(&p, &l, &stats, &e), "no hard links here: %s", e.msg);
	fstatat(root, "d/copy", &st, 0);
	is_num(st.st_nlink, 1, "a copy");
	is_num(st.st_size, 3000000000, "as long");
	ok(st.st_blocks < 1000, "with holes");
	is_num(st.st_mode & 07777, 0440, "its mode");
	is_num(st.st_mtim.tv_sec, 1000, "and time");
	autofd int fd = openat(root, "d/copy", O_RDONLY);

	ok(pread(fd, got, 5, 1000000) == 5, "content");
	is(got, "abcde", "and what it is");
	autostr char *value = xattr_of(root, "d/copy", "user.a");

	is(value, works ? "value" : NULL, "attributes");
	ok(!fstatat(root, "d/s", &st, AT_SYMLINK_NOFOLLOW) &&
		   S_ISLNK(st.st_mode),
	   "a symlink");
}

int main(void)
{
	test_umasks();
	test_setgid_place();
	test_default_acl();
	test_times();
	test_xattrs();
	test_sparse();
	test_no_links();
	test_many_links();
	test_in_the_way();
	test_copies();
	return tap_done();
}
