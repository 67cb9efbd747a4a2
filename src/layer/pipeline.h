/* pipeline.h - the layers of an image, read, decompressed and verified side by
 * side, and given to one reader in their order as entries.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Memory: the rings (10 to 24 MiB) and up to four decoders, whatever the size
 * of the layers.
 */
#ifndef LAYER_PIPELINE_H
#define LAYER_PIPELINE_H

#include "base/err.h"
#include "layer/entry.h"
#include "layer/layersource.h"

#include <stddef.h>

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
