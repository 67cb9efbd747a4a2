/* sqdata.h - the content of files and symlinks of a squashfs image.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Whole blocks are inflated into the caller's buffer without being kept: the
 * kernel's page cache keeps them. Blocks of which a part is wanted, and
 * fragments, are kept for the next part. So it pays to ask for whole blocks
 * (sqfile_header's block_size, at multiples of it).
 */
#ifndef SQUASH_SQDATA_H
#define SQUASH_SQDATA_H

#include "squash/sqnode.h"

/* Up to N bytes of the regular file NODE from OFFSET on; the count, which is
 * less than N only at the end of the file, or -EISDIR, -EINVAL for what is no
 * regular file, -EIO, -ENOMEM. BUF's content is undefined after an error. */
MUST_CHECK ssize_t sqdata_read(struct sqfile *f, const struct sqnode *node,
			       uint64_t offset, void *buf, size_t n);

/* The target of the symlink NODE, without NUL at its end; its length, at most
 * SQNODE_LINK_MAX, or -EINVAL for another node, -ERANGE if it is more than N,
 * -EIO, -ENOMEM. */
MUST_CHECK ssize_t sqdata_readlink(struct sqfile *f, const struct sqnode *node,
				   char *buf, size_t n);

#endif
