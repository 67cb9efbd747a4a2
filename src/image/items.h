/* items.h - what lies in a store, needed or not: blobs and trees by digest, and
 * the names that are neither.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Nothing is believed: a store may be a group's. Names are looked at without
 * following links, content is not read but for a tree's own record.
 */
#ifndef IMAGE_ITEMS_H
#define IMAGE_ITEMS_H

#include "base/strlist.h"
#include "image/store.h"

#include <stdint.h>

enum item_kind { ITEM_BLOB, ITEM_TREE };

/* /ch/image of a tree, written last (flatten.c): */
enum item_record {
	ITEM_NO_RECORD,
	ITEM_OTHER_RECORD, /* of another manifest */
	ITEM_RECORD,
};

struct item {
	enum item_kind kind;
	struct digest digest; /* of the blob; of a tree's manifest */
	uint64_t bytes;       /* a file's size; what a tree's record says */
	int64_t time_s;       /* since when it is here, as the files say */
	bool is_odd;          /* no regular file, or as a tree no directory */
	enum item_record record; /* of a tree */
	size_t users;            /* for inventory.c: names that need it */
	size_t last;             /* and the last of them */
};

struct items {
	struct item *v; /* by kind and digest */
	size_t n;
	size_t cap;
	struct strlist strays; /* "blobs/sha256/x": what is no such name */
};

MUST_CHECK int items_load(const struct store *s, struct items *out,
			  struct err *e);
struct item *items_find(const struct items *l, enum item_kind kind,
			const struct digest *d);
/* Read the record of the tree NAME in DIR into IT: bytes, time_s, and record,
 * which depends on IT's digest. Without a readable one IT stays. */
void items_read_record(int dir, const char *name, struct item *it);
void items_clear(struct items *l);
AUTO_DEFINE(items, struct items, items_clear)

/* "blob" or "tree" */
const char *items_kind_text(enum item_kind kind);
/* "blobs/sha256" or "trees/sha512": where it lies. Caller frees. */
char *items_place(enum item_kind kind, const struct digest *d);

#endif
