/* codec.c - decompression of gzip and zstd streams, piece by piece.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "layer/codec.h"

#include "base/mem.h"
#include "layer/inflate.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <zstd.h>
#include <zstd_errors.h>

/* What zstd itself takes without being asked to (--long=27): the decoder needs
 * that much memory. */
#define ZSTD_WINDOW_LOG_MAX 27

enum kind {
	KIND_NONE,
	KIND_GZIP,
	KIND_ZSTD,
	KIND_REFUSED,
};

/* How streams begin. The first byte of a member or frame must fit as well, to
 * be told from junk behind the last one. */
struct magic {
	const char *name;
	enum kind kind;
	uint8_t bytes[CODEC_PROBE];
	uint8_t mask[CODEC_PROBE]; /* 0: any byte */
};

// clang-format off
static const struct magic magics[] = {
	{ "gzip", KIND_GZIP, { 0x1f, 0x8b }, { 0xff, 0xff } },
	{ "zstd", KIND_ZSTD, { 0x28, 0xb5, 0x2f, 0xfd },
	  { 0xff, 0xff, 0xff, 0xff } },
	/* A skippable frame: 0x184d2a50 to 0x184d2a5f (RFC 8878, 3.1.2). */
	{ "zstd", KIND_ZSTD, { 0x50, 0x2a, 0x4d, 0x18 },
	  { 0xf0, 0xff, 0xff, 0xff } },
	{ "xz", KIND_REFUSED, { 0xfd, '7', 'z', 'X', 'Z', 0 },
	  { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } },
	/* The level is a digit, then comes the first block's 0x314159265359. */
	{ "bzip2", KIND_REFUSED, { 'B', 'Z', 'h', 0x30, 0x31, 0x41 },
	  { 0xff, 0xff, 0xff, 0xf0, 0xff, 0xff } },
	{ "lz4", KIND_REFUSED, { 0x04, 0x22, 0x4d, 0x18 },
	  { 0xff, 0xff, 0xff, 0xff } },
	/* Has no magic: usual properties and a dictionary of 8 MiB, the default
	 * of all levels that are in use. */
	{ "lzma", KIND_REFUSED, { 0x5d, 0x00, 0x00, 0x80, 0x00 },
	  { 0xff, 0xff, 0xff, 0xff, 0xff } },
};
// clang-format on

struct codec {
	const char *name;
	enum kind kind;
	struct inflate *inflate;
	ZSTD_DStream *zstd;
	bool is_inside; /* a member or frame has begun and not ended */
	bool is_over;   /* zeros were seen behind one */
};

static bool matches(const struct magic *m, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < sizeof(m->bytes); i++)
		if (m->mask[i] &&
		    (i >= n || (p[i] & m->mask[i]) != m->bytes[i]))
			return false;
	return true;
}

static const struct magic *recognise(const void *first, size_t n)
{
	for (size_t i = 0; i < ARRAY_SIZE(magics); i++)
		if (matches(&magics[i], first, n))
			return &magics[i];
	return NULL;
}

static ZSTD_DStream *zstd_new(void)
{
	ZSTD_DStream *z = ZSTD_createDStream();

	if (!z || ZSTD_isError(ZSTD_DCtx_setParameter(z, ZSTD_d_windowLogMax,
						      ZSTD_WINDOW_LOG_MAX)))
		mem_fail("a zstd decoder");
	return z;
}

struct codec *codec_new(const void *first, size_t n, struct err *e)
{
	const struct magic *m = recognise(first, n);

	if (m && m->kind == KIND_REFUSED) {
		err_set(e, ERR_UNSUPPORTED,
			"%s compression is not supported, only gzip and zstd",
			m->name);
		return NULL;
	}
	struct codec *c = xcalloc(1, sizeof(*c));

	c->name = m ? m->name : "none";
	c->kind = m ? m->kind : KIND_NONE;
	if (c->kind == KIND_GZIP)
		c->inflate = inflate_new();
	if (c->kind == KIND_ZSTD)
		c->zstd = zstd_new();
	return c;
}

void codec_free(struct codec *c)
{
	if (c->inflate)
		inflate_free(c->inflate);
	ZSTD_freeDStream(c->zstd);
	free(c);
}

const char *codec_name(const struct codec *c)
{
	return c->name;
}

static int zstd_failed(size_t code, struct err *e)
{
	if (ZSTD_getErrorCode(code) == ZSTD_error_frameParameter_windowTooLarge)
		return err_set(e, ERR_LIMIT,
			       "zstd data needs a window over %d MiB",
			       1 << (ZSTD_WINDOW_LOG_MAX - 20));
	return err_set(e, ERR_FORMAT, "corrupt zstd data (%s)",
		       ZSTD_getErrorName(code));
}

static int zstd_step(struct codec *c, const void **in, size_t *in_len,
		     void *out, size_t out_len, size_t *made, bool *ended,
		     struct err *e)
{
	ZSTD_inBuffer from = { .src = *in, .size = *in_len };
	ZSTD_outBuffer to = { .dst = out, .size = out_len };
	size_t code = ZSTD_decompressStream(c->zstd, &to, &from);

	if (ZSTD_isError(code))
		return zstd_failed(code, e);
	*in = (const char *)*in + from.pos;
	*in_len -= from.pos;
	*made = to.pos;
	*ended = code == 0; /* the frame is complete and all of it given out */
	return 0;
}

/* Between two members with input at hand: begin the next, or find only zeros
 * to the end, as tapes and block devices leave them. */
static int begin(struct codec *c, const void **in, size_t *in_len,
		 struct err *e)
{
	const uint8_t *p = *in;
	bool fits = false;

	if (!*p)
		c->is_over = true;
	if (c->is_over) {
		while (*in_len > 0 && !*p) {
			p++;
			--*in_len;
		}
		*in = p;
		if (!*in_len)
			return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(magics); i++)
		if (magics[i].kind == c->kind &&
		    (*p & magics[i].mask[0]) == magics[i].bytes[0])
			fits = true;
	if (c->is_over || !fits)
		return err_set(e, ERR_FORMAT,
			       "other bytes behind the end of the %s data",
			       c->name);
	if (c->inflate)
		inflate_reset(c->inflate);
	c->is_inside = true;
	return 0;
}

static int plain_step(const void **in, size_t *in_len, void *out,
		      size_t out_len, size_t *made)
{
	size_t n = *in_len < out_len ? *in_len : out_len;

	if (n)
		memcpy(out, *in, n);
	*in = (const char *)*in + n;
	*in_len -= n;
	*made = n;
	return 0;
}

/* One call of the decoder, which stops at the end of a member or frame. */
static int decode(struct codec *c, const void **in, size_t *in_len, void *out,
		  size_t out_len, size_t *made, bool *ended, struct err *e)
{
	if (c->kind == KIND_GZIP)
		return inflate_step(c->inflate, in, in_len, out, out_len, made,
				    ended, e);
	return zstd_step(c, in, in_len, out, out_len, made, ended, e);
}

int codec_step(struct codec *c, const void **in, size_t *in_len, void *out,
	       size_t out_len, size_t *made, struct err *e)
{
	*made = 0;
	if (c->kind == KIND_NONE)
		return plain_step(in, in_len, out, out_len, made);
	while (*made < out_len) {
		size_t had = *in_len;
		size_t n = 0;
		bool ended = false;

		if (!c->is_inside && had && begin(c, in, in_len, e))
			return -1;
		if (!c->is_inside)
			return 0;
		if (decode(c, in, in_len, (char *)out + *made, out_len - *made,
			   &n, &ended, e))
			return -1;
		*made += n;
		c->is_inside = !ended;
		if (ended)
			continue;
		if (!*in_len && *made < out_len)
			return 0;
		if (!n && *in_len == had)
			return err_set(e, ERR_FORMAT, "corrupt %s data",
				       c->name);
	}
	return 0;
}

int codec_end(struct codec *c, struct err *e)
{
	if (c->is_inside)
		return err_set(e, ERR_FORMAT, "%s data ends early", c->name);
	return 0;
}
