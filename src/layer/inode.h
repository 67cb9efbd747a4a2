/* inode.h - what the names of a tree in memory (merge.h) stand for: all that is
 * known of a file but its name.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Nothing is left out yet (set-ID bits, devices, any owner) but attributes that
 * do not belong into an image (attrs_belong). Names that are hard links of one
 * another share one inode. Who writes the tree decides what to keep.
 */
#ifndef LAYER_INODE_H
#define LAYER_INODE_H

#include "layer/entry.h"
#include "layer/tree.h"

struct inode_xattr {
	char *name;
	void *value;
	size_t size;
};

struct inode {
	uint16_t type : 4;  /* enum entry_type, never ENTRY_HARDLINK */
	uint16_t mode : 12; /* 07777 */
	uint16_t n_xattrs;
	uint32_t mtime_ns;
	int64_t mtime_s;
	uint32_t uid, gid;
	uint32_t n_links; /* names in the tree */
	uint32_t number;  /* the writer's; 0 before */
	uint64_t size;    /* of a file's content, holes included */
	union {
		uint64_t held; /* of a file's, without the holes known */
		struct {
			uint32_t major, minor; /* of devices */
		};
	};
	struct inode_xattr *xattrs;
	/* Where a file's content went: the writer's; NULL: not taken yet. */
	void *content;
	struct node *first; /* the first of its names; NULL: it has none */
};

/* N's; NULL for a directory that has no entry of its own (0755, root's, time
 * 0). */
static inline struct inode *node_inode(const struct node *n)
{
	return n->data;
}

#endif
