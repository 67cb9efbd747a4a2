/* imgdir.h - kind: a directory, unpacked.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef IMAGE_IMGDIR_H
#define IMAGE_IMGDIR_H

#include "image/source.h"
#include "image/target.h"

/* N's directory. Its /ch/image, which says what it was made from, is left out.
 */
MUST_CHECK int imgdir_open(struct source *s, const struct name *n,
			   const struct source_opts *o, struct err *e);
/* S unpacked (flatten.h). */
MUST_CHECK int imgdir_write(struct target *t, struct source *s, struct err *e);

#endif
