/* item.h - one blob that is to be fetched, as fetch.h takes it.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef REGISTRY_ITEM_H
#define REGISTRY_ITEM_H

#include "base/err.h"
#include "format/digest.h"

#include <stdint.h>

/* May an item be started now? */
enum fetch_ready {
	FETCH_FAILED = -1, /* E says why; ends the whole fetch */
	FETCH_WAIT,        /* not yet: somebody else is fetching it */
	FETCH_START,
	FETCH_HAVE, /* it is there by now, nothing to do */
};

struct fetch_item {
	struct digest digest; /* what it must be */
	uint64_t size;        /* and how long */
	int fd;               /* written at any offset and read again; stays the
			       * caller's */
	uint64_t have;    /* bytes from the start that fd holds already, of an
			   * earlier run, not yet known to be right: they are
			   * summed up first, and if the whole is wrong in the
			   * end, it begins once more from nothing. More than
			   * `size`: nothing is had, and fd is cut to it. */
	const char *name; /* for messages: "layer 2 of 5" */
	/* Asked when a connection is free for the item, and again every 100 ms
	 * while it says FETCH_WAIT, which keeps no later item waiting. May set
	 * fd and have before it says FETCH_START. After FETCH_HAVE nothing else
	 * is called. NULL: start. */
	enum fetch_ready (*ready)(void *ctx, struct fetch_item *item,
				  struct err *e);
	/* PREFIX bytes from the start are in the file and in order, RECEIVED
	 * counts all that have arrived, those of later parts too. Both are at
	 * least `have` once started. Both fall back when it has to begin anew:
	 * then what is there already is written again, with what must be the
	 * same bytes unless `have` was wrong. RECEIVED also falls back when a
	 * server that began with ranges does not go on with them. Told at least
	 * every 256 KiB, and once more when all are there, before they are
	 * known to be right. What lies below PREFIX, and not below `have`, is
	 * not read again and may be given back to the file system. May be NULL.
	 */
	void (*progress)(void *ctx, uint64_t prefix, uint64_t received);
	/* Called once when the item is complete and verified; -1 with E ends
	 * the whole fetch. May be NULL. */
	int (*complete)(void *ctx, struct err *e);
	void *ctx;
};

#endif
