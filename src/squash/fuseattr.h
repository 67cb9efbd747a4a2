/* fuseattr.h - a node of an image as the FUSE protocol shows it; part of
 * fusewire.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Modes are those that unpacking the image as an ordinary user would give: no
 * set-ID bits, and what the owner needs to read it.
 */
#ifndef SQUASH_FUSEATTR_H
#define SQUASH_FUSEATTR_H

#include "squash/sqnode.h"

#include <linux/fuse.h>

/* For how long the kernel may keep what it was told. */
#define FUSEATTR_FOREVER_S (1u << 30)

/* An image, and whose all that is in it is shown to be. */
struct fuseattr_view {
	struct sqfile *image;
	uint32_t uid, gid;
};

/* From the number of a node in the protocol to its reference, and back. */
uint64_t fuseattr_ref(const struct fuseattr_view *v, uint64_t nodeid);
uint64_t fuseattr_nodeid(const struct fuseattr_view *v, uint64_t ref);

void fuseattr_fill(const struct fuseattr_view *v, const struct sqnode *n,
		   struct fuse_attr *out);
void fuseattr_entry(const struct fuseattr_view *v, const struct sqnode *n,
		    struct fuse_entry_out *out);

#endif
