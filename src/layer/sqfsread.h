/* sqfsread.h - a squashfs image as entries.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Directories come before what is in them, in the order that the image has; the
 * root first with the name ".". Names of one inode become hard links of the
 * first. The image is hostile: whatever it says, nothing is read outside
 * [AT, AT + SIZE), memory is bounded by named limits, and names with "/" or
 * NUL, "." and "..", two of one name in a directory, and directories in
 * themselves are ERR_FORMAT.
 */
#ifndef LAYER_SQFSREAD_H
#define LAYER_SQFSREAD_H

#include "base/err.h"
#include "base/str.h"
#include "layer/entry.h"

#include <stdint.h>

struct sqfsread;

/* Bytes of memory for the names of files that have others to come. */
#define SQFSREAD_BYTES_MAX ((size_t)2 << 30)

/* The image in FD (the caller's), SIZE bytes from AT on. ERR_FORMAT: no
 * squashfs, or one that can't be right. ERR_UNSUPPORTED: a version but 4.0, a
 * compressor that is not built in, or this build has no libsquashfs. */
struct sqfsread *sqfsread_new(int fd, uint64_t at, uint64_t size,
			      struct err *e);
void sqfsread_free(struct sqfsread *r);
AUTO_DEFINE_PTR(sqfsread, struct sqfsread, sqfsread_free)

/* Its source; R's as long as it lives. To begin anew, make a new one. */
struct entries sqfsread_entries(struct sqfsread *r);
/* BYTES of memory in place of SQFSREAD_BYTES_MAX. */
void sqfsread_limit(struct sqfsread *r, size_t bytes);
/* Sockets that were left out so far. */
uint64_t sqfsread_sockets(const struct sqfsread *r);

/* The content of the regular file PATH ("ch/config.json"; "" components and
 * links are not followed), at most MAX bytes, appended to OUT. ERR_NOTFOUND if
 * there is no such file, ERR_LIMIT if it is longer. */
MUST_CHECK int sqfsread_file(struct sqfsread *r, const char *path, size_t max,
			     struct str *out, struct err *e);

#endif
