/* obtain.h - pull and convert in one go: from a registry to any kind of image.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef IMAGE_OBTAIN_H
#define IMAGE_OBTAIN_H

#include "image/convert.h"
#include "image/pull.h"

/* As pull(), but DEST may be of any kind: what pull can't write is pulled into
 * the store and converted from there (images in files: at once). ERR_USAGE for
 * the first of these without a store. What C's progress says is shown of the
 * whole, as of one pull. */
MUST_CHECK int obtain_pull(const char *text, const char *dest,
			   const struct pull_opts *p,
			   const struct convert_opts *c, struct err *e);
/* As convert(), but IN may be in a registry: then it is pulled into the store
 * first, as P says. Either way DEST or OUT is looked at before anything is
 * fetched. */
MUST_CHECK int obtain_convert(const char *in, const char *out,
			      const struct pull_opts *p,
			      const struct convert_opts *c, char **path,
			      struct err *e);

#endif
