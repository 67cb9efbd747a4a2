/* enczstd.h - zstd encoding (RFC 8878) by several threads: one frame, with a
 * checksum.
 * SPDX-License-Identifier: Apache-2.0
 *
 * For encode.c only, which says what the calls mean.
 */
#ifndef LAYER_ENCZSTD_H
#define LAYER_ENCZSTD_H

#include "base/err.h"

#include <stddef.h>

struct enczstd;

struct enczstd *enczstd_new(int level, unsigned threads,
			    int (*write)(void *ctx, const void *p, size_t n,
					 struct err *e),
			    void *ctx, struct err *e);
void enczstd_free(struct enczstd *z);
AUTO_DEFINE_PTR(enczstd, struct enczstd, enczstd_free)

MUST_CHECK int enczstd_write(struct enczstd *z, const void *p, size_t n,
			     struct err *e);
MUST_CHECK int enczstd_end(struct enczstd *z, struct err *e);

#endif
