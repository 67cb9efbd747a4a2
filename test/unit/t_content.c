/* t_content.c - tests of layer/content.c by way of dirread.c: holes, and files
 * that change while they are read.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "layer/content.h"

#include "dirtest.h"

static void test_holes(void)
{
	AUTO(tree_place) struct tree_place t = tree_place_new();
	struct dirread_stats stats = { 0 };

	make_file(t.root, "hole", "");
	make_file(t.root, "ends", "");
	must(!fchmodat(t.root, "hole", 0644, 0), "chmod");
	autofd int hole = openat(t.root, "hole", O_WRONLY);
	autofd int ends = openat(t.root, "ends", O_WRONLY);

	must(!ftruncate(hole, 1 << 20) && !ftruncate(ends, 3 << 20), "holes");
	must(pwrite(ends, "A", 1, 1 << 20) == 1 &&
		     pwrite(ends, "B", 1, (3 << 20) - 1) == 1,
	     "write");
	AUTO(dirread)
	struct dirread *r = dirread_new(t.root, DIRREAD_ROOT, NULL, &stats);
	struct entries entries = dirread_entries(r);
	AUTO(str) struct str text = { 0 };
	struct err e = { 0 };
	struct entry x;

	ok(entries.next(entries.ctx, &x, &e) == 1 &&
		   entries.next(entries.ctx, &x, &e) == 1,
	   "a file with holes");
	ok(x.is_sparse && x.n_extents == 2, "two extents");
	ok(x.extents[0].at <= 1 << 20 && x.extents[1].at > 2 << 20 &&
		   x.extents[1].at + x.extents[1].n == 3 << 20,
	   "where they are");
	ok(!entrytest_show(&x, &entries, &text, &e), "its content");
	is_num(strlen(text.p), (long long)strlen("f:ends=[1048576]A"),
	       "begins with a hole and a letter, then zeros");
	ok(entries.next(entries.ctx, &x, &e) == 1 && x.is_sparse &&
		   !x.n_extents,
	   "or is one hole '%s'", x.name);
	ok(entries.next(entries.ctx, &x, &e) == 0, "the end");
}

/* What happens to the file "x" of N bytes between two pieces of its content. */
static void cut(int root)
{
	autofd int fd = openat(root, "x", O_WRONLY);

	must(!ftruncate(fd, 300000), "cut");
}

static void grow(int root)
{
	autofd int fd = openat(root, "x", O_WRONLY | O_APPEND);

	must(write(fd, "x", 1) == 1, "grow");
}

static void rewrite(int root)
{
	struct timespec times[2] = { { 0, UTIME_OMIT }, { 1, 1 } };

	must(!utimensat(root, "x", times, 0), "utimensat");
}

static void leave(int root)
{
	must(!unlinkat(root, "x", 0), "unlink");
}

static const struct {
	const char *what;
	void (*change)(int root);
	const char *message;
} changes[] = {
	{ "a file cut short", cut, "changed while it was read" },
	{ "a file that grows", grow, "changed while it was read" },
	{ "a file written anew", rewrite, "changed while it was read" },
	{ "a file whose name goes", leave, "" },
};

static void test_changes(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		AUTO(tree_place) struct tree_place t = tree_place_new();
		struct dirread_stats stats = { 0 };
		AUTO(dirread)
		struct dirread *r =
			dirread_new(t.root, DIRREAD_ROOT, NULL, &stats);
		struct entries entries = dirread_entries(r);
		autostr char *content = xcalloc(1, 600001);
		struct err e = { 0 };
		struct entry x;
		const void *p;
		size_t n;
		uint64_t at;

		memset(content, 'c', 600000);
		make_file(t.root, "x", content);
		must(entries.next(entries.ctx, &x, &e) == 1 &&
			     entries.next(entries.ctx, &x, &e) == 1 &&
			     entries.data(entries.ctx, &p, &n, &at, &e) == 1,
		     "read");
		changes[i].change(t.root);
		while (entries.data(entries.ctx, &p, &n, &at, &e) == 1)
			;
		is(e.msg, changes[i].message, changes[i].what);
	}
}

/* The one piece of a short file is all that is asked for. */
static void test_short(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		AUTO(tree_place) struct tree_place t = tree_place_new();
		struct dirread_stats stats = { 0 };
		AUTO(dirread)
		struct dirread *r =
			dirread_new(t.root, DIRREAD_ROOT, NULL, &stats);
		struct entries entries = dirread_entries(r);
		struct err e = { 0 };
		struct entry x;
		const void *p;
		uint64_t at;
		size_t n;

		make_file(t.root, "x", "short");
		must(entries.next(entries.ctx, &x, &e) == 1 &&
			     entries.next(entries.ctx, &x, &e) == 1,
		     "read");
		changes[i].change(t.root);
		is_num(entries.data(entries.ctx, &p, &n, &at, &e),
		       *changes[i].message ? -1 : 1, "the only piece");
		is(e.msg, changes[i].message, changes[i].what);
	}
}

int main(void)
{
	test_holes();
	test_changes();
	test_short();
	return tap_done();
}
