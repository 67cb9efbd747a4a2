/* tarwrite.h - a merged tree or any entries to a tar archive (POSIX pax where
 * ustar has no room).
 * SPDX-License-Identifier: Apache-2.0
 *
 * Deterministic: the same entries give the same bytes. Owners are numbers,
 * names of users and groups are left out. Attributes are SCHILY.xattr records,
 * sparse files GNU.sparse 1.0, as GNU tar and libarchive read them.
 */
#ifndef LAYER_TARWRITE_H
#define LAYER_TARWRITE_H

#include "base/err.h"
#include "layer/entry.h"
#include "layer/merge.h"

struct tarwrite;

/* The archive's bytes go to WRITE, in order. */
struct tarwrite *tarwrite_new(int (*write)(void *ctx, const void *p, size_t n,
					   struct err *e),
			      void *ctx);
void tarwrite_free(struct tarwrite *w);
AUTO_DEFINE_PTR(tarwrite, struct tarwrite, tarwrite_free)

/* One entry with its content and attributes from R. ENTRY->name may be anything
 * but empty (the root is "./" or "."). The bytes of content are always as many
 * as the header says: what R does not give of a file are zeros, content beyond
 * its size or outside of its extents is ERR_FORMAT. What R and WRITE say is
 * passed on as it is. ERR_LIMIT: attributes of more than 1 MiB. */
MUST_CHECK int tarwrite_entry(struct tarwrite *w, const struct entry *entry,
			      const struct entries *r, struct err *e);
/* The tree of M: directories before what is in them, else in the order of the
 * layers, further names of a file behind it; directories without an entry of
 * their own too. Everything once; the root is "./". One pass over the layers.
 * To be called once for M. */
MUST_CHECK int tarwrite_merge(struct tarwrite *w, struct merge *m,
			      struct err *e);
/* The archive's end. */
MUST_CHECK int tarwrite_end(struct tarwrite *w, struct err *e);

#endif
