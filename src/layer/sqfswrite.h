/* sqfswrite.h - a merged tree to a squashfs image (version 4.0), content first.
 * SPDX-License-Identifier: Apache-2.0
 *
 * libsquashfs (squashfs-tools-ng) makes the format; blocks are compressed by
 * its threads. Content is written as it comes; inodes and directories, which
 * need the names, at the end. The same calls give the same bytes, however many
 * threads. Files with the same content are stored once, but sparse ones; of
 * those, blocks that are holes cost nothing.
 *
 * Kept: types, modes with set-ID bits, owners, devices, times of 1970 to 2106
 * (others are moved into that range and counted), hard links, holes,
 * attributes of user., trusted. and security. but *.overlay.*.
 */
#ifndef LAYER_SQFSWRITE_H
#define LAYER_SQFSWRITE_H

#include "base/err.h"
#include "base/strlist.h"
#include "layer/entry.h"
#include "layer/tree.h"

#include <stdint.h>

struct sqfswrite_opts {
	const char *compressor; /* "zstd", "lz4", "gzip", "xz" */
	int level;              /* 0: the default (zstd 3, gzip 9) */
	uint32_t block;         /* bytes: a power of two, 4 KiB to 1 MiB; 0:
				 * 128 KiB */
	unsigned threads;       /* that compress; at least 1 */
	int64_t mtime;          /* of the image; also of directories that have
				 * no entry */
};

struct sqfswrite_stats {
	uint64_t times;     /* moved into the range */
	uint64_t fractions; /* times that were no whole seconds */
	uint64_t xattrs;    /* left out */
};

struct sqfswrite;

/* Add the compressors that this build has; none without libsquashfs. */
void sqfswrite_compressors(struct strlist *out);
/* An image in FD (the caller's, O_RDWR) from byte AT on. ERR_UNSUPPORTED: a
 * compressor that is not built in (they are listed), or this build has no
 * libsquashfs. ERR_USAGE: bad level or block size. Its threads run until
 * sqfswrite_free. */
struct sqfswrite *sqfswrite_new(int fd, uint64_t at,
				const struct sqfswrite_opts *o, struct err *e);
void sqfswrite_free(struct sqfswrite *w);
AUTO_DEFINE_PTR(sqfswrite, struct sqfswrite, sqfswrite_free)

/* merge_put of merge.h, with W as context. ERR_LIMIT for a file of more than
 * 2^24 blocks. Errors do not name the entry: it is the caller's. After a
 * failure W is good for sqfswrite_free only. */
int sqfswrite_put(void *w, const struct entry *entry, const struct entries *r,
		  void **handle, struct err *e);
/* The names of T (sorted; inodes as in inode.h, content by sqfswrite_put), and
 * the superblock. *SIZE: bytes of the image, padded to 4096; FD ends there. A
 * tree of too many names or owners for the format is ERR_LIMIT. Once only, and
 * W must outlive what looks at inode.content. */
MUST_CHECK int sqfswrite_finish(struct sqfswrite *w, struct tree *t,
				uint64_t *size, struct sqfswrite_stats *stats,
				struct err *e);

#endif
