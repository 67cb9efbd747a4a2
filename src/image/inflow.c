/* inflow.c - one layer's blob as the flattening thread reads it.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "image/inflow.h"

#include "base/intr.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* How much is read before it is given back. */
#define FREE_BYTES (4 << 20)

/* What has only passed through need not stay in memory or on disk. Where holes
 * can't be made the file stays as it is until the end. */
static void give_back(struct inflow *in)
{
	off_t n = in->at - in->freed;

	if (in->is_kept || !in->gate || n < FREE_BYTES)
		return;
	if (fallocate(in->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
		      in->freed, n))
		in->is_kept = true; /* not asked again */
	in->freed = in->at;
}

ssize_t inflow_read(void *inflow, void *p, size_t n, struct err *e)
{
	struct inflow *in = inflow;
	const struct inflow *from = in->same ? in->same : in;
	uint64_t at = (uint64_t)in->at;
	uint64_t there = in->d->size;
	ssize_t got;

	if (at >= in->d->size)
		return 0;
	if (from->gate && !gate_wait(from->gate, at, &there))
		return err_set(e, ERR_INTR, "the download was stopped");
	if (there > in->d->size)
		there = in->d->size;
	if (n > there - at)
		n = there - at;
	do
		got = pread(from->fd, p, n, in->at);
	while (got < 0 && errno == EINTR && !intr_check(e));
	if (got < 0)
		return e->kind ? -1 : err_sys(e, "can't read a layer");
	in->at += got;
	give_back(in);
	return got;
}

bool inflow_wait(const struct inflow *in)
{
	uint64_t value;

	return !in->gate || gate_wait(in->gate, in->d->size, &value);
}
