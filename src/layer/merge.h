/* merge.h - the layers of an image to one tree in memory, and the content of
 * its files to whoever writes them to a single file: no unpacked tree.
 * SPDX-License-Identifier: Apache-2.0
 *
 * What entries mean is told by changeset.h, as for an unpacked tree, when the
 * entries of all layers are known. Content can't wait for that, so layers are
 * read from the topmost down, and a file's content is passed over if a layer
 * above has its name, or something in place of a directory it is in: then it is
 * hidden - or nearly always so, since a name can lead through symlinks. Content
 * that is needed after all is fetched by going through its layer once more. So
 * the result is right whatever the layers hold, and one pass is enough for
 * those that people make.
 *
 * Memory: names and inodes (inode.h) of all layers, some 220 bytes an entry,
 * those of the tree included.
 */
#ifndef LAYER_MERGE_H
#define LAYER_MERGE_H

#include "base/err.h"
#include "layer/inode.h"
#include "layer/stack.h"

struct merge;

/* S (borrowed) must live as long. */
struct merge *merge_new(const struct stack *s);
void merge_free(struct merge *m);
AUTO_DEFINE_PTR(merge, struct merge, merge_free)

/* Limits. All are far above any image that people make. The tree has its own
 * (TREE_BYTES_MAX). */
#define MERGE_BYTES_MAX ((size_t)2 << 30) /* of memory: 10 million entries */
#define MERGE_XATTRS_MAX 256              /* attributes of an entry */
#define MERGE_XATTR_MAX (1u << 20)        /* bytes of them */

/* BYTES of memory in place of MERGE_BYTES_MAX. */
void merge_limit(struct merge *m, size_t bytes);

/* Put away the content of a file whose name is not known yet, by reading R;
 * *HANDLE (not NULL, PUT's to free) will stand for it in inode.content. It may
 * turn out to be needed by no name. Not called for empty files. */
typedef int merge_put(void *ctx, const struct entry *entry,
		      const struct entries *r, void **handle, struct err *e);

/* Read all layers and make the tree. With PUT, content is put away while they
 * are read; without, only the names are. To be called once. */
MUST_CHECK int merge_read(struct merge *m, merge_put *put, void *ctx,
			  struct err *e);

/* The tree; each node has its inode as node_inode says. Sorted (tree_sort). */
struct tree *merge_tree(struct merge *m);

/* An entry that is in the tree: INODE with the name N (its first; it may have
 * more), and R to read its content and attributes from. */
typedef int merge_take(void *ctx, struct inode *inode, struct node *n,
		       const struct entry *entry, const struct entries *r,
		       struct err *e);

/* Go through the layers once more, lowest first, and give each inode to FN
 * where its entry is. For formats that want a name before the content. Not
 * given: directories without an entry, further names. */
MUST_CHECK int merge_each(struct merge *m, merge_take *fn, void *ctx,
			  struct err *e);

#endif
