/* inspect.h - all about one image of a store, for people and for programs.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef IMAGE_INSPECT_H
#define IMAGE_INSPECT_H

#include "base/str.h"
#include "image/inventory.h"

/* Append what is known of the image I of V; of an index, of what in it suits
 * WANT. The documents are verified. As text, or as a JSON object with
 * "manifest" and "config", which are the documents themselves. What the image
 * says is made harmless for a terminal. ERR_DIGEST, ERR_FORMAT, ERR_NOTFOUND,
 * ERR_UNSUPPORTED (no image). */
MUST_CHECK int inspect(const struct inventory *v,
		       const struct inventory_image *i,
		       const struct platform *want, bool as_json,
		       struct str *out, struct err *e);

#endif
