/* carrier.h - the blobs of one image from one layout to another on this
 * machine, each verified. SPDX-License-Identifier: Apache-2.0
 */
#ifndef IMAGE_CARRIER_H
#define IMAGE_CARRIER_H

#include "base/err.h"
#include "image/imgoci.h"
#include "image/progress.h"

#include <stdbool.h>
#include <stdint.h>

struct watch;

struct carrier {
	int root;          /* where to: a layout's directory */
	const char *shown; /* that, if there is no room; NULL: no matter */
	struct progress *progress; /* gets a row for each blob; or NULL */
	struct watch *watch;       /* is told of bytes that are copied; or NULL
				    */
	bool is_ours; /* the other layout is on ROOT's file system, its blobs
		       * were verified when they were written there, and they
		       * may be moved */
};

/* Put the layers, the configuration and at last the manifest of I, which was
 * loaded from the layout SRC, into ROOT's blobs, but for those that are there,
 * if there is room for them (room.h).
 * *FETCHED are the bytes of layers that were not. ERR_DIGEST names what was
 * expected and found. On failure whole blobs stay. */
MUST_CHECK int carrier_take(const struct carrier *c, int src,
			    const struct imgoci *i, uint64_t *fetched,
			    struct err *e);

#endif
