/* merge.c - read all layers, then say what the tree is.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A record is an entry without its content: its name, what a link says, and its
 * inode. When all layers are read, their records are given to the changeset,
 * the lowest layer first, as if they came from an archive.
 */
#include "config.h"

#include "layer/merge.h"

#include "base/arena.h"
#include "base/intr.h"
#include "base/mem.h"
#include "layer/attrs.h"
#include "layer/changeset.h"
#include "layer/shadow.h"

#include <string.h>

struct record {
	char *name;          /* what a link says stands behind it */
	struct inode *inode; /* of a hard link: NULL */
};

struct records {
	struct record *v;
	size_t n;
	size_t cap;
};

struct merge {
	const struct stack *stack;
	struct records *layers;
	struct arena arena; /* names, inodes, attributes */
	size_t record_bytes;
	size_t limit; /* bytes of both */
	struct shadow *shadow;
	struct changeset *changeset;
	merge_put *put;
	void *put_ctx;
	/* The record under way, of the layer that is applied. */
	size_t layer;
	size_t at;
	struct inode *inode;
};

struct merge *merge_new(const struct stack *s)
{
	struct merge *m = xcalloc(1, sizeof(*m));

	m->stack = s;
	m->limit = MERGE_BYTES_MAX;
	m->layers = xcalloc(s->n + 1, sizeof(*m->layers));
	return m;
}

void merge_limit(struct merge *m, size_t bytes)
{
	m->limit = bytes;
}

void merge_free(struct merge *m)
{
	for (size_t i = 0; i < m->stack->n; i++)
		free(m->layers[i].v);
	free(m->layers);
	arena_clear(&m->arena);
	if (m->shadow)
		shadow_free(m->shadow);
	if (m->changeset)
		changeset_free(m->changeset);
	free(m);
}

static char *keep_name(struct merge *m, const struct entry *x)
{
	size_t name_size = strlen(x->name) + 1;
	size_t link_size = strlen(x->link) + 1;
	char *p = arena_take(&m->arena, name_size + link_size);

	memcpy(p, x->name, name_size);
	memcpy(p + name_size, x->link, link_size);
	return p;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct inode_xattr *)a)->name,
		      ((const struct inode_xattr *)b)->name);
}

/* The one of X called NAME; the N-th if there is none. */
static size_t find_xattr(const struct inode_xattr *x, size_t n,
			 const char *name)
{
	size_t i = 0;

	while (i < n && strcmp(x[i].name, name) != 0)
		i++;
	return i;
}

/* In the order of their names, so that the order in an archive is nothing that
 * an image depends on. bsdtar writes each in two ways; the last counts. */
static int keep_xattrs(struct merge *m, struct inode *inode,
		       const struct entries *r, struct err *e)
{
	struct inode_xattr x[MERGE_XATTRS_MAX];
	size_t n = 0;
	size_t bytes = 0;
	const char *name;
	const void *value;
	size_t size;

	while (r->xattr(r->ctx, &name, &value, &size)) {
		size_t i = find_xattr(x, n, name);

		if (!attrs_belong(name))
			continue;
		bytes += strlen(name) + size;
		if (i < n)
			bytes -= strlen(name) + x[i].size;
		if (bytes > MERGE_XATTR_MAX)
			return err_set(e, ERR_LIMIT,
				       "more than %u bytes of extended "
				       "attributes",
				       MERGE_XATTR_MAX);
		if (i == ARRAY_SIZE(x))
			return err_set(e, ERR_LIMIT,
				       "more than %zu extended attributes",
				       ARRAY_SIZE(x));
		n += i == n;
		x[i] = (struct inode_xattr){
			.name = arena_copy(&m->arena, name, strlen(name) + 1),
			.value = arena_copy(&m->arena, value, size),
			.size = size,
		};
	}
	qsort(x, n, sizeof(*x), by_name);
	inode->xattrs = n ? arena_copy(&m->arena, x, n * sizeof(*x)) : NULL;
	inode->n_xattrs = (uint16_t)n;
	return 0;
}

static struct inode *keep_inode(struct merge *m, const struct entry *x)
{
	struct inode *inode = arena_take(&m->arena, sizeof(*inode));

	*inode = (struct inode){
		.type = x->type,
		.mode = x->mode & 07777,
		.uid = x->uid,
		.gid = x->gid,
		.mtime_s = x->mtime.tv_sec,
		.mtime_ns = (uint32_t)x->mtime.tv_nsec,
		.size = x->size,
	};
	if (x->type == ENTRY_FILE) {
		inode->held = entry_held(x);
	} else {
		inode->major = x->major;
		inode->minor = x->minor;
	}
	return inode;
}

static struct record *new_record(struct merge *m, size_t layer, struct err *e)
{
	struct records *l = &m->layers[layer];

	if (m->arena.bytes + m->record_bytes > m->limit) {
		err_set(e, ERR_LIMIT,
			"more names and attributes than %zu MiB of memory hold",
			m->limit >> 20);
		return NULL;
	}
	m->record_bytes += sizeof(*l->v);
	l->v = mem_grow(l->v, &l->cap, l->n + 1, sizeof(*l->v));
	return &l->v[l->n++];
}

static bool is_wanted(const struct merge *m, const struct entry *x)
{
	return m->put && x->type == ENTRY_FILE && x->size &&
	       !shadow_hides(m->shadow, x->name);
}

static int read_entry(struct merge *m, size_t layer, const struct entry *x,
		      const struct entries *r, struct err *e)
{
	struct record *record = new_record(m, layer, e);

	if (!record)
		return -1;
	*record = (struct record){ .name = keep_name(m, x) };
	if (m->stack->rule == LOOKUP_LAYER)
		shadow_add(m->shadow, x->name, x->type);
	/* A hard link with content is refused when it is applied. */
	if (x->type == ENTRY_HARDLINK && !x->size)
		return 0;
	record->inode = keep_inode(m, x);
	if (x->has_xattrs && keep_xattrs(m, record->inode, r, e))
		return -1;
	if (!is_wanted(m, x))
		return 0;
	return m->put(m->put_ctx, x, r, &record->inode->content, e);
}

static int read_layer(void *arg, size_t layer, const struct entries *r,
		      struct err *e)
{
	struct merge *m = arg;
	struct entry x;
	int got;

	while ((got = r->next(r->ctx, &x, e)) > 0) {
		if (intr_check(e))
			return -1;
		if (!read_entry(m, layer, &x, r, e))
			continue;
		/* Not if the source failed: nothing to do with the entry. */
		return e->kind == ERR_NONE ? -1 : err_ctx(e, "'%s'", x.name);
	}
	shadow_layer(m->shadow);
	return got;
}

/* --- records as a source of entries */

static int next_record(void *ctx, struct entry *out, struct err *e)
{
	struct merge *m = ctx;
	struct records *l = &m->layers[m->layer];

	(void)e;
	if (m->at == l->n)
		return 0;
	struct record *record = &l->v[m->at++];
	const struct inode *inode = m->inode = record->inode;
	char *name = record->name;

	*out = (struct entry){
		.type = inode ? (enum entry_type)inode->type : ENTRY_HARDLINK,
		.name = name,
		.link = name + strlen(name) + 1,
		.size = inode ? inode->size : 0,
	};
	return 1;
}

static int no_data(void *ctx, const void **p, size_t *n, uint64_t *offset,
		   struct err *e)
{
	(void)ctx;
	(void)p;
	(void)offset;
	(void)e;
	*n = 0;
	return 0;
}

/* --- what the changeset tells */

static int on_entry(void *ctx, struct node *n, const struct entry *entry,
		    const struct entries *r, struct err *e)
{
	const struct merge *m = ctx;

	(void)entry;
	(void)r;
	(void)e;
	n->data = m->inode;
	return 0;
}

static int on_dir(void *ctx, struct node *n, bool fresh,
		  const struct entry *entry, const struct entries *r,
		  struct err *e)
{
	(void)fresh;
	return on_entry(ctx, n, entry, r, e);
}

static int on_link(void *ctx, struct node *n, struct node *old, struct err *e)
{
	(void)ctx;
	(void)e;
	n->data = old->data;
	return 0;
}

static int on_node(void *ctx, struct node *n, struct err *e)
{
	(void)ctx;
	(void)n;
	(void)e;
	return 0;
}

static bool has_failed(void *ctx)
{
	(void)ctx;
	return false;
}

static int settle(void *ctx, struct err *e)
{
	return on_node(ctx, NULL, e);
}

static int apply_layers(struct merge *m, struct err *e)
{
	const struct stack *s = m->stack;
	struct entries r = { next_record, no_data, entry_no_xattr, m };
	struct changeset_ops ops = {
		.tree = { .gone = on_node, .made = on_node, .ctx = m },
		.dir = on_dir,
		.file = on_entry,
		.other = on_entry,
		.link = on_link,
		.has_failed = has_failed,
		.settle = settle,
	};

	m->changeset = changeset_new(&ops);
	for (m->layer = 0; m->layer < s->n; m->layer++) {
		m->at = 0;
		if (!changeset_apply(m->changeset, &r, s->rule, e))
			continue;
		if (s->names && s->names[m->layer])
			err_ctx(e, "%s", s->names[m->layer]);
		return -1;
	}
	return 0;
}

/* The tree is complete: which inodes are in it, and under which name first? */
static int count_name(void *ctx, struct node *n, struct err *e)
{
	struct inode *inode = node_inode(n);

	(void)ctx;
	(void)e;
	if (!inode)
		return 0;
	if (!inode->first)
		inode->first = n;
	inode->n_links++;
	return 0;
}

/* --- going through the layers once more */

struct again {
	struct merge *m;
	merge_take *fn;
	void *ctx;
};

/* Is X, all but its name, what INODE was made of? A directory's time may
 * change: what is in it is looked at name by name. */
static bool is_same(const struct inode *inode, const struct entry *x)
{
	if (!inode)
		return x->type == ENTRY_HARDLINK;
	if (inode->type != x->type || inode->size != x->size)
		return false;
	return x->type != ENTRY_FILE ||
	       (inode->mtime_s == x->mtime.tv_sec &&
		inode->mtime_ns == (uint32_t)x->mtime.tv_nsec);
}

/* X must be what L's record I is of. Names of records were cut when they were
 * applied. */
static int check_same(const struct records *l, size_t i, const struct entry *x,
		      struct err *e)
{
	lookup_cut(x->name);
	if (i < l->n && strcmp(l->v[i].name, x->name) != 0)
		return err_set(e, ERR_DIGEST,
			       "found where '%s' was: changed while it was "
			       "read",
			       l->v[i].name);
	if (i < l->n && is_same(l->v[i].inode, x))
		return 0;
	return err_set(e, ERR_DIGEST, "changed while it was read");
}

static int again_entry(struct again *a, size_t layer, size_t i,
		       const struct entry *x, const struct entries *r,
		       struct err *e)
{
	const struct records *l = &a->m->layers[layer];

	if (intr_check(e) || check_same(l, i, x, e))
		return -1;
	struct inode *inode = l->v[i].inode;

	if (!inode || !inode->first)
		return 0;
	return a->fn(a->ctx, inode, inode->first, x, r, e);
}

static int again_layer(void *arg, size_t layer, const struct entries *r,
		       struct err *e)
{
	struct again *a = arg;
	const struct records *l = &a->m->layers[layer];
	struct entry x;
	size_t i;
	int got;

	for (i = 0; (got = r->next(r->ctx, &x, e)) > 0; i++) {
		if (!again_entry(a, layer, i, &x, r, e))
			continue;
		return e->kind == ERR_NONE ? -1 : err_ctx(e, "'%s'", x.name);
	}
	if (!got && i < l->n)
		return err_set(e, ERR_DIGEST,
			       "'%s' is gone: changed while it was read",
			       l->v[i].name);
	return got;
}

static bool is_missing(const struct inode *inode)
{
	return inode && inode->first && inode->type == ENTRY_FILE &&
	       inode->size && !inode->content;
}

static int put_missing(void *ctx, struct inode *inode, struct node *n,
		       const struct entry *entry, const struct entries *r,
		       struct err *e)
{
	struct merge *m = ctx;

	(void)n;
	if (!is_missing(inode))
		return 0;
	return m->put(m->put_ctx, entry, r, &inode->content, e);
}

/* What the names' text alone hid wrongly. */
static int read_missing(struct merge *m, struct err *e)
{
	const struct stack *s = m->stack;
	struct again a = { .m = m, .fn = put_missing, .ctx = m };
	bool *want = xcalloc(s->n + 1, sizeof(*want));
	bool any = false;
	int rc = 0;

	for (size_t i = 0; i < s->n; i++)
		for (size_t k = 0; k < m->layers[i].n && !want[i]; k++)
			any |= want[i] = is_missing(m->layers[i].v[k].inode);
	if (any)
		rc = s->walk(s->ctx, STACK_UP, want, again_layer, &a, e);
	free(want);
	return rc;
}

int merge_read(struct merge *m, merge_put *put, void *ctx, struct err *e)
{
	const struct stack *s = m->stack;

	m->put = put;
	m->put_ctx = ctx;
	m->shadow = shadow_new();
	if (s->walk(s->ctx, STACK_DOWN, NULL, read_layer, m, e))
		return -1;
	shadow_free(TAKE(m->shadow));
	if (apply_layers(m, e))
		return -1;
	tree_sort(merge_tree(m));
	if (tree_each(merge_tree(m), count_name, NULL, e))
		return -1;
	return put ? read_missing(m, e) : 0;
}

struct tree *merge_tree(struct merge *m)
{
	return changeset_tree(m->changeset);
}

int merge_each(struct merge *m, merge_take *fn, void *ctx, struct err *e)
{
	const struct stack *s = m->stack;
	struct again a = { .m = m, .fn = fn, .ctx = ctx };

	return s->walk(s->ctx, STACK_UP, NULL, again_layer, &a, e);
}
