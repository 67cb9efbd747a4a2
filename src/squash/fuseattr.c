/* fuseattr.c - a node of an image as the FUSE protocol shows it.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "squash/fuseattr.h"

#include <sys/stat.h>

#define SECTOR 512 /* of st_blocks */

uint64_t fuseattr_ref(const struct fuseattr_view *v, uint64_t nodeid)
{
	return nodeid == FUSE_ROOT_ID ? sqfile_header(v->image)->root
				      : nodeid - FUSE_ROOT_ID - 1;
}

uint64_t fuseattr_nodeid(const struct fuseattr_view *v, uint64_t ref)
{
	return ref == sqfile_header(v->image)->root ? FUSE_ROOT_ID
						    : ref + FUSE_ROOT_ID + 1;
}

static uint32_t shown_mode(uint32_t mode)
{
	uint32_t needed = S_ISDIR(mode) ? S_IRWXU : S_IRUSR;

	return (mode & ~(uint32_t)(S_ISUID | S_ISGID)) | needed;
}

/* As the kernel's new_decode_dev has it. */
static uint32_t device(const struct sqnode *n)
{
	return (n->minor & 0xff) | n->major << 8 | (n->minor & ~0xffu) << 12;
}

void fuseattr_fill(const struct fuseattr_view *v, const struct sqnode *n,
		   struct fuse_attr *out)
{
	*out = (struct fuse_attr){
		.ino = n->number,
		.size = n->size,
		.blocks = (n->used + SECTOR - 1) / SECTOR,
		.atime = n->mtime_s,
		.mtime = n->mtime_s,
		.ctime = n->mtime_s,
		.mode = shown_mode(n->mode),
		.nlink = n->n_links,
		.uid = v->uid,
		.gid = v->gid,
		.rdev = device(n),
		.blksize = sqfile_header(v->image)->block_size,
	};
}

void fuseattr_entry(const struct fuseattr_view *v, const struct sqnode *n,
		    struct fuse_entry_out *out)
{
	*out = (struct fuse_entry_out){
		.nodeid = fuseattr_nodeid(v, n->ref),
		.entry_valid = FUSEATTR_FOREVER_S,
		.attr_valid = FUSEATTR_FOREVER_S,
	};
	fuseattr_fill(v, n, &out->attr);
}
