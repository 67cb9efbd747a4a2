/* tarwrite_merge.c - a merged tree to a tar archive: tarwrite_merge of
 * tarwrite.h.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Content comes in the order of the layers, names are those of the tree. So
 * directories are written when something in them is, from what is known of them
 * in memory: their own entry may come later, in a layer above.
 */
#include "config.h"

#include "layer/tarwrite.h"

#include "base/mem.h"
#include "base/str.h"

/* A name of a file that has several. */
struct name {
	uint32_t number; /* its inode's */
	uint32_t order;  /* in the tree */
	struct node *node;
};

struct merging {
	struct tarwrite *w;
	struct name *names;
	size_t n;
	size_t cap;
	uint32_t n_inodes; /* that have several names */
	struct str path;
	struct str link;
};

static void merging_clear(struct merging *g)
{
	free(g->names);
	str_clear(&g->path);
	str_clear(&g->link);
}
AUTO_DEFINE(merging, struct merging, merging_clear)

/* An inode's attributes, and content from where it is. */
struct source {
	const struct inode *inode; /* may be NULL */
	const struct entries *content;
	size_t xattr;
};

static int on_data(void *ctx, const void **p, size_t *n, uint64_t *offset,
		   struct err *e)
{
	const struct source *s = ctx;

	if (!s->content)
		return 0;
	return s->content->data(s->content->ctx, p, n, offset, e);
}

static bool on_xattr(void *ctx, const char **name, const void **value,
		     size_t *size)
{
	struct source *s = ctx;

	if (!s->inode || s->xattr == s->inode->n_xattrs)
		return false;
	const struct inode_xattr *x = &s->inode->xattrs[s->xattr++];

	*name = x->name;
	*value = x->value;
	*size = x->size;
	return true;
}

static void set_path(const struct node *n, struct str *path)
{
	path->len = 0;
	tree_path(n, path);
	if (!path->len)
		str_add(path, "./");
}

/* What the tree knows of N. LINK is borrowed. */
static struct entry describe(struct merging *g, struct node *n,
			     const char *link)
{
	const struct inode *inode = node_inode(n);
	struct entry x = { .type = ENTRY_DIR, .mode = 0755 };

	set_path(n, &g->path);
	x.name = g->path.p;
	x.link = (char *)(uintptr_t)link;
	if (!inode)
		return x;
	x.type = (enum entry_type)inode->type;
	x.size = inode->type == ENTRY_FILE ? inode->size : 0;
	x.mode = inode->mode;
	x.uid = inode->uid;
	x.gid = inode->gid;
	if (x.type == ENTRY_CHAR || x.type == ENTRY_BLOCK) {
		x.major = inode->major;
		x.minor = inode->minor;
	}
	x.mtime.tv_sec = (time_t)inode->mtime_s;
	x.mtime.tv_nsec = (long)inode->mtime_ns;
	x.has_xattrs = inode->n_xattrs > 0;
	return x;
}

/* The directory N, whose parent is written. */
static int put_dir(struct merging *g, struct node *n, struct err *e)
{
	struct source s = { .inode = node_inode(n) };
	struct entries r = { NULL, on_data, on_xattr, &s };
	struct entry x = describe(g, n, "");

	n->dir->is_written = true;
	return tarwrite_entry(g->w, &x, &r, e);
}

/* All directories that N is in, from the root down. */
static int put_parents(struct merging *g, const struct node *n, struct err *e)
{
	while (!n->parent->dir->is_written) {
		struct node *top = n->parent;

		while (!top->parent->dir->is_written && top->parent != top)
			top = top->parent;
		if (put_dir(g, top, e))
			return -1;
	}
	return 0;
}

/* N is another name of FIRST, which is written. */
static int put_link(struct merging *g, struct node *n, const struct node *first,
		    struct err *e)
{
	struct entries r = { NULL, on_data, on_xattr, NULL };

	if (put_parents(g, n, e))
		return -1;
	set_path(first, &g->link);
	struct entry x = describe(g, n, g->link.p);

	x.type = ENTRY_HARDLINK;
	x.size = 0;
	x.has_xattrs = false;
	return tarwrite_entry(g->w, &x, &r, e);
}

/* Where the names of the inode NUMBER begin. */
static size_t find(const struct merging *g, uint32_t number)
{
	size_t from = 0;
	size_t to = g->n;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (g->names[middle].number < number)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

static int put_links(struct merging *g, const struct inode *inode,
		     const struct node *first, struct err *e)
{
	if (!inode->number)
		return 0;
	for (size_t i = find(g, inode->number);
	     i < g->n && g->names[i].number == inode->number; i++)
		if (g->names[i].node != first &&
		    put_link(g, g->names[i].node, first, e))
			return -1;
	return 0;
}

/* merge_take. */
static int put_inode(void *ctx, struct inode *inode, struct node *n,
		     const struct entry *entry, const struct entries *r,
		     struct err *e)
{
	struct merging *g = ctx;
	struct source s = { .inode = inode, .content = r };
	struct entries from = { NULL, on_data, on_xattr, &s };
	bool is_link = inode->type == ENTRY_SYMLINK;

	if (put_parents(g, n, e)) /* the root is its own parent */
		return -1;
	if (n->type == NODE_DIR)
		return n->dir->is_written ? 0 : put_dir(g, n, e);
	struct entry x = describe(g, n, is_link ? tree_target(n) : "");

	x.is_sparse = entry->is_sparse;
	x.extents = entry->extents;
	x.n_extents = entry->n_extents;
	if (tarwrite_entry(g->w, &x, &from, e))
		return -1;
	return put_links(g, inode, n, e);
}

/* Note names of files that have several. */
static int note(void *ctx, struct node *n, struct err *e)
{
	struct merging *g = ctx;
	struct inode *inode = node_inode(n);

	(void)e;
	if (n->type == NODE_DIR || inode->n_links < 2)
		return 0;
	if (!inode->number)
		inode->number = ++g->n_inodes;
	g->names = mem_grow(g->names, &g->cap, g->n + 1, sizeof(*g->names));
	g->names[g->n] = (struct name){ inode->number, (uint32_t)g->n, n };
	g->n++;
	return 0;
}

static int by_inode(const void *a, const void *b)
{
	const struct name *x = a;
	const struct name *y = b;

	if (x->number != y->number)
		return x->number < y->number ? -1 : 1;
	return x->order < y->order ? -1 : 1;
}

/* Directories in which nothing was written, and which have no entry. */
static int put_rest(void *ctx, struct node *n, struct err *e)
{
	if (n->type != NODE_DIR || n->dir->is_written)
		return 0;
	return put_dir(ctx, n, e);
}

int tarwrite_merge(struct tarwrite *w, struct merge *m, struct err *e)
{
	AUTO(merging) struct merging g = { .w = w };
	struct tree *t = merge_tree(m);

	if (tree_each(t, note, &g, e))
		return -1;
	if (g.n)
		qsort(g.names, g.n, sizeof(*g.names), by_inode);
	if (merge_each(m, put_inode, &g, e))
		return -1;
	return tree_each(t, put_rest, &g, e);
}
