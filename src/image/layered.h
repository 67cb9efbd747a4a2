/* layered.h - an image that has layers, as it is read: in a store, in an OCI
 * layout, in an archive.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef IMAGE_LAYERED_H
#define IMAGE_LAYERED_H

#include "image/source.h"

/* N is NAME_STORE, NAME_OCI, or an archive of an image, whose files are put
 * aside in O's tmpdir. ERR_NOTFOUND lists what there is, or says how to get the
 * image. */
MUST_CHECK int layered_open(struct source *s, const struct name *n,
			    const struct source_opts *o, struct err *e);

#endif
