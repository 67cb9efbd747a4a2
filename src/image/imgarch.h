/* imgarch.h - kinds: an image with layers in an archive, as an OCI layout
 * (oci-archive:) or as `docker save` writes it (docker-archive:).
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef IMAGE_IMGARCH_H
#define IMAGE_IMGARCH_H

#include "image/source.h"
#include "image/target.h"

/* S as an OCI layout in an archive, called as in a layout (imglayout.h). */
MUST_CHECK int imgarch_write_oci(struct target *t, struct source *s,
				 struct err *e);
/* S as manifest.json, `repositories`, configuration and layers, which are not
 * compressed; called as T says, or as S is, or nothing. */
MUST_CHECK int imgarch_write_docker(struct target *t, struct source *s,
				    struct err *e);

#endif
