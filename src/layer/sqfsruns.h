/* sqfsruns.h - blocks of content to a squashfs image, each run of them once;
 * part of sqfswrite.
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the library's own block writer does, but for how it looks for blocks
 * that are there already: it compares with all that there are, and an image
 * can choose what has the same checksum.
 */
#ifndef LAYER_SQFSRUNS_H
#define LAYER_SQFSRUNS_H

#include "layer/sqfsfile.h"

#include <sqfs/block_writer.h>
#include <sqfs/frag_table.h>

/* A writer for the library's block processor, to the end of FILE. It goes with
 * sqfs_destroy. A block of fragments, for which USER is its number, is entered
 * in FRAGMENTS. Both are the caller's. */
sqfs_block_writer_t *sqfsruns_new(struct sqfsfile *file,
				  sqfs_frag_table_t *fragments);

#endif
