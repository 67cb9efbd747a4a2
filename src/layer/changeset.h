/* changeset.h - one layer's tar archive, applied to the tree and the disk (OCI
 * layer.md, "Applying Changesets").
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef LAYER_CHANGESET_H
#define LAYER_CHANGESET_H

#include "base/err.h"
#include "layer/stats.h"
#include "layer/tarread.h"

struct changeset;

/* For layers to be applied to the empty directory ROOT one after the other.
 * STATS are counted up. */
struct changeset *changeset_new(int root, struct unpack_stats *stats,
				struct err *e);
void changeset_free(struct changeset *c);
AUTO_DEFINE_PTR(changeset, struct changeset, changeset_free)

/* Apply the next layer, up to the end of the archive that R reads. The message
 * names the entry; what R's source says is passed on as it is. */
MUST_CHECK int changeset_apply(struct changeset *c, struct tarread *r,
			       struct err *e);
/* After the last layer: modes and times of directories. */
MUST_CHECK int changeset_finish(struct changeset *c, struct err *e);

#endif
