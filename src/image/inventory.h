/* inventory.h - the images of a store: their names, what each of them needs,
 * and what of it others need as well.
 * SPDX-License-Identifier: Apache-2.0
 *
 * One reading of index.json and of all documents that it leads to: whoever
 * changes the store meanwhile is not seen. Documents are verified when they
 * are read; other blobs are looked at (there, regular, their size), no more.
 */
#ifndef IMAGE_INVENTORY_H
#define IMAGE_INVENTORY_H

#include "format/descriptor.h"
#include "image/items.h"

struct inventory_image {
	struct descriptor entry;  /* of index.json */
	char *shown;              /* its name as people type it; "" if none */
	struct platform platform; /* as the entry says, or else the
				   * configuration; os "" if neither does */
	uint64_t own;             /* bytes that only this name needs, */
	uint64_t shared;          /* and those that others need as well */
	int64_t time_s;           /* since when its manifest is here */
	size_t *uses;             /* indices of the items it needs */
	size_t n_uses;
	size_t cap_uses;
	size_t n_children; /* of an index: manifests that are there */
	bool is_index;
	bool has_tree;   /* unpacked */
	char *damage;    /* what is wrong with it, or NULL */
	bool is_unknown; /* because of the damage it is not known what it
			  * needs */
};

/* What some image needs and the store lacks; a tree may well be lacking. */
struct inventory_missing {
	enum item_kind kind;
	struct digest digest;
};

struct inventory {
	const struct store *store; /* borrowed */
	struct items items;        /* users: of how many entries */
	struct inventory_image *v; /* in the order of index.json */
	size_t n;
	struct inventory_missing *missing;
	size_t n_missing;
	size_t cap_missing;
};

/* ERR_SYS, ERR_FORMAT (index.json). What is wrong with one image is noted
 * there. */
MUST_CHECK int inventory_load(const struct store *s, struct inventory *out,
			      struct err *e);
void inventory_clear(struct inventory *v);
AUTO_DEFINE(inventory, struct inventory, inventory_clear)

/* Is it known of all images what they need? ERR_FORMAT. */
MUST_CHECK int inventory_check_known(const struct inventory *v, struct err *e);
/* Does some image need what is not there? */
bool inventory_lacks(const struct inventory *v, enum item_kind kind,
		     const struct digest *d);

/* The images that TEXT names: by reference, by the name as index.json has it,
 * or else by the start of a digest (6 hexadecimal digits or more, with or
 * without the algorithm), as indices in *OUT, *N of them, at least one; caller
 * frees. With PLATFORM only those that suit it. ERR_NOTFOUND: "no image 'x' in
 * store '...'"; ERR_UNSUPPORTED: for other platforms only; ERR_USAGE: several
 * digests begin so. */
MUST_CHECK int inventory_match(const struct inventory *v, const char *text,
			       const struct platform *platform, size_t **out,
			       size_t *n, struct err *e);

/* "linux/amd64", of an index "2 platforms", or "". Caller frees. */
char *inventory_platform(const struct inventory_image *i);

#endif
