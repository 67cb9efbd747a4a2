/* saveload.h - one image of an archive that `docker save` wrote, as an OCI
 * image (manifest.md). SPDX-License-Identifier: Apache-2.0
 *
 * The archive has no manifest of a registry's kind, so one is made: the
 * configuration and the layers as they are stored, in OCI's types. The same
 * content always gives the same bytes.
 */
#ifndef IMAGE_SAVELOAD_H
#define IMAGE_SAVELOAD_H

#include "base/err.h"
#include "format/saved.h"
#include "image/imgoci.h"
#include "image/spool.h"

/* Make a manifest for IMAGE, whose files are in S, put it into S's blobs and
 * load it. A configuration named HEX.json must have that digest, a layer that
 * is not compressed its diff_id. ERR_FORMAT, ERR_DIGEST, ERR_UNSUPPORTED. */
MUST_CHECK int saveload_image(const struct spool *s,
			      const struct saved_image *image,
			      struct imgoci *out, struct err *e);

#endif
