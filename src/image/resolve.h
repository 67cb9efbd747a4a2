/* resolve.h - from a reference to the one image that is meant: which manifest
 * of which index, and its configuration.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef IMAGE_RESOLVE_H
#define IMAGE_RESOLVE_H

#include "base/err.h"
#include "format/ref.h"
#include "image/download.h"
#include "image/imgoci.h"

struct resolve {
	struct client *client;
	const struct ref *ref;
	const char *shown;           /* the reference as people type it */
	const struct platform *want; /* this machine's, unless is_asked: */
	bool is_asked;               /* the user named it: nothing else will
				      * do */
	const struct download_opts *download; /* where documents may be, and
					       * whether they are kept */
};

/* Ask the registry what the reference names, go down through indexes to the
 * manifest that suits best, and take its configuration; what a store has is
 * taken from there. TOP is what store_set wants: the manifest, the platform,
 * and as `source` what the reference stood for. With `keep` both documents are
 * in the store then. Of a SIF file (imgoci.h) there is no configuration.
 * ERR_NOTFOUND lists the platforms there are. */
MUST_CHECK int resolve_image(const struct resolve *r, struct imgoci *out,
			     struct descriptor *top, struct err *e);

#endif
