/* sqfsfile.h - part of a file as libsquashfs wants files, and what its errors
 * mean.
 * SPDX-License-Identifier: Apache-2.0
 *
 * An image may lie inside another file: positions that the library sees count
 * from the image's first byte.
 */
#ifndef LAYER_SQFSFILE_H
#define LAYER_SQFSFILE_H

#include "base/err.h"

#include <sqfs/predef.h>

#include <sqfs/io.h>
#include <stdint.h>

/* In the size of a block: it is not compressed. */
#define SQFSFILE_PLAIN 0x1000000u

struct sqfsfile {
	sqfs_file_t base; /* first: what the library is given */
	int fd;
	uint64_t at;      /* of the image in FD */
	uint64_t size;    /* of the image */
	struct err error; /* the system's, once it has said no */
};

/* The image of SIZE bytes from AT on in FD, which is the caller's. It can be
 * read up to SIZE, not further; writing behind its end makes it longer. */
void sqfsfile_init(struct sqfsfile *f, int fd, uint64_t at, uint64_t size);

/* What the library's CODE (negative) means, as an error: what the system said
 * to F if it did; "squashfs image: ..." for what the image is to blame for. */
int sqfsfile_fail(const struct sqfsfile *f, int code, struct err *e);

/* sqfs_destroy, which takes NULL from version 1.2 of the library on only. */
static inline void sqfsfile_destroy(void *object)
{
	if (object)
		sqfs_destroy(object);
}

#endif
