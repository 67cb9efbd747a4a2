/* tree.c - nodes in a table keyed by directory and name: what is there, what
 * goes, what stays.
 * SPDX-License-Identifier: Apache-2.0
 *
 * One table for all directories keeps a node at some 70 bytes and every step
 * at one probe, in directories of a million names too. Walks over subtrees go
 * from node to node by their links, without recursion: depth is the image's
 * choice, the stack is ours.
 */
#include "config.h"

#include "layer/tree.h"

#include "base/arena.h"
#include "base/mem.h"
#include "base/sip.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#define TABLE_FIRST 1024 /* buckets; a power of two */
#define IMPLIED_MODE 0755

struct tree {
	const struct tree_ops *ops;
	struct node **buckets;
	size_t n_buckets; /* a power of two */
	size_t n_nodes;
	struct node *root;
	uint64_t changes;
	struct sip_key key;
	struct arena arena; /* nodes */
	size_t limit;       /* bytes of it */
};

static uint32_t hash_of(const struct tree *t, const struct node *dir,
			const char *name, size_t len)
{
	uint64_t sum = sip_sum(&t->key, (uintptr_t)dir, name, len);

	return (uint32_t)(sum ^ sum >> 32);
}

static struct node **bucket(const struct tree *t, uint32_t hash)
{
	return &t->buckets[hash & (t->n_buckets - 1)];
}

static void table_grow(struct tree *t)
{
	struct node **old = t->buckets;
	size_t n_old = t->n_buckets;

	t->n_buckets = n_old * 2;
	t->buckets = mem_huge(t->n_buckets * sizeof(*t->buckets));
	memset(t->buckets, 0, t->n_buckets * sizeof(*t->buckets));
	for (size_t i = 0; i < n_old; i++)
		while (old[i]) {
			struct node *n = old[i];
			struct node **to = bucket(t, n->hash);

			old[i] = n->chain;
			n->chain = *to;
			*to = n;
		}
	free(old);
}

/* The name and, for a symlink, its target stand behind the node, both with a
 * NUL. */
static size_t node_size(size_t len, size_t target_size)
{
	size_t size = offsetof(struct node, name) + len + 1 + target_size;

	return size < sizeof(struct node) ? sizeof(struct node) : size;
}

static struct node *node_new(struct tree *t, const char *name, size_t len,
			     const char *target)
{
	size_t target_size = target ? strlen(target) + 1 : 0;
	struct node *n = arena_take(&t->arena, node_size(len, target_size));

	*n = (struct node){ 0 };
	memcpy(n->name, name, len);
	n->name[len] = '\0';
	if (target)
		memcpy(n->name + len + 1, target, target_size);
	return n;
}

static struct node_dir *dir_new(struct tree *t, unsigned depth, size_t path_len,
				unsigned layer)
{
	struct node_dir *d = arena_take(&t->arena, sizeof(*d));

	*d = (struct node_dir){
		.mode = IMPLIED_MODE,
		.depth = (uint16_t)depth,
		.path_len = (uint16_t)path_len,
		.pruned = (uint16_t)layer,
		.slot = -1,
	};
	return d;
}

/* Layers can replace one name any number of times. */
static void node_free(struct tree *t, struct node *n)
{
	size_t target_size =
		n->type == NODE_SYMLINK ? strlen(tree_target(n)) + 1 : 0;

	if (n->dir)
		arena_give(&t->arena, n->dir, sizeof(*n->dir));
	arena_give(&t->arena, n, node_size(strlen(n->name), target_size));
}

/* A node that is not in the tree yet. */
static struct node *create(struct tree *t, const struct node *dir,
			   const char *name, size_t len, enum node_type type,
			   const char *target, unsigned layer, struct err *e)
{
	size_t path_len = dir->dir->path_len + (dir->dir->path_len > 0) + len;

	if (type == NODE_DIR && dir->dir->depth >= TREE_DEPTH_MAX) {
		err_set(e, ERR_LIMIT,
			"more than %d directories in one another",
			TREE_DEPTH_MAX);
		return NULL;
	}
	if (path_len > TREE_PATH_MAX) {
		err_set(e, ERR_FORMAT,
			"a path of %zu bytes, more than the limit of %d",
			path_len, TREE_PATH_MAX);
		return NULL;
	}
	if (t->arena.bytes > t->limit) {
		err_set(e, ERR_LIMIT,
			"more names than %zu MiB of memory hold",
			t->limit >> 20);
		return NULL;
	}
	struct node *n = node_new(t, name, len, target);

	n->type = (uint8_t)type;
	n->layer = (uint16_t)layer;
	if (type == NODE_DIR)
		n->dir = dir_new(t, dir->dir->depth + 1U, path_len, layer);
	return n;
}

/* Most names that are looked up are new: with two buckets for each node there
 * is mostly no other to be passed, which costs a cache miss. */
static void add(struct tree *t, struct node *dir, struct node *n, uint32_t hash)
{
	if (t->n_nodes * 2 >= t->n_buckets)
		table_grow(t);
	n->hash = hash;
	struct node **to = bucket(t, n->hash);

	n->chain = *to;
	*to = n;
	n->parent = dir;
	n->next = dir->dir->child;
	if (n->next)
		n->next->prev = n;
	dir->dir->child = n;
	t->n_nodes++;
}

/* N has no children any more. */
static int drop(struct tree *t, struct node *n, struct err *e)
{
	struct node **at = bucket(t, n->hash);

	if (t->ops->gone(t->ops->ctx, n, e))
		return -1;
	while (*at != n)
		at = &(*at)->chain;
	*at = n->chain;
	if (n->next)
		n->next->prev = n->prev;
	if (n->prev)
		n->prev->next = n->next;
	else
		n->parent->dir->child = n->next;
	if (n->type == NODE_DIR || n->type == NODE_SYMLINK)
		t->changes++;
	t->n_nodes--;
	node_free(t, n);
	return 0;
}

/* The first node of N's subtree, children before their parents, without what is
 * below directories that were pruned for LAYER ... */
static struct node *deepest(struct node *n, unsigned layer)
{
	while (n->dir && n->dir->child &&
	       !(layer && n->dir->pruned == layer))
		n = n->dir->child;
	return n;
}

/* ... and the one after N, up to TOP, then NULL. To be asked before N goes. */
static struct node *after(const struct node *n, const struct node *top,
			  unsigned layer)
{
	if (n == top)
		return NULL;
	return n->next ? deepest(n->next, layer) : n->parent;
}

/* A directory that stays only because of what LAYER put into it is what it
 * would be had it been removed first and then implied. */
static void imply(struct node *n, unsigned layer)
{
	n->layer = (uint16_t)layer;
	n->data = NULL;
	n->dir->mode = IMPLIED_MODE;
	n->dir->has_time = false;
	n->dir->is_implied = true;
}

/* What layers below LAYER put into TOP's subtree goes; TOP itself only if TOO.
 * It can't come back while LAYER is applied, so no directory is gone through
 * twice for it, however many whiteouts say so. */
static int prune(struct tree *t, struct node *top, bool too, unsigned layer,
		 struct err *e)
{
	struct node *next;

	for (struct node *n = deepest(top, layer); n; n = next) {
		next = after(n, top, layer);
		if (n->dir)
			n->dir->pruned = (uint16_t)layer;
		if (n->layer == layer || (n == top && !too))
			continue;
		if (n->dir && n->dir->child)
			imply(n, layer);
		else if (drop(t, n, e))
			return -1;
	}
	return 0;
}

struct tree *tree_new(const struct tree_ops *ops)
{
	struct tree *t = xcalloc(1, sizeof(*t));

	t->key = sip_key();
	t->ops = ops;
	t->limit = TREE_BYTES_MAX;
	t->n_buckets = TABLE_FIRST;
	t->buckets = xcalloc(t->n_buckets, sizeof(*t->buckets));
	t->root = node_new(t, "", 0, NULL);
	t->root->parent = t->root;
	t->root->dir = dir_new(t, 0, 0, 0);
	t->root->dir->is_implied = true;
	t->n_nodes = 1;
	return t;
}

void tree_free(struct tree *t)
{
	arena_clear(&t->arena);
	free(t->buckets);
	free(t);
}

void tree_limit(struct tree *t, size_t bytes)
{
	t->limit = bytes;
}

struct node *tree_root(const struct tree *t)
{
	return t->root;
}

size_t tree_count(const struct tree *t)
{
	return t->n_nodes;
}

uint64_t tree_changes(const struct tree *t)
{
	return t->changes;
}

static struct node *find(const struct tree *t, const struct node *dir,
			 const char *name, size_t len, uint32_t hash)
{
	struct node *n = *bucket(t, hash);

	while (n && (n->hash != hash || n->parent != dir ||
		     strncmp(n->name, name, len) || n->name[len]))
		n = n->chain;
	return n;
}

struct node *tree_child(const struct tree *t, const struct node *dir,
			const char *name, size_t len)
{
	return find(t, dir, name, len, hash_of(t, dir, name, len));
}

const char *tree_target(const struct node *n)
{
	assert(n->type == NODE_SYMLINK);
	return n->name + strlen(n->name) + 1;
}

bool tree_is_within(const struct node *n, const struct node *dir)
{
	while (n != dir && n->parent != n)
		n = n->parent;
	return n == dir;
}

int tree_put(struct tree *t, struct node *dir, const char *name,
	     enum node_type type, const char *target, unsigned layer,
	     struct node **out, bool *fresh, struct err *e)
{
	size_t len = strlen(name);
	uint32_t hash = hash_of(t, dir, name, len);
	struct node *old = find(t, dir, name, len, hash);

	*fresh = !old || old->type != NODE_DIR || type != NODE_DIR;
	if (!*fresh) {
		old->layer = (uint16_t)layer;
		*out = old;
		return 0;
	}
	if (old && tree_remove(t, old, e))
		return -1;
	struct node *n = create(t, dir, name, len, type, target, layer, e);

	if (!n)
		return -1;
	add(t, dir, n, hash);
	*out = n;
	return 0;
}

struct node *tree_imply(struct tree *t, struct node *dir, const char *name,
			size_t len, unsigned layer, struct err *e)
{
	struct node *n = create(t, dir, name, len, NODE_DIR, NULL, layer, e);

	if (!n)
		return NULL;
	imply(n, layer);
	add(t, dir, n, hash_of(t, dir, name, len));
	return t->ops->made(t->ops->ctx, n, e) ? NULL : n;
}

int tree_whiteout(struct tree *t, struct node *dir, const char *name,
		  unsigned layer, struct err *e)
{
	struct node *n = tree_child(t, dir, name, strlen(name));

	return n ? prune(t, n, true, layer, e) : 0;
}

int tree_opaque(struct tree *t, struct node *dir, unsigned layer, struct err *e)
{
	return prune(t, dir, false, layer, e);
}

/* Entries are of layers from 1: nothing was written by layer 0. */
int tree_remove(struct tree *t, struct node *n, struct err *e)
{
	assert(n != t->root);
	return prune(t, n, true, 0, e);
}

/* Two sorted lists to one. */
static struct node *join(struct node *a, struct node *b)
{
	struct node *first = NULL;
	struct node **at = &first;

	while (a && b) {
		struct node **less = strcmp(a->name, b->name) < 0 ? &a : &b;

		*at = *less;
		at = &(*at)->next;
		*less = *at;
	}
	*at = a ? a : b;
	return first;
}

/* Merge sort from below: list I has 2^I nodes, or none. */
static struct node *sorted(struct node *list)
{
	struct node *lists[64] = { NULL };
	struct node *all = NULL;
	size_t i;

	while (list) {
		struct node *one = list;

		list = one->next;
		one->next = NULL;
		for (i = 0; lists[i]; i++) {
			one = join(lists[i], one);
			lists[i] = NULL;
		}
		lists[i] = one;
	}
	for (i = 0; i < ARRAY_SIZE(lists); i++)
		all = join(lists[i], all);
	return all;
}

static int sort_dir(void *ctx, struct node *n, struct err *e)
{
	struct node *prev = NULL;

	(void)ctx;
	(void)e;
	n->dir->child = sorted(n->dir->child);
	for (struct node *c = n->dir->child; c; c = c->next) {
		c->prev = prev;
		prev = c;
	}
	return 0;
}

void tree_sort(struct tree *t)
{
	struct err none = { 0 };

	if (tree_each_dir(t, sort_dir, NULL, &none))
		assert(!"sorting does not fail");
}

void tree_path(const struct node *n, struct str *out)
{
	size_t len = 0;
	const struct node *at;

	for (at = n; at->parent != at; at = at->parent)
		len += strlen(at->name) + (at->parent->parent != at->parent);
	str_reserve(out, len);
	out->len += len;
	out->p[out->len] = '\0';
	size_t end = out->len;

	for (at = n; at->parent != at; at = at->parent) {
		size_t size = strlen(at->name);

		end -= size;
		memcpy(out->p + end, at->name, size);
		if (at->parent->parent != at->parent)
			out->p[--end] = '/';
	}
}

int tree_each(struct tree *t,
	      int (*fn)(void *ctx, struct node *n, struct err *e), void *ctx,
	      struct err *e)
{
	struct node *n = t->root;

	while (n) {
		if (fn(ctx, n, e))
			return -1;
		if (n->dir && n->dir->child) {
			n = n->dir->child;
			continue;
		}
		while (n != t->root && !n->next)
			n = n->parent;
		n = n == t->root ? NULL : n->next;
	}
	return 0;
}

int tree_each_dir(struct tree *t,
		  int (*fn)(void *ctx, struct node *n, struct err *e),
		  void *ctx, struct err *e)
{
	for (struct node *n = deepest(t->root, 0); n; n = after(n, t->root, 0))
		if (n->dir && fn(ctx, n, e))
			return -1;
	return 0;
}
