/* blobs.h - content by digest in an OCI image layout's blobs/ directory: ours,
 * or one that is read.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef IMAGE_BLOBS_H
#define IMAGE_BLOBS_H

#include "base/err.h"
#include "base/str.h"
#include "base/tmp.h"
#include "format/digest.h"

#include <stdbool.h>
#include <stdint.h>

/* ROOT is the layout's directory; directories and blobs made there have its
 * permissions (layout.h). */

/* Is the blob there, a regular file of SIZE bytes? Its sum is not computed. */
bool blobs_has(int root, const struct digest *d, uint64_t size);
/* Open it for reading. ERR_NOTFOUND, ERR_DIGEST (size), ERR_FORMAT (no regular
 * file). Follows no links below blobs/. */
MUST_CHECK int blobs_open(int root, const struct digest *d, uint64_t size,
			  struct err *e);
/* The whole of a small blob (at most LIMIT bytes), sum and size verified. */
MUST_CHECK int blobs_read(int root, const struct digest *d, uint64_t size,
			  size_t limit, struct str *out, struct err *e);
/* Remove the blob D, whose content was found wrong. */
void blobs_drop(int root, const struct digest *d);
/* Store a small blob. Existing is success. */
MUST_CHECK int blobs_put(int root, const struct digest *d, const void *p,
			 size_t n, struct err *e);
/* Store the blob D, which FROM (a blob of another layout) gives from where it
 * stands. ERR_DIGEST if that is not what it should be. */
MUST_CHECK int blobs_copy(int root, int from, const struct digest *d,
			  uint64_t size, struct err *e);
/* Publish T (in layout_tmpdir), whose content was verified, as blob D. */
MUST_CHECK int blobs_publish(int root, struct tmp *t, const struct digest *d,
			     struct err *e);

#endif
