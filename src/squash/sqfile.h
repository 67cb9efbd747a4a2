/* sqfile.h - a squashfs image that is read at random, by many threads at once.
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the server of a mounted image stands on: nodes (sqnode.h) are named by
 * the references that the image itself uses, so nothing is opened, remembered
 * or closed between two requests. Blocks that were inflated stay in caches of
 * bounded size. The format is that of the kernel's fs/squashfs/squashfs_fs.h,
 * version 4.0. (layer/sqfsread.h reads an image once, from front to back, and
 * believes less: that is for converting.)
 *
 * The image is hostile and may change while it is read. Nothing outside of it
 * is read and memory is bounded. Calls on an image return a negative errno
 * value: -EIO where the image is damaged, cut off or lies, -ENOMEM.
 */
#ifndef SQUASH_SQFILE_H
#define SQUASH_SQFILE_H

#include "base/err.h"
#include "format/sqfshdr.h"

#include <stdbool.h>
#include <stdint.h>

struct sqfile;

/* The image in FD, SIZE bytes from OFFSET on, called NAME in messages. FD stays
 * the caller's and open until sqfile_close. Loads the library of the
 * compressor; starts no thread, so a process may fork afterwards. All other
 * calls may be made by many threads at once. ERR_FORMAT: no squashfs, or one
 * that can't be right; ERR_UNSUPPORTED: another version or compressor;
 * ERR_NOTFOUND: the compressor's library can't be loaded. */
MUST_CHECK int sqfile_open(struct sqfile **out, int fd, uint64_t offset,
			   uint64_t size, const char *name, struct err *e);
/* When no thread uses it any more. NULL is fine. */
void sqfile_close(struct sqfile *f);
AUTO_DEFINE_PTR(sqfile, struct sqfile, sqfile_close)

/* The superblock: numbers for statfs, and `root`, the reference of the root
 * directory. F's. */
const struct sqfshdr *sqfile_header(const struct sqfile *f);
/* False: no node has attributes, so there is no need to ask. */
bool sqfile_has_xattrs(const struct sqfile *f);

#endif
