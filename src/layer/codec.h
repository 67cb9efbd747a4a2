/* codec.h - the compression of a layer, told by its bytes: gzip (RFC 1952),
 * zstd (RFC 8878) or none.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A push decoder: give it input, take output, no more than one buffer at a
 * time, memory constant whatever the data. Several gzip members or zstd frames
 * one after the other are one stream; zeros behind the last one are ignored,
 * other bytes are an error, as are a wrong checksum and a stream that ends
 * early.
 */
#ifndef LAYER_CODEC_H
#define LAYER_CODEC_H

#include "base/err.h"

#include <stddef.h>

#define CODEC_PROBE 6 /* bytes needed to recognise a compression */

struct codec;

/* A decoder for the stream that starts with FIRST (N bytes, fewer than
 * CODEC_PROBE only if that is all there is). xz, bzip2, lzma and lz4 are
 * recognised and refused (ERR_UNSUPPORTED); anything else is taken as plain. */
struct codec *codec_new(const void *first, size_t n, struct err *e);
void codec_free(struct codec *c);
AUTO_DEFINE_PTR(codec, struct codec, codec_free)

/* "gzip", "zstd" or "none". */
const char *codec_name(const struct codec *c);

/* Decode from *IN (advanced, *IN_LEN reduced) into OUT, until OUT is full or
 * the input is used up; *MADE is what was written. Output may still be pending
 * when the input is used up exactly as OUT got full: call again until
 * *MADE < OUT_LEN. ERR_FORMAT; ERR_LIMIT for a zstd window over 128 MiB. */
MUST_CHECK int codec_step(struct codec *c, const void **in, size_t *in_len,
			  void *out, size_t out_len, size_t *made,
			  struct err *e);
/* The input is over: was the stream complete? ERR_FORMAT ("gzip data ends
 * early"). */
MUST_CHECK int codec_end(struct codec *c, struct err *e);

#endif
