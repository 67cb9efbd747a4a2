/* plain.h - a layer's blob, decompressed and verified.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef IMAGE_PLAIN_H
#define IMAGE_PLAIN_H

#include "base/err.h"
#include "image/imgoci.h"

struct plain;

/* Layer K of I in the layout ROOT. NULL with E. */
struct plain *plain_open(int root, const struct imgoci *i, size_t k,
			 struct err *e);
void plain_close(struct plain *p);
AUTO_DEFINE_PTR(plain, struct plain, plain_close)

/* The next bytes: 1, 0 at the end, -1 with E. The end is told only if the sums
 * of the blob and of the plain bytes (diff_id) are right; ERR_DIGEST. */
MUST_CHECK int plain_next(struct plain *p, const void **at, size_t *n,
			  struct err *e);

#endif
