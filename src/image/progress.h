/* progress.h - how far a pull is: lines on a terminal that are redrawn, a line
 * for each finished layer elsewhere, JSON for programs.
 * SPDX-License-Identifier: Apache-2.0
 *
 * For one thread. On a terminal: one line per layer in flight with size, rate
 * and time left, and a total below (progline.h), redrawn at most five times a
 * second and never wider than the terminal; all wiped in the end. Elsewhere one
 * line (log_note) when a layer was fetched, and one when somebody is waited
 * for; layers that the store had are told with -v only. Nothing with -q.
 *
 * PROGRESS_JSON: on standard output, one object a line, whatever -q says;
 * nothing else then comes from here. Sizes in bytes, times in seconds since
 * progress_new. Texts are as str_escape makes them: always UTF-8.
 *
 *	{"event":"start","image":TEXT}
 *	{"event":"layer","name":TEXT,"digest":TEXT,"size":N,"received":N,
 *	 "state":"fetching"|"waiting"|"have"|"done"}	"waiting" has "who":TEXT
 *	{"event":"total","received":N,"size":N,"rate":N|null,"left":N|null,
 *	 "doing":TEXT|null,"seconds":X}			rate: bytes a second
 *	{"event":"done","image":TEXT,"name":TEXT,"platform":TEXT|null,
 *	 "digest":TEXT,"size":N,"layers":N,"from_store":N,"fetched":N,
 *	 "dest":TEXT|null,"unchanged":BOOL,"seconds":X}
 *
 * A layer is told at each change of its state, else it and the total at most
 * twice a second and only when something has changed. Who fails says no "done".
 */
#ifndef IMAGE_PROGRESS_H
#define IMAGE_PROGRESS_H

#include "base/err.h"
#include "format/digest.h"

#include <stdbool.h>
#include <stddef.h>
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

/* A new row: "layer 2 of 5", "configuration". SIZE 0: not known. Copies. Rows
 * are numbered from 0, which is returned. A row is shown from its first bytes
 * on and until it is finished. */
size_t progress_add(struct progress *p, const char *name,
		    const struct digest *digest, uint64_t size);
/* BYTES have been received so far, HAD of them by an earlier run. Fewer than
 * before: it began anew. Cheap, nothing is drawn here. */
void progress_at(struct progress *p, size_t row, uint64_t bytes, uint64_t had);
/* WHO (lease.h) is fetching it, and has BYTES. May be called again and again;
 * progress_at, _have or _done end it. */
void progress_wait(struct progress *p, size_t row, const char *who,
		   uint64_t bytes);
/* It was in the store. Counts in the total only if it was waited for. */
void progress_have(struct progress *p, size_t row);
/* Fetched and verified. */
void progress_done(struct progress *p, size_t row);
/* What goes on beside the layers, or NULL: "unpacking", "waiting for ch-pull
 * 4711". Stands in the total's line. Copies. */
void progress_say(struct progress *p, const char *what);
/* Redraw if it is time to. To be called often, at least every 100 ms. */
void progress_tick(struct progress *p);

struct progress_result {
	const char *name;     /* normalised */
	const char *shown;    /* as people type it, for the line */
	const char *platform; /* "linux/amd64", or NULL */
	const struct digest *digest;
	const char *dest;    /* where it was unpacked, or NULL */
	uint64_t bytes;      /* of all layers */
	uint64_t from_store; /* of these, not fetched */
	uint64_t fetched;
	size_t layers;
	bool unchanged; /* the store had the very image */
	bool is_sif;    /* it is a SIF file: no layers, not unpacked */
	bool is_made;   /* DEST is a file or a layout that was made of it */
};
/* The image was pulled, but what was asked for is to be made of it yet: the
 * rows go, the total begins anew, and what was fetched is told in the end. */
void progress_part(struct progress *p, const struct progress_result *r);
/* The one line in the end (log_note; with -v a second one with the whole
 * digest), or the last JSON object. The time is counted from progress_new. */
void progress_end(struct progress *p, const struct progress_result *r);
/* That line: "alpine:3.16: sha256:0123456789ab, linux/amd64, 5 layers, 155 MiB
 * in 2.9 s, 40 MiB from the store, unpacked to ./img". Caller frees. */
char *progress_end_text(const char *image, const struct progress_result *r,
			int64_t ms);

#endif
