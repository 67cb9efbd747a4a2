/* sqfsinode.h - inodes of a squashfs image that is written; part of sqfswrite.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef LAYER_SQFSINODE_H
#define LAYER_SQFSINODE_H

#include "base/err.h"
#include "layer/inode.h"
#include "layer/sqfsfile.h"

#include <sqfs/compressor.h>
#include <sqfs/dir_writer.h>
#include <sqfs/inode.h>
#include <sqfs/super.h>
#include <stdbool.h>
#include <stdint.h>

/* What inode.content points to. A file that is shorter than a block is a tail.
 * A file with holes is in parts: each is some of its blocks, one behind the
 * other in the image, as a file of the library. */
struct sqfsinode_content {
	sqfs_inode_generic_t *file; /* the library's; NULL: none, or a tail */
	uint64_t ref;               /* where the inode was written */
	union {
		uint64_t block; /* number of the part's first block */
		struct {
			uint32_t index, offset; /* of sqfstails_put */
		} tail;
	};
	struct sqfsinode_content *next; /* part */
	bool is_sparse;
	bool is_tail;
};

struct sqfsinode_job {
	struct sqfsfile *file;
	sqfs_compressor_t *compressor; /* of inodes and names */
	sqfs_compressor_t *for_tables;
	sqfs_super_t *super; /* tables are entered here */
	int64_t mtime;       /* of directories without an entry */
	/* Counted up: times that were moved, and that were no whole seconds;
	 * attributes that were left out. */
	uint64_t *times;
	uint64_t *fractions;
	uint64_t *xattrs;
	/* A new content, for inodes that have none. */
	struct sqfsinode_content *(*content)(void *ctx);
	void *ctx;
};

/* What else is known of a directory. */
struct sqfsinode_dir {
	sqfs_dir_writer_t *listing; /* its names, complete */
	uint32_t n_dirs;            /* in it */
	uint32_t number, parent;    /* of inodes */
};

struct sqfsinode;

/* Inodes to the end of JOB's file. JOB must live as long. */
struct sqfsinode *sqfsinode_new(const struct sqfsinode_job *job, struct err *e);
void sqfsinode_free(struct sqfsinode *w);
AUTO_DEFINE_PTR(sqfsinode, struct sqfsinode, sqfsinode_free)

/* Where the next inode will be. */
uint64_t sqfsinode_ref(const struct sqfsinode *w);
/* The inode of N, which is not a directory. */
MUST_CHECK int sqfsinode_write(struct sqfsinode *w, const struct node *n,
			       const struct inode *in, uint32_t number,
			       struct err *e);
/* The inode of a directory; IN may be NULL. */
MUST_CHECK int sqfsinode_dir(struct sqfsinode *w, const struct inode *in,
			     const struct sqfsinode_dir *d, struct err *e);
/* All inodes are there. */
MUST_CHECK int sqfsinode_end(struct sqfsinode *w, struct err *e);
/* The tables of owners and attributes, which are the last ones. */
MUST_CHECK int sqfsinode_tables(struct sqfsinode *w, struct err *e);

#endif
