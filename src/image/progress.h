/* progress.h - how far a pull is: lines on a terminal that are redrawn, a line
 * for each finished layer elsewhere, JSON for programs.
 * SPDX-License-Identifier: Apache-2.0
 *
 * For one thread. On a terminal: one line per layer in flight with size, rate
 * and time left, and a total below, redrawn at most some times a second and
 * never wider than the terminal; all wiped in the end. Elsewhere one line
 * (log_note) when a layer is finished. With JSON one object a line on stdout.
 */
#ifndef IMAGE_PROGRESS_H
#define IMAGE_PROGRESS_H

#include "base/err.h"
#include "format/digest.h"

#include <stdint.h>

enum progress_style {
	PROGRESS_AUTO, /* as the terminal is, and as -q and -v say */
	PROGRESS_JSON,
};

struct progress;

/* IMAGE is its name as people type it. */
struct progress *progress_new(const char *image, enum progress_style style);
void progress_free(struct progress *p); /* wipes what stands */
AUTO_DEFINE_PTR(progress, struct progress, progress_free)

/* A new row: "layer 2 of 5", "configuration". The digest's first digits are
 * shown. Rows are numbered from 0, which is returned. */
size_t progress_add(struct progress *p, const char *name,
		    const struct digest *digest, uint64_t size);
/* BYTES have been received so far, HAD of them by an earlier run. */
void progress_at(struct progress *p, size_t row, uint64_t bytes, uint64_t had);
/* WHO (lease.h) is fetching it, and has BYTES. */
void progress_wait(struct progress *p, size_t row, const char *who,
		   uint64_t bytes);
void progress_have(struct progress *p, size_t row); /* was in the store */
void progress_done(struct progress *p, size_t row); /* fetched and verified */
/* What goes on beside the layers, or NULL: "unpacking", "waiting for ch-pull
 * 4711". Stands in the total's line. */
void progress_say(struct progress *p, const char *what);
/* Redraw if it is time to. To be called often, at least every 100 ms. */
void progress_tick(struct progress *p);

struct progress_result {
	const char *name;     /* normalised */
	const char *platform; /* "linux/amd64" */
	const struct digest *digest;
	const char *dest;    /* where it was unpacked, or NULL */
	uint64_t bytes;      /* of all layers */
	uint64_t from_store; /* of these, not fetched */
	uint64_t fetched;
	size_t layers;
	bool unchanged; /* the store had the very image */
};
/* The one line in the end (log_note), or the last JSON object. The time is
 * counted from progress_new. */
void progress_end(struct progress *p, const struct progress_result *r);

#endif
