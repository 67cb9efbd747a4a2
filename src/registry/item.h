/* item.h - one blob that is to be fetched, as fetch.h takes it.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef REGISTRY_ITEM_H
#define REGISTRY_ITEM_H

#include "base/err.h"
#include "format/digest.h"

#include <stdint.h>

struct fetch_item {
	struct digest digest; /* what it must be */
	uint64_t size;        /* and how long */
	int fd;               /* written from offset 0; stays the caller's */
	const char *name;     /* for messages: "layer 2 of 5" */
	/* Told soon after writes how many bytes from the start are in the file
	 * and in order (never less than before, though a restart may rewrite
	 * them with what must be the same bytes), and once more when all are,
	 * before they are known to be right; may be NULL. */
	void (*progress)(void *ctx, uint64_t done);
	/* Called once when the item is complete and verified; -1 with E ends
	 * the whole fetch. May be NULL. */
	int (*complete)(void *ctx, struct err *e);
	void *ctx;
};

#endif
