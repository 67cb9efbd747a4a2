/* unpack.h - the layers of an image, applied one after the other to a fresh
 * directory (OCI layer.md), as fast as the slowest of three stages: read and
 * decompress, hash (diff_id), parse and write.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Safe against any image: names are resolved in memory (lookup.h), the disk
 * sees single components below descriptors of directories that we made
 * ourselves (disk.h). Device nodes are left out and counted. Set-user-ID and
 * set-group-ID bits are kept off. Directories get u+rwx, files u+r. Modes,
 * modification times and user.* attributes are kept; owner is the caller.
 * Memory: the rings (8 or 16 MiB), up to four decoders and the table of names.
 */
#ifndef LAYER_UNPACK_H
#define LAYER_UNPACK_H

#include "base/err.h"
#include "base/hash.h"
#include "layer/stats.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct layer_source {
	const char *name; /* for messages: "layer 2 of 5" */
	uint64_t size;    /* of the compressed bytes; more or fewer is
			   * ERR_DIGEST */
	/* Give up to N compressed bytes, waiting as long as it takes; 0 at the
	 * end, -1 with E. Called from one thread, not the caller's; several
	 * layers are read at a time. */
	ssize_t (*read)(void *ctx, void *p, size_t n, struct err *e);
	/* Unpacking has failed: make a read that waits, and all later ones,
	 * fail. Called at most once, from the caller's thread, for a layer that
	 * may be being read. NULL: reads never wait for long. */
	void (*cancel)(void *ctx);
	void *ctx;
	enum hash_algo blob_algo;
	const char *blob_hex; /* expected sum of the compressed bytes, or NULL:
			       * somebody else checks it */
	enum hash_algo diff_algo;
	const char *diff_hex; /* expected sum of the plain tar (diff_id), all
			       * its bytes, those behind the archive's end too;
			       * NULL: not checked */
};

/* Apply LAYERS (lowest first) to the empty directory ROOT (a descriptor,
 * O_RDONLY or O_PATH), whose mode is set last of all: 0700 until then keeps
 * others out. On failure what was written so far is left for the caller to
 * remove. The message names the layer and the entry: "layer 2 of 5: 'a/b':
 * ...". A source that fails makes it fail with the source's error. Starts
 * threads; all have ended when it returns. */
MUST_CHECK int unpack_layers(int root, const struct layer_source *layers,
			     size_t n, struct unpack_stats *stats,
			     struct err *e);

#endif
