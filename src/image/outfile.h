/* outfile.h - the file that is written, or standard output.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef IMAGE_OUTFILE_H
#define IMAGE_OUTFILE_H

#include "base/err.h"
#include "base/tmp.h"
#include "image/dest.h"
#include "image/pack.h"

struct outfile {
	const struct dest *dest;
	struct tmp tmp;
	int fd;                /* where the bytes go; borrowed */
	struct encode *encode; /* of outfile_encode */
};
#define OUTFILE_INIT                       \
	{                                  \
		.tmp = TMP_INIT, .fd = -1, \
	}

/* A temporary file beside DEST (dest_open_file), which must live as long. */
MUST_CHECK int outfile_open(struct outfile *o, const struct dest *dest,
			    struct err *e);
/* What is written by outfile_write from now on is compressed. */
MUST_CHECK int outfile_encode(struct outfile *o, const struct pack *p,
			      enum encode_kind kind, struct err *e);
/* N bytes at P; O is a `struct outfile`. */
MUST_CHECK int outfile_write(void *o, const void *p, size_t n, struct err *e);
/* All was written: publish it, with MODE (dest_publish_file). */
MUST_CHECK int outfile_publish(struct outfile *o, mode_t mode, struct err *e);
void outfile_clear(struct outfile *o);
AUTO_DEFINE(outfile, struct outfile, outfile_clear)

#endif
