/* tarlib.h - tar archives of all dialects by libarchive, for tarread.h.
 * SPDX-License-Identifier: Apache-2.0
 *
 * All that tarread.h says of archives holds here.
 */
#ifndef LAYER_TARLIB_H
#define LAYER_TARLIB_H

#include "layer/entry.h"

struct tarlib;

/* Where in an archive the first byte stands. At the beginning it may turn out
 * to be none; behind PAX records a hard link may have content. */
enum tarlib_where {
	TARLIB_BEGIN,
	TARLIB_INSIDE,
	TARLIB_PAX,
};

/* NEXT as in tarread.h, from the first header of an entry on. */
struct tarlib *tarlib_new(enum tarlib_where where,
			  int (*next)(void *ctx, const void **p, size_t *n,
				      struct err *e),
			  void *ctx);
void tarlib_free(struct tarlib *r);
AUTO_DEFINE_PTR(tarlib, struct tarlib, tarlib_free)

/* As the functions of tarread.h. */
MUST_CHECK int tarlib_next(struct tarlib *r, struct entry *entry,
			   struct err *e);
MUST_CHECK int tarlib_data(struct tarlib *r, const void **p, size_t *n,
			   uint64_t *offset, struct err *e);
bool tarlib_xattr(struct tarlib *r, const char **name, const void **value,
		  size_t *size);
/* Pass over what is left of the entry: behind it, *AT bytes from the first one,
 * stands the next. More than that may have been asked for. */
MUST_CHECK int tarlib_skip(struct tarlib *r, uint64_t *at, struct err *e);
/* Has the archive PAX records, up to the last entry? */
bool tarlib_is_pax(const struct tarlib *r);

#endif
