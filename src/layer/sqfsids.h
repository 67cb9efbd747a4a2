/* sqfsids.h - users and groups of a squashfs image that is written, by number;
 * part of sqfswrite.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The library's table is searched from its start for each.
 */
#ifndef LAYER_SQFSIDS_H
#define LAYER_SQFSIDS_H

#include "base/err.h"
#include "layer/sqfsfile.h"

#include <sqfs/compressor.h>
#include <sqfs/super.h>
#include <stdint.h>

struct sqfsids;

struct sqfsids *sqfsids_new(void);
void sqfsids_free(struct sqfsids *t);

/* The number of ID, in the order in which they are asked for. ERR_LIMIT if
 * there are more than a superblock can count. */
MUST_CHECK int sqfsids_index(struct sqfsids *t, uint32_t id, uint16_t *out,
			     struct err *e);
/* The table, to the end of FILE and entered in SUPER. */
MUST_CHECK int sqfsids_write(const struct sqfsids *t, struct sqfsfile *file,
			     sqfs_compressor_t *c, sqfs_super_t *super,
			     struct err *e);

#endif
