/* pack.h - how a file is packed: compressor and level, as people write them,
 * threads, and the times of what is made.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef IMAGE_PACK_H
#define IMAGE_PACK_H

#include "base/err.h"
#include "image/name.h"
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

/* TEXT is NAME[:LEVEL]. ERR_USAGE lists the names, or says which levels there
 * are. */
MUST_CHECK int pack_parse(struct pack *p, const char *text, struct err *e);
/* For an option: ERR_USAGE unless VALUE is a number of threads that may be. */
int pack_check_threads(const char *value, struct err *e);
/* The time, and the number of threads (0: as there are processors), from the
 * clock, the machine and SOURCE_DATE_EPOCH (reproducible-builds.org). ERR_USAGE
 * if that is no number. */
MUST_CHECK int pack_set(struct pack *p, int threads, struct err *e);
/* Can what is written to OUT be packed so? ERR_UNSUPPORTED with what there is,
 * for a suffix as well that promises something else. */
MUST_CHECK int pack_check(const struct pack *p, const struct name *out,
			  struct err *e);
/* The compression of a stream: P's if it was given, else what the suffix of
 * PATH says ("x.tgz"), else FALLBACK. ERR_UNSUPPORTED for one that streams
 * don't have. */
MUST_CHECK int pack_stream(const struct pack *p, const char *path,
			   enum encode_kind fallback, enum encode_kind *out,
			   struct err *e);

#endif
