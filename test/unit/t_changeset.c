/* t_changeset.c - tests of layer/changeset.c: what entries, good and hostile,
 * make of a tree on disk.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "layer/changeset.h"

#include "layercases.h"
#include "layertest.h"

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
		MK_PAX("LIBARCHIVE.xattr.security.capability=MQ==\n"
		       "SCHILY.xattr.security.capability=1\n"
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
