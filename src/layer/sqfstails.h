/* sqfstails.h - ends of files, and files that are shorter than a block, packed
 * into blocks of a squashfs image, each content once; part of sqfswrite.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Equal ones are told by a sum under a key that the image can't know, so there
 * is nothing to compare and nobody can choose what has the same sum.
 */
#ifndef LAYER_SQFSTAILS_H
#define LAYER_SQFSTAILS_H

#include "base/auto.h"

#include <sqfs/predef.h>

#include <sqfs/block_processor.h>
#include <sqfs/frag_table.h>

struct sqfstails;

/* To blocks of BLOCK bytes, which are given to DATA and numbered in TABLE; both
 * must live as long. */
struct sqfstails *sqfstails_new(size_t block, sqfs_block_processor_t *data,
				sqfs_frag_table_t *table);
void sqfstails_free(struct sqfstails *t);
AUTO_DEFINE_PTR(sqfstails, struct sqfstails, sqfstails_free)

/* The N bytes at P, at least one and fewer than a block: the number of their
 * block and where in it. Not while DATA has a file open. 0 or a code of the
 * library. */
MUST_CHECK int sqfstails_put(struct sqfstails *t, const void *p, size_t n,
			     uint32_t *index, uint32_t *offset);
/* The last block. */
MUST_CHECK int sqfstails_end(struct sqfstails *t);

#endif
