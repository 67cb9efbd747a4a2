/* imgsif.h - kind: SIF, Apptainer's single-file image.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef IMAGE_IMGSIF_H
#define IMAGE_IMGSIF_H

#include "base/err.h"
#include "image/dest.h"
#include "image/imgoci.h"

/* Copy the one layer of I, a SIF file that a registry had as an ORAS artifact,
 * from LAYERS to DEST (dest_open_file), which appears whole when its bytes were
 * verified. ERR_FORMAT if it is no SIF, ERR_DIGEST. On failure nothing is
 * left. */
MUST_CHECK int imgsif_copy(const struct dest *dest, const struct imgoci *i,
			   const struct imgoci_layers *layers, struct err *e);

#endif
