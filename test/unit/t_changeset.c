/* t_changeset.c - tests of layer/changeset.c: what entries, good and hostile,
 * make of a tree on disk.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "layer/changeset.h"

#include "layertest.h"

#define ESC "\x1b[31m"

// clang-format off
static const struct {
	const char *what;
	struct mktar entries[12];
	const char *want; /* or the error's text */
	bool is_error;
} cases[] = {
	/* Names. */
	{ "absolute path", { MK_FILE("/etc/passwd", "x") },
	  "etc/ etc/passwd=x", false },
	{ "dot dot", { MK_FILE("../canary/keep", "x") }, "'../canary/keep': '..'",
	  true },
	{ "dot dot inside", { MK_DIR("a"), MK_FILE("a/../../canary/x", "") },
	  "'..' in the name", true },
	{ "dot dot in a GNU name",
	  { MK_LONG("../canary/keep"), MK_FILE("x", "") }, "'..'", true },
	{ "dot dot in a PAX name",
	  { MK_PAX("path=a/../../canary/keep\n"), MK_FILE("x", "") }, "'..'",
	  true },
	{ "directory dot dot", { MK_DIR("..") }, "'..'", true },
	{ "root as a file", { MK_FILE("/", "") }, "", false },
	{ "root as a file without a slash", { MK_FILE(".", "x") },
	  "the root of the image is not a directory", true },
	{ "root as a symlink", { MK_SYM("./", "../canary") },
	  "the root of the image is not a directory", true },
	{ "root as a hard link", { MK_FILE("a", ""), MK_HARD("/", "a") },
	  "the root of the image is not a directory", true },
	{ "root as a device", { MK_CHAR(".") },
	  "the root of the image is not a directory", true },
	{ "control characters, in names and in the message",
	  { MK_FILE(ESC, "x"), MK_FILE(ESC "/y", "") }, "\\x1b[31m/y", true },
	{ "odd bytes", { MK_FILE(ESC "\n\xff\x80", "x"), MK_DIR("-rf *") },
	  ESC "\n\xff\x80=x -rf */", false },
	{ "no name at all", { MK_FILE("", "x") }, "root", true },

	/* Symlinks on the way. */
	{ "through an absolute symlink",
	  { MK_SYM("l", "/canary"), MK_FILE("l/x", "1") },
	  "canary/ canary/x=1 l>/canary", false },
	{ "through a climbing symlink",
	  { MK_SYM("l", "../canary"), MK_FILE("l/keep", "1") },
	  "canary/ canary/keep=1 l>../canary", false },
	{ "through a symlink of a lower layer",
	  { MK_DIR("d"), MK_SYM("d/l", "../../canary"), MK_NEXT,
	    MK_FILE("d/l/keep", "1") },
	  "canary/ canary/keep=1 d/ d/l>../../canary", false },
	{ "through /proc/self/cwd",
	  { MK_SYM("l", "/proc/self/cwd"), MK_FILE("l/x", "1") },
	  "l>/proc/self/cwd proc/ proc/self/ proc/self/cwd/ proc/self/cwd/x=1",
	  false },
	{ "symlink into itself", { MK_SYM("l", "l/l"), MK_FILE("l/x", "") },
	  "more than 40 symlinks", true },
	{ "file over symlink", { MK_SYM("l", "../canary/keep"),
	  MK_FILE("l", "new") }, "l=new", false },
	{ "file over symlink of a lower layer",
	  { MK_SYM("l", "../canary/keep"), MK_NEXT, MK_FILE("l", "new") },
	  "l=new", false },
	{ "directory over symlink",
	  { MK_SYM("l", "../canary"), MK_NEXT, MK_DIR("l"),
	    MK_FILE("l/keep", "1") }, "l/ l/keep=1", false },
	{ "mode and time of a directory do not reach a symlink's target",
	  { MK_SYM("l", "../canary"), { '5', "l", NULL, NULL, 0700, 5 } },
	  "l/", false },
	{ "fifo, symlink over symlink",
	  { MK_SYM("l", "../canary/keep"), MK_SYM("m", "../canary"),
	    MK_NEXT, MK_FIFO("l"), MK_SYM("m", "x") }, "l| m>x", false },
	{ "targets are kept as they are",
	  { MK_SYM("a", "/etc/../x"), MK_SYM("b", "././/c/"),
	    MK_SYM("c", "../../../../../../etc/shadow") },
	  "a>/etc/../x b>././/c/ c>../../../../../../etc/shadow", false },
	{ "empty target", { MK_SYM("l", "") }, "a symlink to a path of 0", true },
	{ "usrmerge: content through a link",
	  { MK_DIR("usr/lib"), MK_FILE("usr/lib/a", "1"),
	    MK_SYM("lib", "usr/lib"), MK_NEXT, MK_FILE("lib/b", "2") },
	  "lib>usr/lib usr/ usr/lib/ usr/lib/a=1 usr/lib/b=2", false },

	/* Hard links. */
	{ "hard link", { MK_FILE("a", "1"), MK_HARD("b", "a") },
	  "a=1*2 b=1*2", false },
	{ "hard link, absolute and dotted",
	  { MK_FILE("d/a", "1"), MK_HARD("b", "/d/./a"),
	    MK_HARD("c", "./d//a") }, "b=1*3 c=1*3 d/ d/a=1*3", false },
	{ "hard link to the outside", { MK_HARD("b", "../canary/keep") },
	  "hard link to '../canary/keep'", true },
	{ "hard link to the outside, absolute",
	  { MK_HARD("b", "/etc/passwd") },
	  "hard link to '/etc/passwd', which is not in the image", true },
	{ "hard link to the outside by PAX",
	  { MK_PAX("linkpath=../canary/keep\n"), MK_HARD("b", "a") },
	  "'..'", true },
	{ "hard link through a symlink stays inside",
	  { MK_SYM("l", "../canary"), MK_HARD("b", "l/keep") },
	  "which is not in the image", true },
	{ "hard link through a symlink",
	  { MK_FILE("d/a", "1"), MK_SYM("l", "/d"), MK_HARD("b", "l/a") },
	  "b=1*2 d/ d/a=1*2 l>/d", false },
	{ "hard link to a symlink is one to the link",
	  { MK_SYM("l", "../canary/keep"), MK_HARD("b", "l") },
	  "b>../canary/keep*2 l>../canary/keep*2", false },
	{ "hard link to a fifo", { MK_FIFO("p"), MK_HARD("b", "p") },
	  "b|*2 p|*2", false },
	{ "hard link to a directory", { MK_DIR("d"), MK_HARD("b", "d") },
	  "hard link to 'd', a directory", true },
	{ "hard link to the root", { MK_HARD("b", "/") },
	  "hard link to '/', a directory", true },
	{ "hard link to nothing", { MK_HARD("b", "a") },
	  "hard link to 'a', which is not in the image", true },
	{ "hard link to no name", { MK_HARD("b", "") },
	  "hard link to '', which is not in the image", true },
	{ "hard link ahead of its file",
	  { MK_HARD("b", "a"), MK_FILE("a", "1") }, "not in the image", true },
	{ "hard link to itself", { MK_FILE("a", "1"), MK_HARD("a", "./a") },
	  "a=1", false },
	{ "hard link with content",
	  { MK_PAX("comment=x\n"), MK_FILE("a", "1"),
	    { '1', "b", "a", "data", 0, 0 } }, "hard link with content", true },
	{ "hard link over a directory that holds its target",
	  { MK_FILE("d/a", "1"), MK_HARD("d", "d/a") },
	  "which it would replace", true },
	{ "hard link over a file",
	  { MK_FILE("a", "1"), MK_FILE("b", "2"), MK_HARD("b", "a") },
	  "a=1*2 b=1*2", false },
	{ "hard link to a lower layer",
	  { MK_FILE("a", "1"), MK_NEXT, MK_HARD("b", "a") }, "a=1*2 b=1*2",
	  false },
	{ "one of two names is replaced",
	  { MK_FILE("a", "1"), MK_HARD("b", "a"), MK_NEXT,
	    MK_FILE("a", "2") }, "a=2 b=1", false },
	{ "one of two names is removed",
	  { MK_FILE("a", "1"), MK_HARD("b", "a"), MK_NEXT,
	    MK_FILE(".wh.a", "") }, "b=1", false },

	/* Types. */
	{ "every type over every other",
	  { MK_FILE("a", "1"), MK_FILE("b/c", "2"), MK_SYM("c", "b"),
	    MK_FIFO("d"), MK_NEXT, MK_FILE("a/x", "") },
	  "'a' is not a directory", true },
	{ "directory, symlink, file, fifo change places",
	  { MK_FILE("a", "1"), MK_FILE("b/c", "2"), MK_SYM("c", "b"),
	    MK_FIFO("d"), MK_NEXT, MK_DIR("a"), MK_SYM("b", "a"),
	    MK_FIFO("c"), MK_FILE("d", "new") }, "a/ b>a c| d=new", false },
	{ "shorter file over a longer one",
	  { MK_FILE("a", "123456"), MK_NEXT, MK_FILE("a", "1") }, "a=1",
	  false },
	{ "twice in one layer", { MK_FILE("a", "1"), MK_FILE("a", "2") },
	  "a=2", false },
	{ "devices are left out",
	  { MK_DIR("dev"), MK_CHAR("dev/null"), MK_BLOCK("dev/sda"),
	    MK_FILE("dev/shm", "x") }, "dev/ dev/shm=x", false },
	{ "a device takes the place of what was there",
	  { MK_FILE("a", "1"), MK_FILE("b/c", ""), MK_NEXT, MK_CHAR("a"),
	    MK_BLOCK("b") }, "", false },

	/* Whiteouts; more of them in t_tree.c. */
	{ "whiteouts", { MK_FILE("a", "1"), MK_FILE("d/b", "2"),
	    MK_FILE("d/e/c", "3"), MK_NEXT, MK_FILE(".wh.a", ""),
	    MK_FILE("d/.wh.e", ""), MK_FILE("d/new", "4") },
	  "d/ d/b=2 d/new=4", false },
	{ "opaque", { MK_FILE("d/b", "2"), MK_FILE("d/e/c", "3"), MK_NEXT,
	    MK_FILE("d/new", "4"), MK_FILE("d/.wh..wh..opq", "") },
	  "d/ d/new=4", false },
	{ "whiteouts of other types, with content",
	  { MK_FILE("a", "1"), MK_FILE("b", "1"), MK_FILE("c", "1"),
	    MK_NEXT, MK_FILE(".wh.a", "content"), MK_DIR(".wh.b"),
	    MK_SYM(".wh.c", "x") }, "", false },
	{ "whiteout of a symlink leaves its target alone",
	  { MK_SYM("l", "../canary"), MK_NEXT, MK_FILE(".wh.l", "") }, "",
	  false },
	{ "whiteout through a symlink stays inside",
	  { MK_SYM("l", "../canary"), MK_NEXT, MK_FILE("l/.wh.keep", ""),
	    MK_FILE("l/.wh..wh..opq", "") }, "l>../canary", false },
	{ "a directory with symlinks in it is removed, not their targets",
	  { MK_SYM("d/l", "../../canary"), MK_SYM("d/m", "/"), MK_NEXT,
	    MK_FILE(".wh.d", "") }, "", false },
	{ "whiteout of nothing", { MK_FILE("a", "1"), MK_NEXT,
	    MK_FILE(".wh.", "") }, "a whiteout of nothing", true },
	{ "whiteout of dot", { MK_FILE("d/a", "1"), MK_NEXT,
	    MK_FILE("d/.wh..", "") }, "a whiteout of nothing", true },
	{ "whiteout of dot dot", { MK_FILE("d/a", "1"), MK_NEXT,
	    MK_FILE("d/.wh...", "") }, "a whiteout of nothing", true },
	{ "AUFS's own", { MK_DIR(".wh..wh.plnk"),
	    MK_FILE(".wh..wh.plnk/1.2", "x"), MK_FILE(".wh..wh.aufs", "x"),
	    MK_FILE("a", "1") }, "a=1", false },
	{ "hard link to a whiteout's name",
	  { MK_FILE("a", "1"), MK_HARD("b", ".wh.a") }, "not in the image",
	  true },
};
// clang-format on

static void test_cases(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct err e = { 0 };
		struct unpack_stats stats;
		autostr char *got = place_try(cases[i].entries, &stats, &e);

		if (!cases[i].is_error)
			is(got ? got : e.msg, cases[i].want, cases[i].what);
		else if (!ok(!got && e.kind == ERR_FORMAT &&
				     strstr(e.msg, cases[i].want),
			     "%s", cases[i].what))
			printf("#   got:  %s\n#   want: %s\n", e.msg,
			       cases[i].want);
	}
}

static void test_stats(void)
{
	static const struct mktar entries[] = {
		MK_DIR("d"),
		MK_FILE("d/a", "12345"),
		{ '0', "d/s", NULL, "67", 04755, 0 },
		{ '0', "d/g", NULL, "", 02755, 0 },
		MK_CHAR("d/null"),
		MK_PAX("mtime=99999999999999\n"),
		MK_SYM("l", "d"),
		MK_PAX("SCHILY.xattr.security.capability=1\n"
		       "SCHILY.xattr.security.selinux=1\n"
		       "SCHILY.xattr.trusted.x=1\n"
		       "SCHILY.xattr.user.overlay.opaque=y\n"),
		MK_FILE("c", ""),
		MK_END,
	};
	struct unpack_stats stats;
	struct err e = { 0 };
	autostr char *got = place_try(entries, &stats, &e);

	is(got ? got : e.msg, "c= d/ d/a=12345 d/g= d/s=67 l>d", "a tree");
	is_num((long long)stats.entries, 7, "entries");
	is_num((long long)stats.bytes, 7, "bytes");
	is_num((long long)stats.devices, 1, "devices");
	is_num((long long)stats.setids, 2, "set-ID bits");
	is_num((long long)stats.xattrs, 1, "attributes");
	is_num((long long)stats.times, 1, "times");
}

/* Limits of symlink targets and of depth, on disk. */
static void test_limits(void)
{
	AUTO(str) struct str target = { 0 };
	AUTO(str) struct str deep = { 0 };
	struct unpack_stats stats;
	struct err e = { 0 };

	while (target.len < 4095)
		str_addc(&target, 'x');
	const struct mktar longest[] = {
		MK_LONGLINK(target.p),
		MK_SYM("l", "x"),
		MK_END,
	};
	autostr char *got = place_try(longest, &stats, &e);

	ok(got && strlen(got) == 2 + 4095, "a symlink of 4095 bytes");
	str_addc(&target, 'x');
	const struct mktar too_long[] = {
		MK_LONGLINK(target.p),
		MK_SYM("l", "x"),
		MK_END,
	};
	autostr char *none = place_try(too_long, &stats, &e);

	ok(!none && strstr(e.msg, "4096 bytes"), "not one of 4096");
	for (int i = 0; i < 2000; i++)
		str_add(&deep, "d/");
	str_add(&deep, "f");
	const struct mktar down[] = {
		MK_LONG(deep.p),
		MK_FILE("x", "1"),
		MK_FILE("d/g", "2"),
		MK_NEXT,
		MK_FILE("d/d/d/.wh.d", ""),
		MK_END,
	};
	autostr char *left = place_try(down, &stats, &e);

	is(left ? left : e.msg, "d/ d/d/ d/d/d/ d/g=2",
	   "2000 directories deep, made and removed");
}

/* Every directory of a big tree is there, whatever order entries come in. */
static void test_wide(void)
{
	AUTO(layers) struct layers l = { .n = 1 };
	AUTO(place) struct place p = place_new();
	struct unpack_stats stats;
	struct err e = { 0 };
	int missing = 0;

	for (int i = 0; i < 3000; i++) {
		autostr char *name =
			str_fmt("a%d/b%d/c%d/f%d", i % 3, i % 7, i % 41, i);

		mktar_add(&l.tar[0], &(struct mktar)MK_FILE(name, name));
	}
	mktar_end(&l.tar[0]);
	ok(!place_unpack(&p, &l, &stats, &e), "3000 files in many directories");
	for (int i = 0; i < 3000; i++) {
		autostr char *name = str_fmt("root/a%d/b%d/c%d/f%d", i % 3,
					     i % 7, i % 41, i);
		struct stat st;

		missing += fstatat(p.fd, name, &st, 0) ||
			   (size_t)st.st_size != strlen(name) - 5;
	}
	is_num(missing, 0, "all of them there");
}

int main(void)
{
	test_cases();
	test_stats();
	test_limits();
	test_wide();
	return tap_done();
}
