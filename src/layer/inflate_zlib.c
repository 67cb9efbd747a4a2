/* inflate_zlib.c - gzip decoding by zlib, where there is no ISA-L.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "layer/inflate.h"

#include "base/mem.h"

#include <limits.h>
#include <stdint.h>
#include <zlib.h>

#define GZIP_ONLY                                                  \
	16 /* added to the window bits: see inflateInit2 in zlib.h \
	    */

struct inflate {
	z_stream stream;
};

struct inflate *inflate_new(void)
{
	struct inflate *z = xcalloc(1, sizeof(*z));

	if (inflateInit2(&z->stream, MAX_WBITS + GZIP_ONLY) != Z_OK)
		mem_fail("a zlib decoder");
	return z;
}

void inflate_free(struct inflate *z)
{
	inflateEnd(&z->stream);
	free(z);
}

void inflate_reset(struct inflate *z)
{
	inflateReset(&z->stream);
}

static uInt at_most_uint(size_t n)
{
	return n < UINT_MAX ? (uInt)n : UINT_MAX;
}

int inflate_step(struct inflate *z, const void **in, size_t *in_len, void *out,
		 size_t out_len, size_t *made, bool *ended, struct err *e)
{
	z_stream *s = &z->stream;
	uInt given = at_most_uint(*in_len);
	uInt room = at_most_uint(out_len);

	s->next_in = (Bytef *)(uintptr_t)*in;
	s->avail_in = given;
	s->next_out = out;
	s->avail_out = room;
	int code = inflate(s, Z_NO_FLUSH);

	/* Z_BUF_ERROR: nothing to do with what was given; not an error. */
	if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR)
		return err_set(e, ERR_FORMAT, "corrupt gzip data (%s)",
			       s->msg ? s->msg : "out of memory");
	*in = s->next_in;
	*in_len -= given - s->avail_in;
	*made = room - s->avail_out;
	*ended = code == Z_STREAM_END;
	return 0;
}
