/* layoutindex.h - index.json of a layout, a store or another, when it changes:
 * others may do so at the same time.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef IMAGE_LAYOUTINDEX_H
#define IMAGE_LAYOUTINDEX_H

#include "base/err.h"
#include "base/str.h"
#include "format/descriptor.h"

/* The text of the index of the layout ROOT, appended to OUT. ERR_FORMAT if
 * there is none. */
MUST_CHECK int layoutindex_read(int root, struct str *out, struct err *e);
/* NAME shall be D, for D's platform. */
MUST_CHECK int layoutindex_set(int root, const char *name,
			       const struct descriptor *d, struct err *e);
/* Remove the entries that are D, from ocilayout_list; *REMOVED says how many
 * went. */
MUST_CHECK int layoutindex_drop(int root, const struct descriptor *d,
				size_t *removed, struct err *e);

#endif
