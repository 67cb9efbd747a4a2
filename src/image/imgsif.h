/* imgsif.h - kind: SIF, Apptainer's single-file image.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef IMAGE_IMGSIF_H
#define IMAGE_IMGSIF_H

#include "base/err.h"
#include "image/dest.h"
#include "image/imgoci.h"
#include "image/source.h"
#include "image/target.h"

/* Copy the one layer of I, a SIF file that a registry had as an ORAS artifact,
 * from LAYERS to DEST (dest_open_file), which appears whole when its bytes were
 * verified. ERR_FORMAT if it is no SIF, ERR_DIGEST. On failure nothing is
 * left. */
MUST_CHECK int imgsif_copy(const struct dest *dest, const struct imgoci *i,
			   const struct imgoci_layers *layers, struct err *e);

/* N's file. Its configuration is that of the object oci-config.json, or what
 * /.singularity.d says. */
MUST_CHECK int imgsif_open(struct source *s, const struct name *n,
			   const struct source_opts *o, struct err *e);
/* The same for the file FD (moved), which is called NAME. */
MUST_CHECK int imgsif_open_fd(struct source *s, int fd, const char *name,
			      struct err *e);
/* S as a SIF file that Apptainer and Singularity run. */
MUST_CHECK int imgsif_write(struct target *t, struct source *s, struct err *e);

#endif
