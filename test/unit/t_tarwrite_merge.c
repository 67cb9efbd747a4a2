/* t_tarwrite_merge.c - tests of layer/tarwrite_merge.c: the archive of a merged
 * tree is the tree, each name once and behind what it is in.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "layer/tarwrite.h"

#include "entrytest.h"
#include "layer/tarread.h"
#include "layercases.h"
#include "stacktest.h"

static int collect(void *ctx, const void *p, size_t n, struct err *e)
{
	(void)e;
	str_addn(ctx, p, n);
	return 0;
}

static int give(void *ctx, const void **p, size_t *n, struct err *e)
{
	struct str *s = ctx;

	(void)e;
	*p = s->p;
	*n = s->len;
	s->len = 0;
	return 0;
}

/* The layers ENTRIES as one archive. */
static int flatten(const struct mktar *entries, struct str *out, struct err *e)
{
	AUTO(fixture) struct fixture f;

	fixture_init(&f, entries);
	AUTO(merge) struct merge *m = merge_new(&f.stack.stack);
	AUTO(tarwrite) struct tarwrite *w = tarwrite_new(collect, out);

	return merge_read(m, NULL, NULL, e) || tarwrite_merge(w, m, e) ||
	       tarwrite_end(w, e);
}

/* As a tree on disk. Caller frees. */
static char *unpack(const struct str *archive, struct err *e)
{
	AUTO(layers) struct layers l = { .n = 1 };
	AUTO(place) struct place p = place_new();
	struct unpack_stats stats = { 0 };

	str_addn(&l.tar[0], archive->p, archive->len);
	if (place_unpack(&p, &l, &stats, e))
		return xstrdup(e->msg);
	autofd int root = openat(p.fd, "root", O_RDONLY | O_DIRECTORY);

	return place_text(root);
}

static bool is_there(const struct strlist *names, const char *name, size_t len)
{
	autostr char *dir = xstrndup(name, len);

	return strlist_has(names, dir);
}

/* Is each name there once, and behind its directory and what it links to? What
 * is wrong, or NULL. Caller frees. */
static char *check_order(const struct str *archive)
{
	struct str copy = *archive;
	AUTO(tarread) struct tarread *r = tarread_new(give, &copy);
	AUTO(strlist) struct strlist names = { 0 };
	struct err e = { 0 };
	struct entry x;
	int got;

	while ((got = tarread_next(r, &x, &e)) == 1) {
		size_t len = strlen(x.name);
		bool is_root = !strcmp(x.name, "./");

		if (!names.n != is_root)
			return str_fmt("the root is not first: '%s'", x.name);
		if (strlist_has(&names, x.name))
			return str_fmt("twice: '%s'", x.name);
		if (x.type == ENTRY_HARDLINK && !strlist_has(&names, x.link))
			return str_fmt("a link in front of '%s'", x.link);
		len -= x.type == ENTRY_DIR;
		while (len > 0 && x.name[len - 1] != '/')
			len--;
		if (!is_root && len && !is_there(&names, x.name, len))
			return str_fmt("in front of its directory: '%s'",
				       x.name);
		strlist_add(&names, x.name);
	}
	return got ? xstrdup(e.msg) : NULL;
}

static void test_cases(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO(str) struct str archive = { 0 };
		struct err e = { 0 };

		if (cases[i].is_error)
			continue;
		ok(!flatten(cases[i].entries, &archive, &e), "%s%s",
		   cases[i].what, e.msg);
		autostr char *got = unpack(&archive, &e);
		autostr char *wrong = check_order(&archive);

		is(got, cases[i].want, "the same tree");
		is(wrong, NULL, "in order");
	}
}

/* The archive as text, in its order, with modes, owners and times. */
static void is_archive(const struct mktar *entries, const char *want,
		       const char *what)
{
	AUTO(str) struct str archive = { 0 };
	AUTO(str) struct str text = { 0 };
	struct err e = { 0 };
	struct entry x;

	if (flatten(entries, &archive, &e))
		str_add(&text, e.msg);
	AUTO(tarread) struct tarread *r = tarread_new(give, &archive);
	struct entries source = tarread_entries(r);

	while (!e.kind && tarread_next(r, &x, &e) == 1)
		if (entrytest_show_all(&x, &source, &text, &e))
			break;
	is(text.p, want, what);
}

// clang-format off
static const struct mktar late_dir[] = {
	{ .type = '0', .name = "a/b/f", .data = "1", .mtime = 5 },
	MK_NEXT,
	{ .type = '0', .name = "a/g", .data = "2", .mtime = 6 },
	MK_PAX("SCHILY.xattr.user.x=y\n"),
	{ .type = '5', .name = "a/b", .mode = 0700, .mtime = 7 },
	MK_END,
};

static const struct mktar names[] = {
	{ .type = '0', .name = "z/f", .data = "1", .mode = 06755, .mtime = 5 },
	{ .type = '3', .name = "null", .mode = 0666 },
	{ .type = '1', .name = "b/f", .link = "z/f" },
	MK_NEXT,
	{ .type = '1', .name = "a/f", .link = "z/f" },
	{ .type = '2', .name = "s", .link = "a/f" },
	MK_END,
};

static const struct mktar emptied[] = {
	MK_FILE("a/b/f", "x"),
	MK_NEXT,
	MK_FILE("a/b/.wh.f", ""),
	MK_END,
};
// clang-format on

static void test_details(void)
{
	is_archive(late_dir,
		   "0755 0/0 0.000000000 d:./ 0755 0/0 0.000000000 d:a/ "
		   "0700 1000/1000 7.000000000 d:a/b/@user.x=y "
		   "0644 1000/1000 5.000000000 f:a/b/f=1 "
		   "0644 1000/1000 6.000000000 f:a/g=2",
		   "a directory's own entry counts, wherever it stands");
	is_archive(names,
		   "0755 0/0 0.000000000 d:./ 0755 0/0 0.000000000 d:a/ "
		   "6755 1000/1000 5.000000000 f:a/f=1 "
		   "0755 0/0 0.000000000 d:b/ "
		   "6755 1000/1000 5.000000000 h:b/f>a/f "
		   "0755 0/0 0.000000000 d:z/ "
		   "6755 1000/1000 5.000000000 h:z/f>a/f "
		   "0666 1000/1000 0.000000000 0,0 c:null "
		   "0644 1000/1000 0.000000000 s:s>a/f",
		   "further names, set-ID bits, devices");
	is_archive(emptied,
		   "0755 0/0 0.000000000 d:./ 0755 0/0 0.000000000 d:a/ "
		   "0755 0/0 0.000000000 d:a/b/",
		   "an implied directory that was emptied");
}

int main(void)
{
	test_cases();
	test_details();
	return tap_done();
}
