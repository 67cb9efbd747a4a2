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
	{ "xz:9", "xz 9" },
	{ "zstd:", "expected a compression level from 1 to 22 for zstd, found ''" },
	{ "zstd:0", "expected a compression level from 1 to 22 for zstd, found '0'" },
	{ "zstd:x", "expected a compression level from 1 to 22 for zstd, found 'x'" },
	{ "gzip:15", "expected a compression level from 1 to 9 for gzip, found '15'" },
	{ "lz4:1", "lz4 has no compression levels" },
	{ "none:1", "none has no compression levels" },
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
	{ NULL, "x.tar.xz", ENCODE_NONE, -1 },
	{ NULL, "x.tar.bz2", ENCODE_NONE, -1 },
	{ "gzip", "x.tar.xz", ENCODE_NONE, ENCODE_GZIP },
};

static const struct {
	const char *compress;
	const char *out;
	const char *want; /* or NULL */
} checks[] = {
	{ "lz4", "squash:x", NULL },
	{ "zstd:22", "./x.sif", NULL },
	{ "xz:9", "dir:x", NULL },
	{ "zstd:19", "tar:x.tar.xz", NULL },
	{ "lz4", "docker-archive:x.tar", NULL },
	{ "none", "squash:x", "a squashfs is compressed with zstd, lz4, gzip or xz" },
	{ "xz", "oci:x", "archives and layers are compressed with gzip, zstd or none, not with 'xz'" },
	{ "lz4", "store:x", "archives and layers are compressed with gzip, zstd or none, not with 'lz4'" },
	{ "zstd:20", "./x.tar", "expected a compression level from 1 to 19 for zstd in archives and layers, found 20" },
	{ "gzip", "oci-archive:x.tar.bz2", "archives are compressed with gzip (.gz), zstd (.zst) or not at all" },
	{ "none", "docker-archive:x.txz", "archives are compressed with gzip (.gz), zstd (.zst) or not at all" },
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

static void test_checks(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(checks); i++) {
		struct pack p = { .compressor = NULL };
		AUTO(name) struct name n = { 0 };
		struct err e = { 0 };

		if (!pack_parse(&p, checks[i].compress, &e) &&
		    !name_parse_out(checks[i].out, &n, &e) &&
		    !pack_check(&p, &n, &e) && !checks[i].want)
			is(e.msg, "", checks[i].out);
		else
			is(e.msg, checks[i].want ? checks[i].want : "no error",
			   checks[i].out);
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
	test_checks();
	return tap_done();
}
