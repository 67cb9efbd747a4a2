/* listing.h - the images of a store and what they take, for people and for
 * programs.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef IMAGE_LISTING_H
#define IMAGE_LISTING_H

#include "base/str.h"
#include "image/inventory.h"
#include "image/usage.h"

/* One line of a listing. */
struct listing_row {
	const struct inventory *v;
	const struct inventory_image *image;
	bool is_readonly; /* the store is another's */
};

/* Sort by name (app9 before app10, as strverscmp(3)), then platform. */
void listing_sort(struct listing_row *rows, size_t n);
/* Columns with a header; nothing for no rows. */
void listing_text(const struct listing_row *rows, size_t n, int64_t now_s,
		  struct str *out);
/* A JSON array of objects. */
void listing_json(const struct listing_row *rows, size_t n, struct str *out);

/* What a store takes, the same two ways. */
void listing_usage_text(const struct usage *u, struct str *out);
void listing_usage_json(const struct usage *u, struct str *out);

/* "3 days": what has passed, in the largest unit of which there are two or
 * more; "1 day" and the like for less than that. Caller frees. */
char *listing_age(int64_t seconds);

#endif
