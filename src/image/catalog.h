/* catalog.h - the images of all stores that are looked into.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef IMAGE_CATALOG_H
#define IMAGE_CATALOG_H

#include "image/listing.h"
#include "image/stores.h"

struct catalog { /* zeroed is empty */
	struct stores stores;
	struct inventory v[STORES_MAX]; /* of those that are there, */
	bool is_there[STORES_MAX];      /* the own one first */
};

/* Open and read the own store PATH (NULL: the default), which may be missing,
 * and those in READONLY (NULL, or with ':' between). */
MUST_CHECK int catalog_open(struct catalog *c, const char *path,
			    const char *readonly, struct err *e);
void catalog_close(struct catalog *c);
AUTO_DEFINE(catalog, struct catalog, catalog_close)

/* The images that the N TEXTS name (inventory_match), or all if N is 0, sorted,
 * in *ROWS; they borrow from C, the caller frees the array. ERR_NOTFOUND if no
 * store has one of them. */
MUST_CHECK int catalog_rows(const struct catalog *c, char *const *texts,
			    size_t n, struct listing_row **rows, size_t *n_rows,
			    struct err *e);
/* Does an image in one of the read-only stores need the document D? A tree of
 * it may well be in the own store, since nothing is unpacked to the others. */
bool catalog_others_need(const struct catalog *c, const struct digest *d);
/* The one image that TEXT names in the first store that has it: that which
 * suits WANT best. What does not suit will do if it is not a MUST. */
MUST_CHECK int catalog_find(const struct catalog *c, const char *text,
			    const struct platform *want, bool is_must,
			    struct listing_row *out, struct err *e);

#endif
