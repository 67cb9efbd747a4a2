/* sqfssets.h - sets of extended attributes of a squashfs image that is written;
 * part of sqfswrite.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef LAYER_SQFSSETS_H
#define LAYER_SQFSSETS_H

#include "base/err.h"
#include "layer/inode.h"
#include "layer/sqfsfile.h"

#include <sqfs/compressor.h>
#include <sqfs/super.h>
#include <stdint.h>

#define SQFSSETS_NONE 0xffffffffu

struct sqfssets;

/* *N_LOST, the caller's, counts up attributes that are left out. */
struct sqfssets *sqfssets_new(uint64_t *n_lost, struct err *e);
void sqfssets_free(struct sqfssets *s);
AUTO_DEFINE_PTR(sqfssets, struct sqfssets, sqfssets_free)

/* The number of the set that IN (may be NULL) has, or SQFSSETS_NONE. */
MUST_CHECK int sqfssets_index(struct sqfssets *s, const struct inode *in,
			      uint32_t *out, struct err *e);
/* The tables, to the end of FILE and entered in SUPER. */
MUST_CHECK int sqfssets_write(struct sqfssets *s, struct sqfsfile *file,
			      sqfs_compressor_t *c, sqfs_super_t *super,
			      struct err *e);

#endif
