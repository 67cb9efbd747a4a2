/* sqxattr.h - extended attributes in a squashfs image.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SQUASH_SQXATTR_H
#define SQUASH_SQXATTR_H

#include "squash/sqnode.h"

#define SQXATTR_VALUE_MAX 65536 /* bytes: XATTR_SIZE_MAX of limits.h */

/* The value of NODE's attribute NAME ("user.x"), as getxattr(2): its length; if
 * N is 0, that is all. -ENODATA, -ERANGE if N is too small, -EIO, -ENOMEM. */
MUST_CHECK ssize_t sqxattr_get(struct sqfile *f, const struct sqnode *node,
			       const char *name, void *buf, size_t n);

/* The names of NODE's attributes, each with a NUL behind it, as listxattr(2):
 * their length in all. -ERANGE, -EIO, -ENOMEM. */
MUST_CHECK ssize_t sqxattr_list(struct sqfile *f, const struct sqnode *node,
				char *buf, size_t n);

#endif
