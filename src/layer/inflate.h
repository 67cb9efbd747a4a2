/* inflate.h - gzip decoding, by ISA-L (inflate_isal.c) or zlib
 * (inflate_zlib.c); configure chooses the file. Used by codec.c only.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef LAYER_INFLATE_H
#define LAYER_INFLATE_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct inflate;

struct inflate *inflate_new(void);
void inflate_free(struct inflate *z);
/* As codec_step, for one gzip member: stops at its end with *ENDED true, by
 * then the header's and the trailer's CRC and the length were checked. */
MUST_CHECK int inflate_step(struct inflate *z, const void **in, size_t *in_len,
			    void *out, size_t out_len, size_t *made,
			    bool *ended, struct err *e);
/* Ready for the next member. */
void inflate_reset(struct inflate *z);

#endif
