/* place.h - what changesets say (changeset.h), made in a directory on disk.
 * SPDX-License-Identifier: Apache-2.0
 *
 * What an ordinary user's directory can't carry is left out and counted:
 * devices, set-ID bits, owners, attributes but user.*, times out of range.
 * Directories get u+rwx, files u+r. user.overlay.* is never kept: it steers an
 * overlay that a user mounts.
 */
#ifndef LAYER_PLACE_H
#define LAYER_PLACE_H

#include "base/err.h"
#include "layer/changeset.h"
#include "layer/stats.h"

struct place;

/* The empty directory ROOT (a descriptor, the caller's; O_PATH will do), whose
 * mode is set last of all. STATS are counted up. Starts a thread. */
struct place *place_new(int root, struct unpack_stats *stats, struct err *e);
void place_free(struct place *p);
AUTO_DEFINE_PTR(place, struct place, place_free)

/* To be given to changeset_new. */
struct changeset_ops place_ops(struct place *p);
/* After the last layer: modes and times of the directories of T, the
 * changeset's tree. */
MUST_CHECK int place_finish(struct place *p, struct tree *t, struct err *e);

#endif
