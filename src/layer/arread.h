/* arread.h - a tar archive from a descriptor, compressed (codec.h) or not, read
 * once from front to end: a pipe will do.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef LAYER_ARREAD_H
#define LAYER_ARREAD_H

#include "base/err.h"
#include "layer/tarread.h"

#include <stdint.h>

struct arread;

/* Reads FD, which stays the caller's; NAME (borrowed) is for messages of the
 * system's. Memory is constant. */
struct arread *arread_new(int fd, const char *name);
void arread_free(struct arread *r);
AUTO_DEFINE_PTR(arread, struct arread, arread_free)

/* As tarread_next and tarread_data. Before the archive's end is reported, what
 * stands behind it is read as well, so that a compressed stream is known to be
 * whole and a writer at the other end of a pipe is not cut off. */
MUST_CHECK int arread_next(struct arread *r, struct entry *entry,
			   struct err *e);
MUST_CHECK int arread_data(struct arread *r, const void **p, size_t *n,
			   uint64_t *offset, struct err *e);
/* Bytes read from FD so far. */
uint64_t arread_bytes(const struct arread *r);

#endif
