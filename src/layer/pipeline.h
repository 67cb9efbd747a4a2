/* pipeline.h - the layers of an image, read, decompressed and verified side by
 * side, and given to one reader in their order as entries.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Memory: the rings (8 or 16 MiB) and up to four decoders, whatever the size of
 * the layers.
 */
#ifndef LAYER_PIPELINE_H
#define LAYER_PIPELINE_H

#include "base/err.h"
#include "base/hash.h"
#include "layer/entry.h"

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
	/* Reading has failed: make a read that waits, and all later ones,
	 * fail. Called at most once, from the caller's thread, for a layer that
	 * may be being read. NULL: reads never wait for long. */
	void (*cancel)(void *ctx);
	/* To be read from its start again; NULL: can't be. Not while it is
	 * being read. */
	int (*rewind)(void *ctx, struct err *e);
	void *ctx;
	enum hash_algo blob_algo;
	const char *blob_hex; /* expected sum of the compressed bytes, or NULL:
			       * somebody else checks it */
	enum hash_algo diff_algo;
	const char *diff_hex; /* expected sum of the plain tar (diff_id), all
			       * its bytes, those behind the archive's end too;
			       * NULL: not checked */
};

/* Layer I, to be read to its end. Called from the caller's thread. */
typedef int pipeline_give(void *ctx, size_t i, const struct entries *r,
			  struct err *e);

/* Give LAYERS to GIVE, one after the other in the order they stand here. That a
 * layer's sums are right is known only when all has succeeded. The message
 * names the layer: "layer 2 of 5: ...". A source that fails makes it fail with
 * the source's error. Starts threads; all have ended when it returns. */
MUST_CHECK int pipeline_run(const struct layer_source *layers, size_t n,
			    pipeline_give *give, void *ctx, struct err *e);

#endif
