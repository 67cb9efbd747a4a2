/* newlayer.h - a tree without layers as an OCI image of one layer.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef IMAGE_NEWLAYER_H
#define IMAGE_NEWLAYER_H

#include "image/source.h"
#include "image/target.h"

/* Put layer, configuration and manifest of S into the blobs of the layout ROOT.
 * T says how it is packed (gzip if it does not). On failure whole
 * blobs stay. ERR_UNSUPPORTED for names that a layer can't hold. */
MUST_CHECK int newlayer_make(int root, const struct target *t, struct source *s,
			     struct imgoci *out, struct err *e);

#endif
