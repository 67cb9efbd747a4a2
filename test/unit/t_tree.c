/* t_tree.c - tests of layer/tree.c and layer/lookup.c: scripts of entries and
 * the tree they make.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "layer/tree.h"

#include "base/mem.h"
#include "base/str.h"
#include "base/strlist.h"
#include "format/whiteout.h"
#include "layer/lookup.h"
#include "tap.h"

#include <time.h>

/* A script is words between blanks: "d:PATH" a directory, "f:PATH" a file,
 * "p:PATH" a fifo, "s:PATH>TARGET" a symlink, "-" the next layer; whiteouts by
 * their names. The tree is listed as sorted words: "PATH/", "PATH", "PATH|",
 * "PATH>TARGET", implied directories as "PATH/?". */
static const struct {
	const char *what;
	const char *script;
	const char *want; /* or the error's text */
	bool is_error;
} cases[] = {
	// clang-format off
	{ "nothing", "", "", false },
	{ "a file", "f:a", "a", false },
	{ "slashes and dots", "d:./a/ f:/a//./b f:././c/. d:a/./",
	  "a/ a/b c", false },
	{ "the root", "d:/ d:. d:./ f:a", "a", false },
	{ "implied directories", "f:a/b/c", "a/? a/b/? a/b/c", false },
	{ "implied, then given", "f:a/b d:a", "a/ a/b", false },

	{ "dot dot", "f:../a", "'..' in the name", true },
	{ "dot dot in the middle", "d:a f:a/../b", "'..' in the name", true },
	{ "dot dot at the end", "d:a d:a/..", "'..' in the name", true },
	{ "dot dot behind a slash", "f:/..", "'..' in the name", true },
	{ "not quite dot dot", "f:..a f:b.. f:.../c", ".../? .../c ..a b..",
	  false },

	{ "file over file", "f:a - f:a", "a", false },
	{ "symlink over file", "f:a - s:a>b", "a>b", false },
	{ "file over symlink", "d:b s:a>b f:b/x - f:a", "a b/ b/x", false },
	{ "directory over symlink", "d:b f:b/x s:a>b - d:a", "a/ b/ b/x",
	  false },
	{ "file over directory", "f:d/a/b f:d/c - f:d", "d", false },
	{ "directory over file", "f:a - d:a f:a/b", "a/ a/b", false },
	{ "directory over directory", "f:a/b - d:a", "a/ a/b", false },
	{ "fifo over directory in one layer", "d:a f:a/b p:a", "a|", false },
	{ "last entry wins", "f:a d:a s:a>x f:a", "a", false },

	{ "whiteout", "f:a f:b - f:.wh.a", "b", false },
	{ "whiteout of a directory", "f:d/a/b f:d/c - f:.wh.d", "", false },
	{ "whiteout below", "d:d f:d/a f:d/b - f:d/.wh.a", "d/ d/b", false },
	{ "whiteout of a symlink, not its target",
	  "f:d/a s:l>d - f:.wh.l", "d/? d/a", false },
	{ "whiteout through a symlink, in the root",
	  "f:d/a f:d/b s:l>d - f:l/.wh.a", "d/? d/b l>d", false },
	{ "whiteout of what is not there", "f:a - f:.wh.b f:x/y/.wh.z", "a",
	  false },
	{ "whiteout below a file", "f:a - f:a/.wh.b", "'a' is not a directory",
	  true },
	{ "whiteout spares its own layer, before",
	  "f:a - f:.wh.a f:a", "a", false },
	{ "whiteout spares its own layer, after",
	  "f:a - f:a f:.wh.a", "a", false },
	{ "whiteout after a new directory: opaque",
	  "f:d/old - d:d f:d/new f:.wh.d", "d/ d/new", false },
	{ "whiteout before a new directory: opaque",
	  "f:d/old - f:.wh.d d:d f:d/new", "d/ d/new", false },
	{ "whiteout of a directory only written into",
	  "d:d f:d/old d:d/e f:d/e/old - f:d/e/new f:.wh.d",
	  "d/? d/e/? d/e/new", false },
	{ "the same the other way round",
	  "d:d f:d/old d:d/e f:d/e/old - f:.wh.d f:d/e/new",
	  "d/? d/e/? d/e/new", false },
	{ "whiteout and re-add over three layers",
	  "f:a f:b - f:.wh.a f:.wh.b - f:a", "a", false },
	{ "whiteout after opaque: the directory itself goes too",
	  "d:d f:d/a - f:d/.wh..wh..opq f:.wh.d", "", false },
	{ "opaque inside, then whiteout: what is new stays",
	  "d:d d:d/e f:d/e/a f:d/b - f:d/e/.wh..wh..opq f:d/e/n f:.wh.d",
	  "d/? d/e/? d/e/n", false },
	{ "opaque twice, in two layers",
	  "d:d f:d/a - f:d/.wh..wh..opq f:d/b - f:d/.wh..wh..opq f:d/c",
	  "d/ d/c", false },
	{ "a new directory's files go with the next layer's whiteout",
	  "d:d - f:.wh.d d:d f:d/a - f:d/b f:.wh.d", "d/? d/b", false },
	{ "third layer removes what the second implied",
	  "f:d/a - f:d/b - f:.wh.d", "", false },
	{ "whiteout with the prefix in the name", "f:a.wh.b - f:.wh.a.wh.b",
	  "", false },

	{ "opaque first", "f:d/a d:d/e f:d/e/x - f:d/.wh..wh..opq f:d/b",
	  "d/? d/b", false },
	{ "opaque last", "f:d/a d:d/e f:d/e/x - f:d/b f:d/.wh..wh..opq",
	  "d/? d/b", false },
	{ "opaque keeps what its layer put deep inside",
	  "f:d/e/f/a f:d/e/b - f:d/e/f/new f:d/.wh..wh..opq",
	  "d/? d/e/? d/e/f/? d/e/f/new", false },
	{ "opaque keeps the directory's own entry",
	  "d:d f:d/a - d:d f:d/.wh..wh..opq", "d/", false },
	{ "opaque root", "f:a f:d/b - f:c f:.wh..wh..opq", "c", false },
	{ "opaque of what is not there", "f:a - f:d/.wh..wh..opq", "a",
	  false },
	{ "opaque in the first layer", "f:d/a f:d/.wh..wh..opq", "d/? d/a",
	  false },

	{ "whiteout as a directory", "f:.wh.a/b", "a whiteout", true },
	{ "whiteout as a directory of a whiteout", "f:a f:.wh.a/.wh.b",
	  "a whiteout", true },
	{ "whiteout made through a symlink", "s:l>.wh.x f:l/a", "a whiteout",
	  true },
	{ "AUFS's own names", "f:.wh..wh.plnk/1.2 f:.wh..wh.aufs f:a", "a",
	  false },

	{ "through a symlink", "d:usr/lib s:lib>usr/lib f:lib/a",
	  "lib>usr/lib usr/? usr/lib/ usr/lib/a", false },
	{ "through an absolute symlink", "d:b s:a>/b f:a/x", "a>/b b/ b/x",
	  false },
	{ "through links to links", "d:x s:a>b s:b>/c s:c>./x f:a/f",
	  "a>b b>/c c>./x x/ x/f", false },
	{ "a link that climbs", "d:d d:etc s:d/l>../../../../etc f:d/l/x",
	  "d/ d/l>../../../../etc etc/ etc/x", false },
	{ "a link to the root", "s:l>/ f:l/x", "l>/ x", false },
	{ "a dangling link", "s:l>a/b f:l/x", "a/? a/b/? a/b/x l>a/b", false },
	{ "a dangling absolute link that climbs", "s:l>/../a/../b f:l/x",
	  "a/? b/? b/x l>/../a/../b", false },
	{ "the last component is not followed", "d:d s:l>d f:l d:l f:l/x",
	  "d/ l/ l/x", false },
	{ "a link to itself", "s:l>l f:l/x", "more than 40 symlinks", true },
	{ "links in a loop", "s:a>b/x s:b>a f:a/y", "more than 40 symlinks",
	  true },
	{ "a link to a file", "f:f s:l>f f:l/x", "'f' is not a directory",
	  true },
	{ "below a file", "f:a f:a/b", "'a' is not a directory", true },
	{ "below a fifo", "p:a d:a/b", "'a' is not a directory", true },
	{ "where a path led is not remembered for too long",
	  "d:a s:l>a f:l/x d:b s:l>b f:l/y d:l f:l/z",
	  "a/ a/x b/ b/y l/ l/z", false },
	// clang-format on
};

struct job {
	struct tree *tree;
	struct lookup *lookup;
	enum lookup_rule rule;
	unsigned layer;
};

static int n_made, n_gone;

static int on_gone(void *ctx, struct node *n, struct err *e)
{
	(void)ctx;
	n_gone++;
	if (n->dir && n->dir->child)
		return err_set(e, ERR_FORMAT, "removed before its children");
	return 0;
}

static int on_made(void *ctx, struct node *n, struct err *e)
{
	(void)ctx;
	n_made++;
	if (!n->dir || n->dir->mode != 0755 || !n->dir->is_implied)
		return err_set(e, ERR_FORMAT, "not an implied directory");
	return 0;
}

static const struct tree_ops ops = { .gone = on_gone, .made = on_made };

static enum node_type type_of(char letter)
{
	switch (letter) {
	case 'd':
		return NODE_DIR;
	case 's':
		return NODE_SYMLINK;
	case 'p':
		return NODE_FIFO;
	default:
		return NODE_FILE;
	}
}

static int apply(struct job *j, char letter, char *path, const char *target,
		 struct err *e)
{
	struct lookup_name name;
	struct node *dir;
	struct node *n;
	const char *hidden;
	bool fresh;

	if (lookup_parse(path, j->rule, &name, e))
		return -1;
	enum whiteout kind = j->rule == LOOKUP_LAYER
				     ? whiteout_of(name.base, &hidden)
				     : WHITEOUT_NONE;

	if (name.is_aufs || kind == WHITEOUT_IGNORE)
		return 0;
	if (lookup_dir(j->lookup, &name, kind ? 0 : j->layer, &dir, e))
		return -1;
	if (!dir || !*name.base)
		return 0;
	if (kind == WHITEOUT_OPAQUE)
		return tree_opaque(j->tree, dir, j->layer, e);
	if (kind == WHITEOUT_FILE)
		return tree_whiteout(j->tree, dir, hidden, j->layer, e);
	if (tree_put(j->tree, dir, name.base, type_of(letter), target, j->layer,
		     &n, &fresh, e))
		return -1;
	if (n->dir)
		n->dir->is_implied = false;
	return 0;
}

static int run(struct job *j, const char *script, struct err *e)
{
	AUTO(strlist) struct strlist words = { 0 };

	strlist_split(&words, script, ' ', false);
	for (size_t i = 0; i < words.n; i++) {
		char *word = words.v[i];
		char *target = strchr(word, '>');

		if (target)
			*target++ = '\0';
		if (!strcmp(word, "-"))
			j->layer++;
		else if (apply(j, word[0], word + 2, target, e))
			return -1;
	}
	return 0;
}

static void list(struct strlist *out, const struct node *dir,
		 const char *prefix)
{
	for (const struct node *n = dir->dir->child; n; n = n->next) {
		autostr char *path = str_fmt("%s%s", prefix, n->name);
		autostr char *below = str_fmt("%s/", path);

		switch ((enum node_type)n->type) {
		case NODE_DIR:
			strlist_addf(out, "%s%s", below,
				     n->dir->is_implied ? "?" : "");
			list(out, n, below);
			break;
		case NODE_SYMLINK:
			strlist_addf(out, "%s>%s", path, tree_target(n));
			break;
		case NODE_DEVICE:
		case NODE_FIFO:
			strlist_addf(out, "%s|", path);
			break;
		case NODE_FILE:
			strlist_add(out, path);
		}
	}
}

static void test_scripts(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO(tree) struct tree *t = tree_new(&ops);
		AUTO(lookup) struct lookup *l = lookup_new(t);
		AUTO(strlist) struct strlist names = { 0 };
		struct job j = { .tree = t, .lookup = l, .layer = 1 };
		struct err e = { 0 };
		int rc = run(&j, cases[i].script, &e);

		if (cases[i].is_error) {
			ok(rc && e.kind == ERR_FORMAT &&
				   strstr(e.msg, cases[i].want),
			   "%s: %s", cases[i].what, e.msg);
			continue;
		}
		list(&names, tree_root(t), "");
		strlist_sort(&names);
		autostr char *got = strlist_join(&names, " ");

		is(rc ? e.msg : got, cases[i].want, cases[i].what);
		if (tree_count(t) != names.n + 1)
			is_num((long long)tree_count(t), (long long)names.n + 1,
			       cases[i].what);
	}
}

/* No layer: names ".wh.*" are names, of implied directories too. */
static void test_flat(void)
{
	static const char script[] =
		"f:.wh.a f:.wh.d/f f:d/.wh..wh..opq s:l>.wh.e/g f:l/h "
		"f:.wh..wh.plnk/1";
	AUTO(tree) struct tree *t = tree_new(&ops);
	AUTO(lookup) struct lookup *l = lookup_new(t);
	AUTO(strlist) struct strlist names = { 0 };
	struct job j = {
		.tree = t,
		.lookup = l,
		.rule = LOOKUP_FLAT,
		.layer = 1,
	};
	struct err e = { 0 };
	int rc = run(&j, script, &e);

	list(&names, tree_root(t), "");
	strlist_sort(&names);
	autostr char *got = strlist_join(&names, " ");

	is(rc ? e.msg : got,
	   ".wh..wh.plnk/1 .wh..wh.plnk/? .wh.a .wh.d/? .wh.d/f .wh.e/? "
	   ".wh.e/g/? .wh.e/g/h d/.wh..wh..opq d/? l>.wh.e/g",
	   "not a layer");
}

static void test_limits(void)
{
	AUTO(tree) struct tree *t = tree_new(&ops);
	AUTO(lookup) struct lookup *l = lookup_new(t);
	struct job j = { .tree = t, .lookup = l, .layer = 1 };
	AUTO(str) struct str path = { 0 };
	struct err e = { 0 };

	for (int i = 0; i < 255; i++)
		str_addc(&path, 'n');
	ok(!apply(&j, 'f', path.p, NULL, &e), "a name of 255 bytes");
	str_addc(&path, 'n');
	ok(apply(&j, 'f', path.p, NULL, &e) && strstr(e.msg, "256 bytes"),
	   "not one of 256");
	str_add(&path, "/x");
	ok(apply(&j, 'f', path.p, NULL, &e) && strstr(e.msg, "256 bytes"),
	   "nor in the middle");
	ok(!apply(&j, 's', (char[]){ "long" }, path.p, &e) &&
		   apply(&j, 'f', (char[]){ "long/x" }, NULL, &e) &&
		   strstr(e.msg, "256 bytes"),
	   "nor through a symlink");
	str_clear(&path);
	while (path.len < 4096)
		str_add(&path, "d/");
	path.p[--path.len] = '\0';
	ok(!apply(&j, 'd', path.p, NULL, &e), "2048 directories deep");
	is_num((long long)tree_count(t), 1 + 1 + 1 + 2048, "all of them there");
	ok(!apply(&j, 's', (char[]){ "deep" }, path.p, &e) &&
		   apply(&j, 'd', (char[]){ "deep/x" }, NULL, &e) &&
		   strstr(e.msg, "more than 2048 directories"),
	   "not 2049, through a symlink");
	str_add(&path, "/dd");
	ok(apply(&j, 'd', path.p, NULL, &e) && strstr(e.msg, "4098 bytes"),
	   "not a path of 4098 bytes");
	str_clear(&path);
	while (path.len < 200)
		str_addc(&path, 'e');
	for (int i = 0; i < 20; i++) {
		str_addc(&path, '/');
		for (int k = 0; k < 200; k++)
			str_addc(&path, 'e');
	}
	path.len = 4000;
	path.p[4000] = '\0';
	ok(!apply(&j, 'd', path.p, NULL, &e), "a path of 4000 bytes");
	ok(!apply(&j, 's', (char[]){ "e" }, path.p, &e), "and a symlink there");
	char name[] = "e/123456789012345678901234567890123456789012345678901234"
		      "56789012345678901234567890123456789012345";

	ok(!apply(&j, 'f', name, NULL, &e), "below it a path of 4096 bytes");
	char longer[] = "e/12345678901234567890123456789012345678901234567890"
			"1234567890123456789012345678901234567890123456";

	ok(apply(&j, 'f', longer, NULL, &e) &&
		   strstr(e.msg, "a path of 4097 bytes, more than the limit"),
	   "not one of 4097: %s", e.msg);
	n_gone = 0;
	ok(!tree_remove(t, tree_child(t, tree_root(t), "d", 1), &e) &&
		   n_gone == 2048,
	   "removed from the bottom");
}

static int count_dir(void *ctx, struct node *n, struct err *e)
{
	unsigned *last = ctx;

	(void)e;
	(void)n;
	last[n->dir->depth]++;
	/* Children come first: the root when all others were seen. */
	return n->parent == n && last[1] + last[2] != 301;
}

static void test_many(void)
{
	AUTO(tree) struct tree *t = tree_new(&ops);
	AUTO(lookup) struct lookup *l = lookup_new(t);
	struct job j = { .tree = t, .lookup = l, .layer = 1 };
	unsigned seen[4] = { 0 };
	struct err e = { 0 };
	bool good = true;

	for (int i = 0; i < 300000 && good; i++) {
		autostr char *path = i % 2 ? str_fmt("all/f%d", i)
					   : str_fmt("all/%d/x%d", i % 600, i);

		good = !apply(&j, 'f', path, NULL, &e);
	}
	ok(good, "300000 entries");
	is_num((long long)tree_count(t), 2 + 300 + 300000, "and their count");
	ok(!tree_each_dir(t, count_dir, seen, &e) && seen[0] == 1 &&
		   seen[1] == 1 && seen[2] == 300,
	   "each directory once, children first");
	j.layer++;
	n_gone = 0;
	ok(!run(&j, "f:all/new f:.wh.all", &e), "whiteout of all");
	is_num(n_gone, 300 + 300000, "all of the lower layer is gone");
	is_num((long long)tree_count(t), 3, "what is left");
}

/* No whiteout is worth more than one walk over what its layer wrote. */
static void test_whiteouts(void)
{
	static const char *const names[] = { "d/.wh..wh..opq", ".wh.d",
					     "d/e/.wh..wh..opq", "d/.wh.e" };
	AUTO(tree) struct tree *t = tree_new(&ops);
	AUTO(lookup) struct lookup *l = lookup_new(t);
	struct job j = { .tree = t, .lookup = l, .layer = 1 };
	struct err e = { 0 };
	int failed = run(&j, "d:d f:d/old d:d/e f:d/e/old -", &e);

	for (int i = 0; i < 100000; i++) {
		autostr char *path = str_fmt("d/e/f%d", i);

		failed |= apply(&j, 'f', path, NULL, &e);
	}
	clock_t start = clock();

	for (int i = 0; i < 400000; i++) {
		autostr char *path = xstrdup(names[i % ARRAY_SIZE(names)]);

		failed |= apply(&j, 'f', path, NULL, &e);
	}
	ok(!failed, "400000 whiteouts of 100000 files");
	is_num((long long)tree_count(t), 3 + 100000, "all of them stay");
	ok((clock() - start) / CLOCKS_PER_SEC < 15, "and soon: %ld ms",
	   (long)((clock() - start) * 1000 / CLOCKS_PER_SEC));
}

/* What goes leaves its room to what comes; what stays may not take too much. */
static void test_memory(void)
{
	AUTO(tree) struct tree *t = tree_new(&ops);
	AUTO(str) struct str target = { 0 };
	struct node *root = tree_root(t);
	struct node *n;
	struct err e = { 0 };
	bool fresh;
	int i;

	while (target.len < 4000)
		str_add(&target, "0123456789");
	tree_limit(t, 3 << 20);
	for (i = 0; i < 100000; i++)
		if (tree_put(t, root, "s", NODE_SYMLINK, target.p, 1, &n,
			     &fresh, &e))
			break;
	is_num(i, 100000, "a symlink that is replaced");
	for (i = 0; i < 100000; i++)
		if (!tree_imply(t, root, "d", 1, 1, &e) ||
		    tree_whiteout(t, root, "d", 2, &e))
			break;
	is_num(i, 100000, "a directory that comes and goes");
	for (i = 0; i < 100000; i++) {
		autostr char *name = str_fmt("%d", i);

		if (tree_put(t, root, name, NODE_SYMLINK, target.p, 1, &n,
			     &fresh, &e))
			break;
	}
	is(e.msg, "more names than 3 MiB of memory hold", "symlinks that stay");
	ok(i > 400 && i < 1100, "%d of them", i);
	is_num(e.kind, ERR_LIMIT, "a limit");
}

int main(void)
{
	test_scripts();
	test_flat();
	test_limits();
	test_many();
	test_whiteouts();
	test_memory();
	return tap_done();
}
