/* layersource.h - where a layer's bytes come from, and what they should sum to.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef LAYER_LAYERSOURCE_H
#define LAYER_LAYERSOURCE_H

#include "base/err.h"
#include "base/hash.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct layer_source {
	const char *name; /* for messages: "layer 2 of 5"; NULL: none */
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

#endif
