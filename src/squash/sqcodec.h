/* sqcodec.h - what inflates the blocks of a squashfs image.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The compressors' libraries are loaded when an image needs one (dynlib.h): a
 * start from a directory pays for none. A thread borrows a worker, which has
 * the library's state and room for the compressed bytes, so nothing is set up
 * for each block; there are as many as ever worked at once.
 */
#ifndef SQUASH_SQCODEC_H
#define SQUASH_SQCODEC_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct sqcodec;

struct sqworker {
	unsigned char *input; /* room for the largest block */
	void *state;          /* the library's, or NULL */
	struct sqworker *next;
};

/* The compressor NAME (sqfshdr_compressor) for blocks of up to BLOCK bytes. Of
 * the libraries that know it the first SKIP are passed over: 0 for the fastest,
 * others for tests. ERR_NOTFOUND: none can be loaded, and the message says
 * which package has it; ERR_UNSUPPORTED: there is none. */
struct sqcodec *sqcodec_open(const char *name, unsigned skip, size_t block,
			     struct err *e);
/* When no worker is out any more. NULL is fine. */
void sqcodec_close(struct sqcodec *c);

/* Borrow a worker, or NULL without memory; give it back. */
struct sqworker *sqcodec_take(struct sqcodec *c);
void sqcodec_give(struct sqcodec *c, struct sqworker *w);
/* Inflate the N bytes at IN (W's input or part of it) to OUT, which has room
 * for CAP; how many there are, or -EIO if they are bad or more. */
ssize_t sqcodec_inflate(const struct sqcodec *c, const struct sqworker *w,
			const void *in, size_t n, void *out, size_t cap);

#endif
