/* t_encode.c - tests of layer/encode.c, encgzip.c and enczstd.c: what comes out
 * is read by codec.c, and is the same for any number of threads.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "layer/encode.h"

#include "base/mem.h"
#include "base/str.h"
#include "layer/codec.h"
#include "tap.h"

#include <stdint.h>

#define CHUNK 131072
#define LONG (5 << 20) /* more than all rings of a thread hold */

static int collect(void *ctx, const void *p, size_t n, struct err *e)
{
	(void)e;
	str_addn(ctx, p, n);
	return 0;
}

/* N bytes: words that repeat, and noise that does not. */
static void fill(struct str *s, size_t n)
{
	uint32_t x = 1;

	while (s->len < n) {
		x = x * 1664525 + 1013904223;
		if (x >> 30)
			str_addf(s, "line %u\n", x >> 24);
		else
			str_addn(s, &x, sizeof(x));
	}
	s->len = n;
}

/* Compress IN, given STEP bytes at a time. */
static int encode(enum encode_kind kind, int level, unsigned threads,
		  size_t step, const struct str *in, struct str *out,
		  struct err *e)
{
	AUTO(encode)
	struct encode *c = encode_new(kind, level, threads, collect, out, e);

	if (!c)
		return -1;
	for (size_t at = 0; at < in->len; at += step)
		if (encode_write(c, in->p + at,
				 in->len - at < step ? in->len - at : step, e))
			return -1;
	return encode_end(c, e);
}

static int decode(const struct str *in, struct str *out, struct err *e)
{
	AUTO(codec) struct codec *c = codec_new(in->p, in->len, e);
	const void *p = in->p;
	size_t left = in->len;
	size_t made;

	if (!c)
		return -1;
	do {
		char *to = str_reserve(out, CHUNK);

		if (codec_step(c, &p, &left, to, CHUNK, &made, e))
			return -1;
		out->len += made;
	} while (left || made == CHUNK);
	return codec_end(c, e);
}

static const struct {
	const char *what;
	enum encode_kind kind;
	int level;
	size_t n;
} cases[] = {
	{ "gzip, nothing", ENCODE_GZIP, 0, 0 },
	{ "gzip, a byte", ENCODE_GZIP, 0, 1 },
	{ "gzip, all but a chunk", ENCODE_GZIP, 0, CHUNK - 1 },
	{ "gzip, a chunk", ENCODE_GZIP, 0, CHUNK },
	{ "gzip, a chunk and a byte", ENCODE_GZIP, 0, CHUNK + 1 },
	{ "gzip, many chunks", ENCODE_GZIP, 0, LONG },
	{ "gzip, quickly", ENCODE_GZIP, 1, LONG },
	{ "gzip, well", ENCODE_GZIP, 9, 1000000 },
	{ "zstd, nothing", ENCODE_ZSTD, 0, 0 },
	{ "zstd, a byte", ENCODE_ZSTD, 0, 1 },
	{ "zstd, many jobs", ENCODE_ZSTD, 0, LONG },
	{ "zstd, quickly", ENCODE_ZSTD, 1, LONG },
	{ "zstd, well", ENCODE_ZSTD, 19, 1000000 },
	{ "none, nothing", ENCODE_NONE, 0, 0 },
	{ "none", ENCODE_NONE, 0, 1000000 },
};

static void test_back(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO(str) struct str in = { 0 };
		AUTO(str) struct str out = { 0 };
		AUTO(str) struct str back = { 0 };
		struct err e = { 0 };

		fill(&in, cases[i].n);
		ok(!encode(cases[i].kind, cases[i].level, 2, 70001, &in, &out,
			   &e) &&
			   !decode(&out, &back, &e),
		   "%s: %s", cases[i].what, e.msg);
		ok(in.len == back.len &&
			   (!in.len || !memcmp(in.p, back.p, in.len)),
		   "comes back");
	}
}

/* Threads and how the bytes are given make no difference. */
static void test_same(void)
{
	static const struct {
		unsigned threads;
		size_t step;
	} ways[] = {
		{ 1, 1000000000 }, { 1, 4093 },    { 2, 100000 },
		{ 3, CHUNK },      { 7, 1 << 20 }, { 40, 1 << 20 },
		{ 256, 1 << 20 },
	};
	AUTO(str) struct str in = { 0 };

	fill(&in, LONG);
	for (int kind = ENCODE_GZIP; kind <= ENCODE_ZSTD; kind++) {
		AUTO(str) struct str first = { 0 };
		struct err e = { 0 };

		ok(!encode(kind, 0, 2, 512, &in, &first, &e), "%s", e.msg);
		for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
			AUTO(str) struct str out = { 0 };

			ok(!encode(kind, 0, ways[i].threads, ways[i].step, &in,
				   &out, &e) &&
				   out.len == first.len &&
				   !memcmp(out.p, first.p, out.len),
			   "%u threads, %zu bytes at a time: the same",
			   ways[i].threads, ways[i].step);
		}
	}
}

/* Chunks see what was in front of them: a line that is in each of them is not
 * written out again. */
static void test_ratio(void)
{
	AUTO(str) struct str in = { 0 };
	AUTO(str) struct str out = { 0 };
	AUTO(str) struct str noise = { 0 };
	struct err e = { 0 };
	uint32_t x = 1;

	while (noise.len < 30000) {
		x = x * 1664525 + 1013904223;
		str_addc(&noise, (char)(x >> 24));
	}
	while (in.len < 3000000)
		str_addn(&in, noise.p, noise.len);
	ok(!encode(ENCODE_GZIP, 0, 2, 4096, &in, &out, &e), "%s", e.msg);
	ok(out.len < 60000, "what repeats costs little (%zu)", out.len);
}

static const struct {
	enum encode_kind kind;
	int level;
	const char *message;
} levels[] = {
	{ ENCODE_GZIP, 10, "gzip: expected a level of 1 to 9, found '10'" },
	{ ENCODE_GZIP, -1, "gzip: expected a level of 1 to 9, found '-1'" },
	{ ENCODE_ZSTD, 20, "zstd: expected a level of 1 to 19, found '20'" },
	{ ENCODE_NONE, 1, "a level without compression: '1'" },
};

static void test_levels(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(levels); i++) {
		struct err e = { 0 };
		AUTO(encode)
		struct encode *c = encode_new(levels[i].kind, levels[i].level,
					      1, collect, NULL, &e);

		ok(!c && e.kind == ERR_USAGE, "level %d", levels[i].level);
		is(e.msg, levels[i].message, "the message");
	}
}

static int refuse(void *ctx, const void *p, size_t n, struct err *e)
{
	size_t *left = ctx;

	(void)p;
	if (n > *left)
		return err_set(e, ERR_SYS, "the disk is full");
	*left -= n;
	return 0;
}

static void test_full(void)
{
	AUTO(str) struct str in = { 0 };

	fill(&in, LONG);
	for (int kind = ENCODE_NONE; kind <= ENCODE_ZSTD; kind++) {
		size_t left = kind == ENCODE_NONE ? 0 : 500000;
		struct err e = { 0 };
		AUTO(encode)
		struct encode *c = encode_new(kind, 0, 2, refuse, &left, &e);

		ok(encode_write(c, in.p, in.len, &e) || encode_end(c, &e),
		   "nowhere to write to");
		is(e.msg, "the disk is full", "is told");
	}
}

/* Given up in the middle: no thread is waited for in vain. */
static void test_abandoned(void)
{
	AUTO(str) struct str in = { 0 };
	AUTO(str) struct str out = { 0 };

	fill(&in, LONG);
	for (int kind = ENCODE_NONE; kind <= ENCODE_ZSTD; kind++) {
		struct err e = { 0 };
		AUTO(encode)
		struct encode *c = encode_new(kind, 0, 3, collect, &out, &e);

		ok(c && !encode_write(c, in.p, in.len, &e), "given up");
	}
}

int main(void)
{
	test_back();
	test_same();
	test_ratio();
	test_levels();
	test_full();
	test_abandoned();
	return tap_done();
}
