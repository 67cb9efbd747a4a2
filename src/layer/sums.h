/* sums.h - the digests of streams that come through rings, several of them by
 * one thread.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef LAYER_SUMS_H
#define LAYER_SUMS_H

#include "base/err.h"
#include "base/gate.h"
#include "base/hash.h"
#include "base/ring.h"
#include "layer/layersource.h"

#include <stdbool.h>
#include <stddef.h>

/* The messages of a ring, each ended by a slot with a mark, are the layers
 * LAYER, LAYER + STEP, ... of LAYERS. */
struct sums_stream {
	struct ring *ring;
	unsigned reader; /* which one of the ring's we are */
	bool is_blob;    /* the blob's digest, not the diff_id */
	size_t layer;
	size_t step;
	struct gate *good; /* raised to a layer's number + 1 when its sum is
			    * right; NULL: nobody asks */
	/* sums_run's own: */
	struct hash *hash;
	const char *p; /* of the slot in hand; NULL: none */
	size_t n;
	int mark;
};

/* How many streams one thread should have: as many as keep it busy where two
 * are summed in the time of one, else one. */
size_t sums_per_thread(void);

/* Sum N streams of the LAYERS until all have ended. BELL is raised, to any
 * higher value, whenever a ring has something new, and cancelled with the
 * rings. -1: *BAD is the layer whose sum is wrong; without an error if it was
 * cancelled. */
MUST_CHECK int sums_run(struct sums_stream *s, size_t n,
			const struct layer_source *layers, size_t n_layers,
			struct gate *bell, size_t *bad, struct err *e);

#endif
