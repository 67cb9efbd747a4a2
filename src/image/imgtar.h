/* imgtar.h - kind: a root file system in a tar archive, maybe compressed.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef IMAGE_IMGTAR_H
#define IMAGE_IMGTAR_H

#include "image/source.h"
#include "image/target.h"

/* N's file. */
MUST_CHECK int imgtar_open(struct source *s, const struct name *n,
			   const struct source_opts *o, struct err *e);
/* S as one archive, with /ch. */
MUST_CHECK int imgtar_write(struct target *t, struct source *s, struct err *e);

#endif
