/* partial.h - a blob that is being fetched, in a file that a later run can go
 * on with.
 * SPDX-License-Identifier: Apache-2.0
 *
 *	part.ALG.HEX        given up in good order: holds so many bytes from the
 *	                    start as it is long
 *	part.ALG.HEX.ID     of the process with the lease ID, or left by it
 *
 * Nobody writes to a file that another process may still write to, whatever the
 * leases say. One given up was closed; it is taken by rename, which only one
 * can do. One whose process has ended for certain is taken the same way. Any
 * other (its host went away, or only seemed to; a colleague's) is copied, as
 * far as it is believed good, and its name removed: should its process wake up,
 * it writes to a file that has no name.
 *
 * How much is good need not be certain, for the fetch sums it up: what was said
 * last in the lease, or what comes before the first hole.
 */
#ifndef IMAGE_PARTIAL_H
#define IMAGE_PARTIAL_H

#include "base/err.h"
#include "base/strlist.h"
#include "base/tmp.h"
#include "format/digest.h"
#include "image/lease.h"

#include <stdbool.h>
#include <stdint.h>

#define PARTIAL_PREFIX "part."

/* Where blob D (SIZE bytes), on which we have the lease L, is written to, in
 * TMPDIR; BEFORE is what lease_try said of who had it. *HAVE bytes from the
 * start are there, perhaps the right ones. */
MUST_CHECK int partial_open(int tmpdir, const struct digest *d, uint64_t size,
			    const struct lease *l,
			    const struct lease_view *before, struct tmp *t,
			    uint64_t *have, struct err *e);
/* Give T up for a later run, with PREFIX good bytes from the start; without any
 * it is removed. T is TMP_INIT again. */
void partial_park(struct tmp *t, const struct digest *d, uint64_t prefix);
/* The blob is there: remove what is left of D in TMPDIR. */
void partial_drop(int tmpdir, const struct digest *d);

/* For who collects garbage: the lease file ("lease.ALG.HEX") that a holder of
 * FILE in tmp/ has, or NULL if FILE is no part. Caller frees. */
char *partial_lease(const char *file);
/* Is a part of the lease NAME ("ALG.HEX") among NAMES? */
bool partial_has(const struct strlist *names, const char *name);

#endif
