/* sqfsxattr.h - the extended attributes of a squashfs image, set by set; part
 * of sqfsread.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef LAYER_SQFSXATTR_H
#define LAYER_SQFSXATTR_H

#include "base/err.h"
#include "layer/sqfsimage.h"

#include <stdbool.h>
#include <stdint.h>

struct sqfsxattr;

/* For IMG, which must live as long. */
struct sqfsxattr *sqfsxattr_new(struct sqfsimage *img, struct err *e);
void sqfsxattr_free(struct sqfsxattr *x);
AUTO_DEFINE_PTR(sqfsxattr, struct sqfsxattr, sqfsxattr_free)

/* Begin with the set INDEX; whether it has any. One file can have names of
 * 64 KiB and values of 1 MiB in all, all files together some hundred bytes
 * each (ERR_LIMIT): sets are shared, and what is read has room for each. */
MUST_CHECK int sqfsxattr_open(struct sqfsxattr *x, uint32_t index, bool *any,
			      struct err *e);
/* As entries.xattr in entry.h. */
bool sqfsxattr_next(struct sqfsxattr *x, const char **name, const void **value,
		    size_t *size);

#endif
