/* pack.h - how a file is packed: compressor and level, as people write them,
 * threads, and the times of what is made.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef IMAGE_PACK_H
#define IMAGE_PACK_H

#include "base/err.h"
#include "layer/encode.h"

#include <stdbool.h>
#include <stdint.h>

struct pack {
	const char *compressor; /* "zstd", "lz4", "gzip", "xz", "none"; NULL: as
				 * is usual for what is written */
	int level;              /* 0: the compressor's own */
	uint32_t block;         /* of a squashfs; 0: its own */
	unsigned threads;       /* at least 1 */
	int64_t time_s;         /* of what we add */
	bool is_reproducible;   /* nothing else may depend on when and where */
};

/* TEXT is NAME[:LEVEL]. ERR_USAGE lists the names. */
MUST_CHECK int pack_parse(struct pack *p, const char *text, struct err *e);
/* The compression of a stream: P's if it was given, else what the suffix of
 * PATH says ("x.tgz"), else FALLBACK. ERR_UNSUPPORTED for one that streams
 * don't have. */
MUST_CHECK int pack_stream(const struct pack *p, const char *path,
			   enum encode_kind fallback, enum encode_kind *out,
			   struct err *e);

#endif
