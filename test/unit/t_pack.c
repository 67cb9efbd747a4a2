/* t_pack.c - how a file is packed, as people write it.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/str.h"
#include "image/pack.h"

#include "tap.h"

// clang-format off
static const struct {
	const char *text;
	const char *want;
} names[] = {
	{ "zstd", "zstd 0" },
	{ "zstd:19", "zstd 19" },
	{ "gzip:9", "gzip 9" },
	{ "lz4", "lz4 0" },
	{ "xz", "xz 0" },
	{ "none", "none 0" },
	{ "zst", "unknown compressor 'zst'; there are zstd, lz4, gzip, xz and none, with ':LEVEL' behind it" },
	{ "", "unknown compressor ''; there are zstd, lz4, gzip, xz and none, with ':LEVEL' behind it" },
	{ "zstd:", "the level: not a number: ''" },
	{ "zstd:0", "the level: expected 1 to 22, found '0'" },
	{ "zstd:x", "the level: not a number: 'x'" },
};

static const struct {
	const char *compressor; /* or NULL */
	const char *path;
	enum encode_kind fallback;
	int want; /* -1: refused */
} streams[] = {
	{ NULL, "x.tar", ENCODE_NONE, ENCODE_NONE },
	{ NULL, "x.tar.gz", ENCODE_NONE, ENCODE_GZIP },
	{ NULL, "x.tgz", ENCODE_NONE, ENCODE_GZIP },
	{ NULL, "x.tar.zst", ENCODE_NONE, ENCODE_ZSTD },
	{ NULL, "x.tzst", ENCODE_NONE, ENCODE_ZSTD },
	{ NULL, "-", ENCODE_NONE, ENCODE_NONE },
	{ NULL, "", ENCODE_GZIP, ENCODE_GZIP },
	{ "zstd", "x.tar.gz", ENCODE_NONE, ENCODE_ZSTD },
	{ "none", "x.tar.gz", ENCODE_GZIP, ENCODE_NONE },
	{ "gzip", "x.tar", ENCODE_NONE, ENCODE_GZIP },
	{ "lz4", "x.tar", ENCODE_NONE, -1 },
	{ "xz", "x.tar", ENCODE_NONE, -1 },
};
// clang-format on

static void test_names(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct pack p = { .compressor = NULL };
		struct err e = { 0 };
		autostr char *got = NULL;

		if (pack_parse(&p, names[i].text, &e))
			got = str_fmt("%s", e.msg);
		else
			got = str_fmt("%s %d", p.compressor, p.level);
		is(got, names[i].want, names[i].text);
	}
}

static void test_streams(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(streams); i++) {
		struct pack p = { .compressor = streams[i].compressor };
		enum encode_kind kind = ENCODE_NONE;
		struct err e = { 0 };
		int rc = pack_stream(&p, streams[i].path, streams[i].fallback,
				     &kind, &e);

		ok(rc ? streams[i].want == -1 && e.kind == ERR_UNSUPPORTED
		      : streams[i].want == (int)kind,
		   "'%s' with %s", streams[i].path,
		   streams[i].compressor ? streams[i].compressor : "nothing");
	}
}

int main(void)
{
	test_names();
	test_streams();
	return tap_done();
}
