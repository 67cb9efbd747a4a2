/* sqnode.h - one inode of a squashfs image.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SQUASH_SQNODE_H
#define SQUASH_SQNODE_H

#include "squash/sqfile.h"

#include <sys/types.h>

#define SQNODE_NONE UINT32_MAX /* no fragment, no attributes */
#define SQNODE_LINK_MAX 4095   /* bytes of a symlink's target */

/* A place in a table: a block, from the image's start, and a byte of it when it
 * is inflated. */
struct sqplace {
	uint64_t block;
	uint32_t offset;
};

/* Plain data: nothing to release. */
struct sqnode {
	uint64_t ref;
	uint64_t size; /* bytes; of a symlink: its target's */
	uint64_t used; /* a file's bytes that are in no hole */
	uint32_t mode; /* with its type: S_IFREG and so on */
	uint32_t uid, gid;
	uint32_t n_links;
	uint32_t number;       /* inode number, from 1 on */
	uint32_t parent;       /* a directory's: its parent's inode number */
	uint32_t mtime_s;      /* since 1970 */
	uint32_t major, minor; /* of a device */

	/* For sqdir, sqdata and sqxattr. */
	struct sqplace list;  /* directory: names; file: its blocks' sizes;
			       * symlink: target */
	struct sqplace index; /* directory: of NAMES, N_INDEX items */
	uint32_t n_index;
	uint64_t data;     /* file: where its first block is */
	uint32_t fragment; /* the tail's, or SQNODE_NONE */
	uint32_t tail;     /* where in the fragment */
	uint32_t xattrs;   /* their set, or SQNODE_NONE */
};

/* The node that REF names: sqfile_header's root or what sqdir.h gave. Any other
 * number is safe, too. Costs a hundred nanoseconds when its block is cached, so
 * there is no need to keep it. 0 or -EIO, -ENOMEM. */
MUST_CHECK int sqnode_read(struct sqfile *f, uint64_t ref, struct sqnode *out);

#endif
