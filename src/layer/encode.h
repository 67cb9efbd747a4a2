/* encode.h - compress a stream: gzip (RFC 1952) or zstd (RFC 8878), by several
 * threads, or pass it on as it is.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A push encoder: what is given comes out at the other end, in order, from the
 * caller's thread. The same bytes give the same output, however many threads
 * and however they are given. Memory: a few buffers for each thread.
 */
#ifndef LAYER_ENCODE_H
#define LAYER_ENCODE_H

#include "base/err.h"

#include <stddef.h>

enum encode_kind {
	ENCODE_NONE,
	ENCODE_GZIP,
	ENCODE_ZSTD,
};

#define ENCODE_LEVEL_DEFAULT 0 /* gzip 6, zstd 3 */

struct encode;

/* Compressed bytes go to WRITE. LEVEL: 1 to 9 for gzip, 1 to 19 for zstd
 * (ERR_USAGE else), or ENCODE_LEVEL_DEFAULT. THREADS: at least 1. */
struct encode *encode_new(enum encode_kind kind, int level, unsigned threads,
			  int (*write)(void *ctx, const void *p, size_t n,
				       struct err *e),
			  void *ctx, struct err *e);
void encode_free(struct encode *c);
AUTO_DEFINE_PTR(encode, struct encode, encode_free)

MUST_CHECK int encode_write(struct encode *c, const void *p, size_t n,
			    struct err *e);
/* The stream is over: what is left comes out. */
MUST_CHECK int encode_end(struct encode *c, struct err *e);

#endif
