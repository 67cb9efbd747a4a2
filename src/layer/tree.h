/* tree.h - the tree that layers make, in memory: names, types, and which layer
 * wrote what.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Pure: no file is touched here. Applying a layer entry means asking the tree
 * first; it answers what to do (which old nodes go, where the new one stands)
 * and the caller does the same on disk. The meaning of whiteouts and of
 * replacing is that of OCI layer.md ("Changeset"): whiteouts act on lower
 * layers only, wherever they stand in their layer. How an entry's name becomes
 * a directory and a name in it: lookup.h.
 */
#ifndef LAYER_TREE_H
#define LAYER_TREE_H

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TREE_DEPTH_MAX 2048 /* directories in one another */
#define TREE_PATH_MAX 4096  /* bytes of a node's path, symlinks resolved */
#define TREE_LAYER_MAX UINT16_MAX
#define TREE_BYTES_MAX ((size_t)2 << 30) /* of memory: some 20 million names */

enum node_type {
	NODE_DIR,
	NODE_FILE,
	NODE_SYMLINK,
	NODE_FIFO,
	NODE_DEVICE, /* known, so that links to it are; not on disk */
};

struct node {
	struct node *parent;  /* of the root: itself */
	struct node *next;    /* sibling */
	struct node *prev;    /* sibling */
	struct node *chain;   /* the name table's */
	struct node_dir *dir; /* of a directory, else NULL */
	void *data;           /* the caller's; NULL when new or implied */
	uint32_t hash;        /* the name table's */
	uint16_t layer;       /* the layer that wrote it, from 1 */
	uint8_t type;         /* enum node_type */
	char name[];          /* last component; "" for the root */
};

/* What only directories have. Mode and time are kept for the caller; the tree
 * sets them for implied directories (0755, no time). */
struct node_dir {
	struct node *child;  /* first */
	int64_t mtime_s;
	uint32_t mtime_ns;
	uint16_t mode;       /* permission bits */
	uint16_t depth;      /* of the root: 0 */
	uint16_t path_len;   /* bytes of its path */
	uint16_t pruned;     /* this layer finds nothing of lower ones below */
	bool is_implied : 1; /* there only because something is below it */
	bool has_time : 1;   /* mtime was given */
	bool has_xattrs : 1; /* disk.c's: user.* attributes were set */
	bool is_written : 1; /* tarwrite_merge.c's */
	int8_t slot;         /* disk.c's: where its descriptor is, or -1 */
	uint16_t disk_mode;  /* disk.c's: permission bits it has on disk */
};

/* Callbacks that keep the disk in step. GONE is called for a node before it is
 * removed from the tree: for a directory once, after its children. MADE is
 * called after an implied directory was added. Each returns 0 or -1 with E. */
struct tree_ops {
	int (*gone)(void *ctx, struct node *n, struct err *e);
	int (*made)(void *ctx, struct node *n, struct err *e);
	void *ctx;
};

struct tree;

/* OPS is the caller's and must live as long. */
struct tree *tree_new(const struct tree_ops *ops);
void tree_free(struct tree *t);
AUTO_DEFINE_PTR(tree, struct tree, tree_free)

/* BYTES of memory in place of TREE_BYTES_MAX. */
void tree_limit(struct tree *t, size_t bytes);

/* The root is an implied directory of layer 0 until it is changed. */
struct node *tree_root(const struct tree *t);
size_t tree_count(const struct tree *t); /* nodes, the root included */
/* Grows whenever a directory or symlink goes: paths may lead elsewhere now. */
uint64_t tree_changes(const struct tree *t);

/* The child of DIR whose name is the LEN bytes at NAME, or NULL. */
struct node *tree_child(const struct tree *t, const struct node *dir,
			const char *name, size_t len);
/* What the symlink N says; N's as long as it lives. */
const char *tree_target(const struct node *n);
/* Is N below DIR, or DIR itself? */
bool tree_is_within(const struct node *n, const struct node *dir);

/* A new entry NAME of TYPE in DIR for LAYER. An existing directory stays if the
 * new one is a directory too (*FRESH false); anything else of that name goes,
 * with all below it, whichever layer wrote it. TARGET for symlinks. Nothing is
 * made on disk. ERR_LIMIT if too deep or too many, ERR_FORMAT for a path that
 * is too long. */
MUST_CHECK int tree_put(struct tree *t, struct node *dir, const char *name,
			enum node_type type, const char *target, unsigned layer,
			struct node **out, bool *fresh, struct err *e);
/* A new directory that has no entry of its own, with MADE; there is nothing of
 * that name yet. NULL with E. */
struct node *tree_imply(struct tree *t, struct node *dir, const char *name,
			size_t len, unsigned layer, struct err *e);

/* NAME in DIR goes if LAYER did not write it; of a directory that LAYER wrote
 * or wrote into, only what lower layers put there goes. Missing is success. */
MUST_CHECK int tree_whiteout(struct tree *t, struct node *dir, const char *name,
			     unsigned layer, struct err *e);
/* The same for all children of DIR. */
MUST_CHECK int tree_opaque(struct tree *t, struct node *dir, unsigned layer,
			   struct err *e);
/* Remove N, which is not the root, and all below it, with GONE. */
MUST_CHECK int tree_remove(struct tree *t, struct node *n, struct err *e);

/* Call FN for every node, directories before what is in them, the children of
 * one in the order of their names' bytes after tree_sort. */
MUST_CHECK int tree_each(struct tree *t,
			 int (*fn)(void *ctx, struct node *n, struct err *e),
			 void *ctx, struct err *e);
/* Order the children of every directory by the bytes of their names. */
void tree_sort(struct tree *t);
/* N's path from the root, without a slash in front; "" for the root. */
void tree_path(const struct node *n, struct str *out);
/* Call FN for every directory, children before their parents. */
MUST_CHECK int tree_each_dir(struct tree *t,
			     int (*fn)(void *ctx, struct node *n,
				       struct err *e),
			     void *ctx, struct err *e);

#endif
