/* inflow.h - one layer's blob that is here or on its way.
 * SPDX-License-Identifier: Apache-2.0
 *
 * What download.c, which fills it, and the thread that reads it share.
 * The reader waits at the gate, which stands at the number of bytes that it may
 * read, and at one more when the digest was right.
 */
#ifndef IMAGE_INFLOW_H
#define IMAGE_INFLOW_H

#include "base/gate.h"
#include "base/tmp.h"
#include "format/descriptor.h"
#include "image/lease.h"

#include <stdbool.h>
#include <sys/types.h>

struct download;

struct inflow {
	struct download *all;
	const struct descriptor *d;
	struct inflow *same; /* an earlier layer with the same digest */
	struct gate *gate;   /* NULL: it is there, in a store */
	int fd;              /* for the reader, by offset; set before the gate
			      * is raised */
	bool is_kept;        /* its file must stay whole */

	/* The reader's. */
	off_t at;    /* how far it is */
	off_t freed; /* what was read up to here is given back */

	/* The fetching thread's. */
	struct tmp tmp;
	struct lease *lease;
	struct lease_view view; /* of who else fetches it */
	int64_t asked_ms;       /* when that was last looked at */
	uint64_t had;           /* bytes of an earlier run */
	uint64_t prefix;        /* bytes in order from the start */
	uint64_t received;      /* bytes that are there, had or fetched */
	bool verified;          /* its digest was right */
	bool taken_back;        /* bytes that could be read were wrong */
	size_t row;             /* in the progress */
};

/* The bytes that are there, waiting for more as long as it takes: the `read` of
 * a layer source. */
ssize_t inflow_read(void *inflow, void *p, size_t n, struct err *e);
/* Wait until the digest was right; false if the download was stopped. */
bool inflow_wait(const struct inflow *in);

#endif
