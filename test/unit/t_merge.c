/* t_merge.c - tests of layer/merge.c: the same trees as on disk, and content
 * that is read no more often than needed.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "layer/merge.h"

#include "layercases.h"
#include "stacktest.h"

static int read_content(const struct entries *r, struct str *out, struct err *e)
{
	uint64_t offset;
	const void *p;
	size_t n;
	int got;

	while ((got = r->data(r->ctx, &p, &n, &offset, e)) > 0)
		str_addn(out, p, n);
	return got;
}

static int put(void *ctx, const struct entry *entry, const struct entries *r,
	       void **handle, struct err *e)
{
	struct fixture *f = ctx;
	struct str *s = &f->contents[f->n_put++];

	(void)entry;
	*handle = s;
	return read_content(r, s, e);
}

static int list_node(void *ctx, struct node *n, struct err *e)
{
	const struct inode *inode = node_inode(n);
	AUTO(str) struct str word = { 0 };

	(void)e;
	if (n->type == NODE_DEVICE || n->parent == n)
		return 0;
	tree_path(n, &word);
	if (n->type == NODE_DIR)
		str_addc(&word, '/');
	else if (n->type == NODE_SYMLINK)
		str_addf(&word, ">%s", tree_target(n));
	else if (n->type == NODE_FIFO)
		str_addc(&word, '|');
	else
		str_addf(&word, "=%s",
			 inode->content ? str_text(inode->content) : "");
	if (n->type != NODE_DIR && inode->n_links > 1)
		str_addf(&word, "*%u", inode->n_links);
	strlist_add(ctx, word.p);
	return 0;
}

static char *list(struct merge *m)
{
	AUTO(strlist) struct strlist words = { 0 };
	struct err e = { 0 };

	if (tree_each(merge_tree(m), list_node, &words, &e))
		return xstrdup(e.msg);
	strlist_sort(&words);
	return strlist_join(&words, " ");
}

static void test_cases(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO(fixture) struct fixture f;
		struct err e = { 0 };

		fixture_init(&f, cases[i].entries);
		AUTO(merge) struct merge *m = merge_new(&f.stack.stack);
		int failed = merge_read(m, put, &f, &e);
		autostr char *got = failed ? xstrdup(e.msg) : list(m);

		if (!cases[i].is_error)
			is(got, cases[i].want, cases[i].what);
		else if (!ok(failed && e.kind == ERR_FORMAT &&
				     strstr(got, cases[i].want),
			     "%s", cases[i].what))
			printf("#   got:  %s\n#   want: %s\n", got,
			       cases[i].want);
	}
}

// clang-format off
static const struct {
	const char *what;
	struct mktar entries[12];
	const char *want;
	size_t n_put;
} reads[] = {
	{ "what is hidden is not read",
	  { MK_FILE("a", "1"), MK_FILE("b/c", "2"), MK_FILE("b/d", "3"),
	    MK_FILE("e", "4"), MK_NEXT, MK_FILE("a", "5"),
	    MK_FILE(".wh.b", ""), MK_FILE("f", "6") }, "a=5 e=4 f=6", 3 },
	{ "what symlinks led elsewhere is read after all",
	  { MK_DIR("c"), MK_SYM("a", "c"), MK_NEXT, MK_FILE("a/b", "1"),
	    MK_NEXT, MK_DIR("a"), MK_FILE("a/b", "2") },
	  "a/ a/b=2 c/ c/b=1", 2 },
	{ "a hard link keeps what its layer removes",
	  { MK_FILE("a", "1"), MK_NEXT, MK_HARD("b", "a"),
	    MK_FILE(".wh.a", "") }, "b=1", 1 },
	{ "a hard link keeps what a later layer replaces",
	  { MK_FILE("a", "1"), MK_FILE("x", "0"), MK_NEXT, MK_HARD("b", "a"),
	    MK_NEXT, MK_FILE("a", "2"), MK_FILE("x", "3") },
	  "a=2 b=1 x=3", 3 },
	{ "empty files are not read",
	  { MK_FILE("a", ""), MK_FILE("b", "1") }, "a= b=1", 1 },
};
// clang-format on

static void test_reads(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(reads); i++) {
		AUTO(fixture) struct fixture f;
		struct err e = { 0 };

		fixture_init(&f, reads[i].entries);
		AUTO(merge) struct merge *m = merge_new(&f.stack.stack);
		int failed = merge_read(m, put, &f, &e);
		autostr char *got = failed ? xstrdup(e.msg) : list(m);

		is(got, reads[i].want, reads[i].what);
		is_num((long long)f.n_put, (long long)reads[i].n_put,
		       "so many contents were read");
	}
}

/* --- in the order of the entries */

static int note(void *ctx, struct inode *inode, struct node *n,
		const struct entry *entry, const struct entries *r,
		struct err *e)
{
	AUTO(str) struct str path = { 0 };
	struct str *out = ctx;

	(void)inode;
	tree_path(n, &path);
	str_addf(out, "%s%s", out->len ? " " : "", str_text(&path));
	if (entry->type != ENTRY_FILE)
		return 0;
	str_addc(out, '=');
	return read_content(r, out, e);
}

static const struct mktar in_order[] = {
	MK_DIR("d"),
	MK_FILE("d/b", "1"),
	MK_FILE("d/a", "2"),
	MK_HARD("d/link", "d/a"),
	MK_FILE("gone", "3"),
	MK_NEXT,
	MK_FILE("d/b", "4"),
	MK_FILE(".wh.gone", ""),
	MK_SYM("s", "d"),
	MK_FILE("s/through", "5"),
	MK_FILE("implied/x", "6"),
	MK_END,
};

static void test_each(void)
{
	AUTO(fixture) struct fixture f;
	AUTO(str) struct str out = { 0 };
	struct err e = { 0 };

	fixture_init(&f, in_order);
	AUTO(merge) struct merge *m = merge_new(&f.stack.stack);

	ok(!merge_read(m, NULL, NULL, &e), "only the names are read");
	ok(!merge_each(m, note, &out, &e), "and then the layers: %s", e.msg);
	is(str_text(&out), "d d/a=2 d/b=4 s d/through=5 implied/x=6",
	   "what is in the tree, where it is");
}

// clang-format off
static const struct {
	const char *what;
	struct mktar before[4];
	struct mktar after[4];
	const char *want;
} changes[] = {
	{ "nothing but what stands behind a name",
	  { MK_DIR("d/"), MK_FILE("d/a", "1") },
	  { MK_DIR("d"), MK_FILE("d/a/.", "1") }, "d d/a=1" },
	{ "a type", { MK_DIR("d"), MK_FILE("d/a", "1") },
	  { MK_DIR("d"), MK_SYM("d/a", "x") },
	  "1: 'd/a': changed while it was read" },
	{ "a size", { MK_FILE("a", "1") }, { MK_FILE("a", "12") },
	  "1: 'a': changed while it was read" },
	{ "a time", { MK_FILE("a", "1") }, { { '0', "a", NULL, "2", 0, 7 } },
	  "1: 'a': changed while it was read" },
	{ "a directory's time", { MK_DIR("d"), MK_FILE("d/a", "1") },
	  { { '5', "d", NULL, NULL, 0, 7 }, MK_FILE("d/a", "1") }, "d d/a=1" },
	{ "one is gone",
	  { MK_FILE("a", "1"), MK_FILE("b", "2"), MK_FILE("c", "3") },
	  { MK_FILE("a", "1"), MK_FILE("c", "3") },
	  "1: 'c': found where 'b' was: changed while it was read" },
	{ "a hard link is another",
	  { MK_FILE("a", "1"), MK_HARD("b", "a") },
	  { MK_FILE("a", "1"), MK_HARD("c", "a") },
	  "1: 'c': found where 'b' was: changed while it was read" },
	{ "a name is longer", { MK_FILE("a", "1") }, { MK_FILE("a.", "1") },
	  "1: 'a.': found where 'a' was: changed while it was read" },
	{ "the last is gone", { MK_FILE("a", "1"), MK_FILE("b", "2") },
	  { MK_FILE("a", "1") }, "1: 'b' is gone: changed while it was read" },
	{ "all are gone", { MK_FILE("a", "1") }, { MK_END },
	  "1: 'a' is gone: changed while it was read" },
	{ "one more", { MK_FILE("a", "1") },
	  { MK_FILE("a", "1"), MK_FILE("b", "2") },
	  "1: 'b': changed while it was read" },
};
// clang-format on

/* The layers are not the same the second time. */
static void test_changed(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		AUTO(fixture) struct fixture f;
		AUTO(str) struct str out = { 0 };
		struct err e = { 0 };

		fixture_init(&f, changes[i].before);
		AUTO(merge) struct merge *m = merge_new(&f.stack.stack);

		if (merge_read(m, NULL, NULL, &e))
			ok(false, "%s", e.msg);
		layers_clear(&f.layers);
		layers_build(&f.layers, changes[i].after);
		f.sources.to[0].size = f.layers.tar[0].len;
		f.sources.to[0].blob_hex = f.sources.to[0].diff_hex = NULL;
		int failed = merge_each(m, note, &out, &e);

		is(failed ? e.msg : str_text(&out), changes[i].want,
		   changes[i].what);
	}
}

/* --- one more layer on top */

static void test_top(void)
{
	AUTO(fixture) struct fixture f;
	AUTO(stack_topped) struct stack_topped t;
	AUTO(str) struct str out = { 0 };
	struct err e = { 0 };
	static const struct mktar below[] = {
		MK_SYM("ch", "etc"),
		MK_FILE("etc/config", "theirs"),
		MK_END,
	};
	AUTO(memread) struct memread *top = memread_new(7);

	memread_dir(top, "ch", 0755);
	memread_file(top, "ch/config", 0644, "ours", 4);
	fixture_init(&f, below);
	stack_topped_init(&t, &f.stack.stack, top);
	AUTO(merge) struct merge *m = merge_new(&t.stack);
	int failed = merge_read(m, put, &f, &e);
	autostr char *got = failed ? xstrdup(e.msg) : list(m);

	is(got, "ch/ ch/config=ours etc/ etc/config=theirs", "on top");
	ok(!merge_each(m, note, &out, &e), "again: %s", e.msg);
	is(str_text(&out), "etc/config=theirs ch ch/config=ours", "in order");
}

/* What is kept of all layers is limited, whether it will be in the tree or
 * not. */
static void test_memory(void)
{
	AUTO(fixture) struct fixture f;
	AUTO(str) struct str value = { 0 };
	struct str *tar = &f.layers.tar[0];
	static const struct mktar x = MK_FILE("x", "");
	static const struct mktar pax = { .type = 'x', .name = "pax" };
	struct err e = { 0 };

	fixture_init(&f, &(struct mktar)MK_END);
	tar->len = 0;
	while (value.len < 100000)
		str_add(&value, "0123456789");
	for (int i = 0; i < 40; i++) {
		AUTO(str) struct str records = { 0 };

		mktar_record(&records, "SCHILY.xattr.user.a", value.p,
			     value.len);
		mktar_bytes(tar, &pax, records.p, records.len);
		mktar_add(tar, &x);
	}
	mktar_end(tar);
	f.sources.to[0].size = tar->len;
	f.sources.to[0].blob_hex = f.sources.to[0].diff_hex = NULL;
	AUTO(merge) struct merge *m = merge_new(&f.stack.stack);

	merge_limit(m, 2 << 20);
	ok(merge_read(m, put, &f, &e), "40 times 100 KB");
	is(e.msg,
	   "1: 'x': more names and attributes than 2 MiB of memory hold",
	   "are too much");
	is_num(e.kind, ERR_LIMIT, "a limit");
}

/* N attributes of SIZE bytes: what is said of them. */
static char *with_xattrs(size_t n, size_t size)
{
	AUTO(fixture) struct fixture f;
	AUTO(str) struct str records = { 0 };
	AUTO(str) struct str value = { 0 };
	struct str *tar = &f.layers.tar[0];
	static const struct mktar x = MK_FILE("x", "");
	static const struct mktar pax = { .type = 'x', .name = "pax" };
	struct err e = { 0 };

	fixture_init(&f, &(struct mktar)MK_END);
	tar->len = 0;
	while (value.len < size)
		str_addc(&value, 'v');
	for (size_t i = 0; i < n; i++) {
		autostr char *key = str_fmt("SCHILY.xattr.user.%zu", i);

		mktar_record(&records, key, str_text(&value), value.len);
	}
	mktar_bytes(tar, &pax, records.p, records.len);
	mktar_add(tar, &x);
	mktar_end(tar);
	f.sources.to[0].size = tar->len;
	f.sources.to[0].blob_hex = f.sources.to[0].diff_hex = NULL;
	AUTO(merge) struct merge *m = merge_new(&f.stack.stack);

	return xstrdup(merge_read(m, put, &f, &e) ? e.msg : "read");
}

static void test_xattr_limits(void)
{
	autostr char *all = with_xattrs(256, 1);
	autostr char *more = with_xattrs(257, 1);
	autostr char *large = with_xattrs(100, 10400);

	is(all, "read", "256 attributes");
	is(more, "1: 'x': more than 256 extended attributes", "not 257");
	is(large, "read", "100 times 10400 bytes");
}

static void test_inode(void)
{
	AUTO(fixture) struct fixture f;
	struct err e = { 0 };
	static const struct mktar entries[] = {
		MK_PAX("LIBARCHIVE.xattr.user.a=YmM=\n"
		       "SCHILY.xattr.security.capability=1\n"
		       "SCHILY.xattr.security.selinux=label\n"
		       "SCHILY.xattr.system.posix_acl_access=1\n"
		       "SCHILY.xattr.trusted.overlay.opaque=y\n"
		       "SCHILY.xattr.trusted.x=1\n"
		       "SCHILY.xattr.user.overlay.opaque=y\n"
		       "SCHILY.xattr.user.a=bc\n"
		       "uid=3000000\ngid=7\n"),
		{ '0', "f", NULL, "x", 06755, 12 },
		MK_CHAR("null"),
		MK_END,
	};

	fixture_init(&f, entries);
	AUTO(merge) struct merge *m = merge_new(&f.stack.stack);
	int failed = merge_read(m, put, &f, &e);

	ok(!failed, "read: %s", e.msg);
	struct tree *t = merge_tree(m);
	struct inode *i = node_inode(tree_child(t, tree_root(t), "f", 1));

	is_num(i->mode, 06755, "set-ID bits");
	is_num(i->uid, 3000000, "owner");
	is_num(i->gid, 7, "group");
	is_num(i->mtime_s, 12, "time");
	is_num((long long)i->n_xattrs, 3, "attributes that are an image's");
	is(i->xattrs[0].name, "security.capability", "one");
	is(i->xattrs[1].name, "trusted.x", "two");
	is(i->xattrs[2].name, "user.a", "three");
	ok(i->xattrs[2].size == 2 && !memcmp(i->xattrs[2].value, "bc", 2),
	   "and what it says");
	i = node_inode(tree_child(t, tree_root(t), "null", 4));
	is_num(i->type, ENTRY_CHAR, "a device");
}

int main(void)
{
	test_cases();
	test_reads();
	test_each();
	test_changed();
	test_top();
	test_memory();
	test_xattr_limits();
	test_inode();
	return tap_done();
}
