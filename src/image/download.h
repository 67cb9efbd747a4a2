/* download.h - the layers of one image on their way here, readable while they
 * arrive.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Each missing blob goes to a temporary file and is hashed on the way. To be
 * kept, it gets its name in the store when its digest was right. Otherwise it
 * only passes through, and what was read is given back to the file system at
 * once. Either way another thread can read the file as far as it has got. That
 * thread sees bytes that are not verified yet, so it must not publish anything
 * before its own sums (diff_id) were right and `wait` of its layers has said
 * the same of the blobs.
 */
#ifndef IMAGE_DOWNLOAD_H
#define IMAGE_DOWNLOAD_H

#include "base/err.h"
#include "image/imgoci.h"
#include "image/progress.h"
#include "image/stores.h"
#include "registry/client.h"

#include <stdbool.h>
#include <stdint.h>

struct download;

struct download_opts {
	const struct stores *stores; /* blobs that are here are not fetched */
	int tmp_fd;                  /* where temporary files are made */
	bool keep; /* blobs go into stores->v[0], whose tmp/ tmp_fd is: those of
		    * read-only stores are copied; unfinished ones stay in tmp/
		    * and are gone on with by the next run (partial.h); a lease
		    * (lease.h) on each keeps others from fetching it too: we
		    * wait for them, and take over when they die */
	struct progress *progress; /* rows are added; may be NULL */
};

/* Prepare for the layers of I. I, O's descriptors and stores must outlive it.
 * With O->keep, blobs are copied here from read-only stores; one that is bad
 * there is a warning, and fetched. */
struct download *download_new(const struct download_opts *o,
			      const struct imgoci *i, struct err *e);
/* Wake all readers and let them fail. Idempotent. */
void download_stop(struct download *d);
/* The same, then put away what is unfinished (O->keep) or remove it; no reader
 * may be left. */
void download_free(struct download *d);
AUTO_DEFINE_PTR(download, struct download, download_free)

/* Bytes that were in no store when download_new looked. */
uint64_t download_missing(const struct download *d);
/* Bytes that came over the line to us, those that came twice counted twice. */
uint64_t download_fetched(const struct download *d);

/* Let L (from imgoci_layers_new for the same image) read from here, from its
 * start to its end: for one other thread. */
void download_attach(struct download *d, struct imgoci_layers *l);

/* Is everything that the reader has looked at verified by now? To be asked when
 * the reader has ended, or by its own thread. */
bool download_is_verified(const struct download *d);
/* Has a layer begun anew when the reader may have seen bytes of it? Then what
 * it says of them tells nothing of the image. By the fetching thread. */
bool download_took_back(const struct download *d);

/* Fetch what is missing, PARALLEL at once. CHECK is asked again and again and
 * stops it with -1. When it fails, readers are woken and fail too. */
MUST_CHECK int download_run(struct download *d, struct client *c, int parallel,
			    int (*check)(void *ctx, struct err *e), void *ctx,
			    struct err *e);

/* The small blob D (a configuration, at most JSON_BYTES_MAX), from O's stores
 * or fetched, verified, appended to TEXT; kept if O->keep, and then fetched
 * under its lease, so that many pulls at once fetch it once. ERR_INTR ends the
 * wait for others. */
MUST_CHECK int download_document(const struct download_opts *o,
				 struct client *c, const struct descriptor *d,
				 struct str *text, struct err *e);

#endif
