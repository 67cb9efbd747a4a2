/* sqfscomp.h - the compressors that squashfs images are written with; part of
 * sqfswrite.
 * SPDX-License-Identifier: Apache-2.0
 *
 * They are libsquashfs' own behind one of ours that never fails: the library's
 * threads all leave when one of them can't compress a block (for want of
 * memory), and who waits for another one then waits for ever.
 */
#ifndef LAYER_SQFSCOMP_H
#define LAYER_SQFSCOMP_H

#include "base/err.h"
#include "base/strlist.h"

#include <sqfs/predef.h>

#include <sqfs/compressor.h>
#include <stdint.h>

/* Add the names of those that this build has. */
void sqfscomp_names(struct strlist *out);
/* The compressor NAME at LEVEL (0: its default) for blocks of BLOCK bytes; *ID
 * is its number. It goes with sqfs_destroy, as do its copies, which must go
 * before it. ERR_UNSUPPORTED: it is not built in; ERR_USAGE: bad level. */
sqfs_compressor_t *sqfscomp_new(const char *name, int level, uint32_t block,
				SQFS_COMPRESSOR *id, struct err *e);
/* Did C or a copy of it leave a block as it is because it failed? Then what
 * was written is right but not what was asked for: ERR_SYS. From any thread. */
MUST_CHECK int sqfscomp_check(const sqfs_compressor_t *c, struct err *e);
/* What small tables are compressed with: C or, for LZ4, one that leaves them as
 * they are. C's, as long as it lives. */
sqfs_compressor_t *sqfscomp_for_tables(sqfs_compressor_t *c);

#endif
