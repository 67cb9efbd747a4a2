/* usage.h - what a store takes, and what of it could be freed.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef IMAGE_USAGE_H
#define IMAGE_USAGE_H

#include "image/inventory.h"

enum usage_kind {
	USAGE_BLOBS,
	USAGE_TREES,
	USAGE_PARTIAL,    /* downloads that can be gone on with */
	USAGE_ASIDE,      /* set aside by gc, and still in use mostly */
	USAGE_UNFINISHED, /* being worked on, or left by the killed */
	USAGE_KINDS,
};

struct usage_row {
	size_t n;
	uint64_t bytes;       /* files' sizes; of trees what they say */
	uint64_t shared;      /* what more than one name needs */
	uint64_t reclaimable; /* what gc would free */
};

struct usage {
	struct usage_row row[USAGE_KINDS];
};

MUST_CHECK int usage_of(const struct inventory *v, int64_t now_s,
			struct usage *out, struct err *e);
/* "partial downloads" */
const char *usage_text(enum usage_kind kind);

#endif
