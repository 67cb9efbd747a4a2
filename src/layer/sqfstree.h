/* sqfstree.h - the names and inodes of a tree in memory to the tables of a
 * squashfs image; part of sqfswrite.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef LAYER_SQFSTREE_H
#define LAYER_SQFSTREE_H

#include "base/err.h"
#include "layer/sqfsinode.h"
#include "layer/tree.h"

/* Write the inodes, the directories, the owners and the attributes of T behind
 * what is in the file. BETWEEN directories and owners comes the table of
 * fragments; that is the caller's to write. */
MUST_CHECK int sqfstree_write(const struct sqfsinode_job *job, struct tree *t,
			      int (*between)(void *ctx, struct err *e),
			      struct err *e);

#endif
