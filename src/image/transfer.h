/* transfer.h - the layers of an image into the store, to a directory, or both
 * in one pass.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef IMAGE_TRANSFER_H
#define IMAGE_TRANSFER_H

#include "base/err.h"
#include "image/dest.h"
#include "image/download.h"
#include "image/lease.h"

struct transfer {
	const struct imgoci *image;
	const char *name;          /* normalised, for /ch/image */
	const struct dest *dest;   /* unpacked to, or NULL */
	struct download_opts from; /* its tmp_fd is set here if dest is set
				    * and nothing is kept */
	struct client *client;     /* NULL: all layers are in a store */
	int parallel;              /* downloads at once */
	struct lease *lease;       /* told how far it is, or NULL */
	uint64_t missing;          /* out: bytes that no store had */
	uint64_t fetched;          /* out: bytes that came over the line */
};

/* Fetch what is missing, and with `dest` unpack at the same time in another
 * thread; a SIF file is copied there instead. When one fails the other is
 * stopped; unpacking that a bad mirror's bytes have misled begins anew. On
 * failure nothing is left at DEST; a layer of the own store that has gone bad
 * is removed, so that the next pull fetches it, one of a read-only store is
 * named. */
MUST_CHECK int transfer_image(struct transfer *t, struct err *e);

#endif
