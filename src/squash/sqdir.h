/* sqdir.h - the names in a directory of a squashfs image.
 * SPDX-License-Identifier: Apache-2.0
 *
 * "." and ".." are not among them; a caller that wants them has sqnode's number
 * and parent.
 */
#ifndef SQUASH_SQDIR_H
#define SQUASH_SQDIR_H

#include "squash/sqnode.h"

#include <stddef.h>

#define SQDIR_NAME_MAX 255 /* bytes */

/* A name in a list; NAME is valid during the call only and has no NUL at its
 * end. It has 1 to SQDIR_NAME_MAX bytes, none of them '/' or NUL, and is not
 * "." or "..". */
struct sqdir_entry {
	const char *name;
	size_t len;
	uint64_t ref;       /* for sqnode_read */
	uint64_t next;      /* where the list goes on behind it; below 2^42 */
	uint32_t number;    /* the inode's */
	unsigned char type; /* DT_REG and so on */
};

/* The reference of NAME (LEN bytes) in DIR. 0, -ENOENT, -ENOTDIR if DIR is no
 * directory, -EIO, -ENOMEM. */
MUST_CHECK int sqdir_find(struct sqfile *f, const struct sqnode *dir,
			  const char *name, size_t len, uint64_t *ref);

/* Call FN for the names of DIR from AT on, which is 0 for the first or `next`
 * of an entry, until FN returns other than 0 (it did not take that one) or
 * there are no more. Returns what FN returned last (0 in an empty rest), or
 * -ENOTDIR, -EIO, -ENOMEM; names that FN took before that are good. Nothing is
 * kept between two calls. FN may call sqnode_read and the like. */
MUST_CHECK int sqdir_list(struct sqfile *f, const struct sqnode *dir,
			  uint64_t at,
			  int (*fn)(void *ctx, const struct sqdir_entry *x),
			  void *ctx);

#endif
