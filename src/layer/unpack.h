/* unpack.h - the layers of an image, or a tree without layers, applied one
 * after the other to a fresh directory (OCI layer.md), as fast as the slowest
 * of three stages: read and decompress, hash (diff_id), parse and write
 * (pipeline.h).
 * SPDX-License-Identifier: Apache-2.0
 *
 * Safe against any image: names are resolved in memory (lookup.h), the disk
 * sees single components below descriptors of directories that we made
 * ourselves (disk.h). Device nodes are left out and counted. Set-user-ID and
 * set-group-ID bits are kept off. Directories get u+rwx, files u+r. Modes,
 * modification times and user.* attributes are kept; owner is the caller.
 * Memory: the pipeline's and the table of names.
 */
#ifndef LAYER_UNPACK_H
#define LAYER_UNPACK_H

#include "base/err.h"
#include "layer/stack.h"
#include "layer/stats.h"

/* Apply the layers of S to the empty directory ROOT (a descriptor,
 * O_RDONLY or O_PATH), whose mode is set last of all: 0700 until then keeps
 * others out. On failure what was written so far is left for the caller to
 * remove. The message names the layer and the entry: "layer 2 of 5: 'a/b':
 * ...". A source that fails makes it fail with the source's error. Starts
 * threads; all have ended when it returns. */
MUST_CHECK int unpack_stack(int root, const struct stack *s,
			    struct unpack_stats *stats, struct err *e);

#endif
