/* t_codec.c - tests of layer/codec.c and the inflate file it is linked with.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "layer/codec.h"

#include "base/mem.h"
#include "base/str.h"
#include "tap.h"

#include <stdint.h>
#include <zlib.h>
#include <zstd.h>

/* Text that compresses, numbers that hardly do, all from one seed. */
static void fill(struct str *s, size_t n, uint32_t seed)
{
	for (size_t i = 0; i < n; i++) {
		seed = seed * 1664525 + 1013904223;
		str_addc(s,
			 i % 64 < 40 ? "layer\n"[i % 6] : (char)(seed >> 24));
	}
}

struct gz_opts {
	int level;
	bool has_fields; /* extra, name, comment and header CRC */
};

static void gzip(struct str *out, const struct str *in, struct gz_opts o)
{
	z_stream z = { 0 };
	gz_header head = {
		.extra = (Bytef *)"extra field",
		.extra_len = 11,
		.name = (Bytef *)"name of a file",
		.comment = (Bytef *)"a comment",
		.hcrc = 1,
	};

	if (deflateInit2(&z, o.level, Z_DEFLATED, MAX_WBITS + 16, 8,
			 Z_DEFAULT_STRATEGY))
		abort();
	if (o.has_fields)
		deflateSetHeader(&z, &head);
	size_t bound = in->len + in->len / 100 + 1000;

	z.next_in = (Bytef *)in->p;
	z.avail_in = (uInt)in->len;
	z.next_out = (Bytef *)str_reserve(out, bound);
	z.avail_out = (uInt)bound;
	if (deflate(&z, Z_FINISH) != Z_STREAM_END)
		abort();
	out->len += bound - z.avail_out;
	out->p[out->len] = '\0';
	deflateEnd(&z);
}

static void zstd(struct str *out, const struct str *in, bool has_checksum)
{
	ZSTD_CCtx *z = ZSTD_createCCtx();
	size_t bound = ZSTD_compressBound(in->len);
	char *to = str_reserve(out, bound);

	ZSTD_CCtx_setParameter(z, ZSTD_c_checksumFlag, has_checksum);
	size_t n = ZSTD_compress2(z, to, bound, in->p, in->len);

	if (ZSTD_isError(n))
		abort();
	out->len += n;
	out->p[out->len] = '\0';
	ZSTD_freeCCtx(z);
}

/* Decode IN, giving IN_STEP bytes at a time and taking OUT_STEP: 0 and the
 * output, or -1. */
static int decode(const struct str *in, size_t in_step, size_t out_step,
		  struct str *out, struct err *e)
{
	AUTO(codec) struct codec *c = codec_new(in->p, in->len, e);
	autostr char *buffer = xmalloc(out_step);

	if (!c)
		return -1;
	for (size_t at = 0; at < in->len; at += in_step) {
		const void *p = in->p + at;
		size_t n = in->len - at < in_step ? in->len - at : in_step;
		size_t made = 0;

		do {
			if (codec_step(c, &p, &n, buffer, out_step, &made, e))
				return -1;
			str_addn(out, buffer, made);
		} while (n || made == out_step);
	}
	return codec_end(c, e);
}

static bool decodes_to(const struct str *in, const struct str *want,
		       size_t in_step, size_t out_step)
{
	AUTO(str) struct str out = { 0 };
	struct err e = { 0 };

	if (decode(in, in_step, out_step, &out, &e)) {
		printf("# steps %zu/%zu: %s\n", in_step, out_step, e.msg);
		return false;
	}
	return out.len == want->len &&
	       (!out.len || !memcmp(out.p, want->p, out.len));
}

static void all_steps(const struct str *in, const struct str *want,
		      const char *what)
{
	static const size_t steps[][2] = {
		{ 1, 65536 }, { 1, 1 }, { 2, 7 },         { 3, 1 },
		{ 7, 4096 },  { 9, 9 }, { 1000, 100000 }, { SIZE_MAX / 2, 1 },
	};
	bool good = true;

	for (size_t i = 0; i < ARRAY_SIZE(steps); i++)
		good = decodes_to(in, want, steps[i][0], steps[i][1]) && good;
	ok(decodes_to(in, want, 262144, 262144), "%s", what);
	ok(good, "%s, in all step sizes", what);
}

static void refused(const struct str *in, enum err_kind kind, const char *part,
		    const char *what)
{
	static const size_t steps[] = { 1, 5, 262144 };

	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		AUTO(str) struct str out = { 0 };
		struct err e = { 0 };
		int rc = decode(in, steps[i], 1000, &out, &e);
		bool good = rc && e.kind == kind && strstr(e.msg, part);

		if (!ok(good, "%s, by %zu", what, steps[i]))
			printf("#   rc %d kind %d: %s\n", rc, e.kind, e.msg);
	}
}

static void test_good(const struct str *plain, const struct str *other)
{
	AUTO(str) struct str one = { 0 };
	AUTO(str) struct str both = { 0 };
	AUTO(str) struct str empty = { 0 };
	AUTO(str) struct str s = { 0 };

	str_addn(&both, plain->p, plain->len);
	str_addn(&both, other->p, other->len);
	all_steps(plain, plain, "plain bytes");
	gzip(&s, plain, (struct gz_opts){ .level = 6 });
	all_steps(&s, plain, "gzip");
	str_clear(&s);
	gzip(&s, plain, (struct gz_opts){ .level = 0 });
	all_steps(&s, plain, "gzip, stored blocks");
	str_clear(&s);
	gzip(&s, plain, (struct gz_opts){ .level = 9, .has_fields = true });
	all_steps(&s, plain, "gzip with all header fields");
	gzip(&s, &empty, (struct gz_opts){ .level = 6 });
	gzip(&s, other, (struct gz_opts){ .level = 1, .has_fields = true });
	gzip(&s, &empty, (struct gz_opts){ .level = 6 });
	all_steps(&s, &both, "gzip members, two of them empty");
	for (int i = 0; i < 700; i++)
		str_addc(&s, 0);
	all_steps(&s, &both, "gzip members and zeros behind");
	str_clear(&s);
	zstd(&s, plain, false);
	all_steps(&s, plain, "zstd");
	zstd(&s, &empty, false);
	str_addn(&s, "\x5a\x2a\x4d\x18\x05\0\0\0ABCDE", 13);
	zstd(&s, other, true);
	all_steps(&s, &both, "zstd frames and a skippable one");
	str_addn(&s, "\0\0\0", 3);
	all_steps(&s, &both, "zstd frames and zeros behind");
	str_addn(&one, "\x50\x2a\x4d\x18\0\0\0\0", 8);
	zstd(&one, plain, true);
	all_steps(&one, plain, "zstd that starts with a skippable frame");
	str_clear(&s);
	all_steps(&s, &empty, "no bytes at all");
}

/* Every proper prefix must be refused. */
static void truncated(const struct str *whole, const char *what)
{
	size_t bad = 0;

	for (size_t n = CODEC_PROBE; n < whole->len; n++) {
		AUTO(str) struct str out = { 0 };
		struct str cut = { .p = whole->p, .len = n };
		struct err e = { 0 };

		if (decode(&cut, n % 3 ? 4096 : 1, 4096, &out, &e))
			continue;
		printf("# accepted at %zu of %zu\n", n, whole->len);
		bad++;
	}
	is_num((long long)bad, 0, what);
}

/* Each bit of the last N bytes matters. */
static void flipped(struct str *whole, size_t n, const char *what)
{
	size_t bad = 0;

	for (size_t bit = 0; bit < n * 8; bit++) {
		AUTO(str) struct str out = { 0 };
		struct err e = { 0 };
		char *at = &whole->p[whole->len - 1 - bit / 8];

		*at = (char)(*at ^ (1 << bit % 8));
		bad += !decode(whole, bit % 2 ? 4096 : 1, 4096, &out, &e);
		*at = (char)(*at ^ (1 << bit % 8));
	}
	is_num((long long)bad, 0, what);
}

static void test_damage(const struct str *small)
{
	AUTO(str) struct str gz = { 0 };
	AUTO(str) struct str fields = { 0 };
	AUTO(str) struct str zs = { 0 };
	AUTO(str) struct str s = { 0 };

	gzip(&gz, small, (struct gz_opts){ .level = 6 });
	gzip(&fields, small,
	     (struct gz_opts){ .level = 6, .has_fields = true });
	zstd(&zs, small, true);
	truncated(&gz, "gzip cut anywhere is refused");
	truncated(&fields, "gzip with fields cut anywhere is refused");
	truncated(&zs, "zstd cut anywhere is refused");
	flipped(&gz, 8, "each bit of gzip's CRC and length is checked");
	flipped(&zs, 4, "each bit of zstd's checksum is checked");
	str_addn(&s, gz.p, gz.len);
	s.p[gz.len - 8] = (char)(s.p[gz.len - 8] ^ 1);
	refused(&s, ERR_FORMAT, "gzip data", "wrong CRC");
	s.p[gz.len - 8] = (char)(s.p[gz.len - 8] ^ 1);
	s.p[gz.len - 1] = (char)(s.p[gz.len - 1] ^ 1);
	refused(&s, ERR_FORMAT, "gzip data", "wrong length");
	str_clear(&s);
	/* The header's CRC stands behind the comment. */
	str_addn(&s, fields.p, fields.len);
	char *comment = memmem(s.p, s.len, "a comment", 10);

	comment[10] = (char)(comment[10] ^ 1);
	refused(&s, ERR_FORMAT, "gzip", "wrong header CRC");
	str_clear(&s);
	str_addn(&s, gz.p, gz.len);
	str_add(&s, "junk");
	refused(&s, ERR_FORMAT, "behind the end of the gzip data",
		"junk behind gzip");
	s.len -= 4;
	str_addn(&s, "\0\0\0\0\x1f\x8b", 6);
	refused(&s, ERR_FORMAT, "behind the end of the gzip data",
		"zeros, then another member");
	str_clear(&s);
	str_addn(&s, zs.p, zs.len);
	str_add(&s, "junk");
	refused(&s, ERR_FORMAT, "behind the end of the zstd data",
		"junk behind zstd");
	str_clear(&s);
	str_addn(&s, "\x1f\x8b\x07\0\0\0\0\0\0\0\0\0", 12);
	refused(&s, ERR_FORMAT, "gzip", "unknown method");
	str_clear(&s);
	str_addn(&s, "\x1f\x8b", 2);
	refused(&s, ERR_FORMAT, "gzip data ends early", "two bytes of gzip");
}

/* A frame header that asks for a window of 2^28 bytes. */
static void test_window(void)
{
	AUTO(str) struct str s = { 0 };

	str_addn(&s, "\x28\xb5\x2f\xfd\x00\x90\x01\0\0\0\0", 11);
	refused(&s, ERR_LIMIT, "128 MiB", "window over the limit");
	str_clear(&s);
	str_addn(&s, "\x28\xb5\x2f\xfd\x00\x88\x01\0\0", 9);
	struct str empty = { 0 };

	ok(decodes_to(&s, &empty, 1, 1), "a window of 128 MiB");
}

static void test_recognition(void)
{
	// clang-format off
	static const struct {
		const char *bytes;
		size_t n;
		const char *name; /* or the compression refused */
		bool is_refused;
	} cases[] = {
		{ "\x1f\x8b\x08\0\0\0", 6, "gzip", false },
		{ "\x28\xb5\x2f\xfd\0\0", 6, "zstd", false },
		{ "\x5f\x2a\x4d\x18\0\0", 6, "zstd", false },
		{ "\x1f", 1, "none", false },
		{ "", 0, "none", false },
		{ "usr/\0\0", 6, "none", false },
		{ "BZhome", 6, "none", false },
		{ "]\0\0\0\0\0", 6, "none", false },
		{ "\xfd" "7zXZ\0", 6, "xz", true },
		{ "BZh91A", 6, "bzip2", true },
		{ "]\0\0\x80\0\0", 6, "lzma", true },
		{ "\x04\x22\x4d\x18\0\0", 6, "lz4", true },
	};
	// clang-format on

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct err e = { 0 };
		AUTO(codec)
		struct codec *c = codec_new(cases[i].bytes, cases[i].n, &e);

		if (cases[i].is_refused)
			ok(!c && e.kind == ERR_UNSUPPORTED &&
				   strstr(e.msg, cases[i].name),
			   "%s is refused", cases[i].name);
		else
			is(c ? codec_name(c) : NULL, cases[i].name,
			   "compression told by its first bytes");
	}
}

int main(void)
{
	AUTO(str) struct str plain = { 0 };
	AUTO(str) struct str other = { 0 };
	AUTO(str) struct str small = { 0 };

	fill(&plain, 40000, 1);
	fill(&other, 5001, 2);
	fill(&small, 700, 3);
	test_good(&plain, &other);
	test_damage(&small);
	test_window();
	test_recognition();
	return tap_done();
}
