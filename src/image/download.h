/* download.h - the layers of one image on their way here, readable while they
 * arrive.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Each missing blob goes to a temporary file and is hashed on the way. To be
 * kept, it gets its name in the store when its digest was right. Otherwise it
 * only passes through: another thread reads the file as far as it has got, and
 * what was read is given back to the file system at once. That thread sees
 * bytes that are not verified yet, so it must not publish anything before its
 * own sums (diff_id) were right and `wait` of its layers has said the same of
 * the blobs.
 */
#ifndef IMAGE_DOWNLOAD_H
#define IMAGE_DOWNLOAD_H

#include "base/err.h"
#include "image/imgoci.h"
#include "registry/client.h"

#include <stdbool.h>
#include <stdint.h>

struct download;

struct download_opts {
	int store_fd;      /* blobs that are here are not fetched; -1: none */
	int tmp_fd;        /* where temporary files are made */
	bool keep;         /* into the store (tmp_fd is its tmp/) */
	const char *shown; /* the image's name, for the progress line */
};

/* Prepare for the layers of I. I and O's descriptors must outlive it. */
struct download *download_new(const struct download_opts *o,
			      const struct imgoci *i, struct err *e);
/* Wake all readers and let them fail. Idempotent. */
void download_stop(struct download *d);
/* The same, then remove what is unfinished; no reader may be left. */
void download_free(struct download *d);
AUTO_DEFINE_PTR(download, struct download, download_free)

uint64_t download_missing(const struct download *d); /* bytes to be fetched */

/* Let L (from imgoci_layers_new for the same image) read from here, from its
 * start to its end: for one other thread. */
void download_attach(struct download *d, struct imgoci_layers *l);

/* Is everything that the reader has looked at verified by now? To be asked when
 * the reader has ended, or by its own thread. */
bool download_is_verified(const struct download *d);

/* Fetch what is missing, PARALLEL at once. CHECK is asked again and again and
 * stops it with -1. When it fails, readers are woken and fail too. */
MUST_CHECK int download_run(struct download *d, struct client *c, int parallel,
			    int (*check)(void *ctx, struct err *e), void *ctx,
			    struct err *e);

#endif
