/* t_sqfshdr.c - superblocks of squashfs.
 * SPDX-License-Identifier: Apache-2.0
 *
 * sqfshdr/busybox.bin is the superblock of a file system of mksquashfs 4.4.
 */
#include "config.h"

#include "base/str.h"
#include "format/sqfshdr.h"

#include "le.h"
#include "tap.h"

#define SIZE 745472 /* with padding, of the one that busybox.bin is from */

/* "COMPRESSOR BLOCK SIZE", or "KIND: MESSAGE". Caller frees. */
static char *show(const unsigned char *p, size_t n, uint64_t available)
{
	struct sqfshdr h;
	struct err e = { 0 };

	if (sqfshdr_parse(p, n, available, &h, &e))
		return str_fmt("%s: %s",
			       e.kind == ERR_FORMAT        ? "format"
			       : e.kind == ERR_UNSUPPORTED ? "unsupported"
							   : "other",
			       e.msg);
	return str_fmt("%s %u %llu", sqfshdr_compressor(h.compressor),
		       h.block_size, (unsigned long long)h.size);
}

static void read_real(unsigned char p[SQFSHDR_BYTES])
{
	autostr char *path = tap_data("sqfshdr/busybox.bin");
	autofile FILE *f = fopen(path, "re");

	ok(f && fread(p, 1, SQFSHDR_BYTES, f) == SQFSHDR_BYTES, "read '%s'",
	   path);
}

static void test_real(const unsigned char *p)
{
	struct sqfshdr h;
	struct err e = { 0 };

	ok(!sqfshdr_parse(p, SQFSHDR_BYTES, SIZE, &h, &e), "parse %s", e.msg);
	is_num(h.n_inodes, 55, "inodes");
	is_num(h.n_fragments, 1, "fragments");
	is_num(h.n_ids, 4, "ids");
	is_num(h.modified, 1627931376, "time");
	is_num(h.block_size, 131072, "block size");
	is(sqfshdr_compressor(h.compressor), "gzip", "compressor");
	is_num((long long)h.size, 744412, "size");
	ok(sqfshdr_is(p, 4) && !sqfshdr_is(p, 3) && !sqfshdr_is(p + 1, 4),
	   "recognised");
}

// clang-format off
static const struct {
	size_t at;
	size_t n;
	uint64_t value;
	const char *want;
} lies[] = {
	{ 0, 0, 0, "gzip 131072 744412" },
	{ 20, 2, 6, "zstd 131072 744412" },
	{ 0, 4, 0x73717368, "gzip 131072 744412" },
	{ 0, 4, 0x68737173, "unsupported: squashfs: magic: 'sqsh' is of version 3 or older; only version 4.0 can be read" },
	{ 0, 4, 0x21, "format: squashfs: magic: expected 'hsqs', found '!'" },
	{ 28, 2, 3, "unsupported: squashfs: version 3.0; only version 4.0 can be read" },
	{ 30, 2, 1, "unsupported: squashfs: version 4.1; only version 4.0 can be read" },
	{ 20, 2, 0, "unsupported: squashfs: unknown compressor 0; expected 1 to 6" },
	{ 20, 2, 7, "unsupported: squashfs: unknown compressor 7; expected 1 to 6" },
	{ 20, 2, 0xffff, "unsupported: squashfs: unknown compressor 65535; expected 1 to 6" },
	{ 12, 4, 0, "format: squashfs: block size: expected a power of two from 4096 to 1048576, found 0" },
	{ 12, 4, 2048, "format: squashfs: block size: expected a power of two from 4096 to 1048576, found 2048" },
	{ 12, 4, 2097152, "format: squashfs: block size: expected a power of two from 4096 to 1048576, found 2097152" },
	{ 12, 4, 131073, "format: squashfs: block size: expected a power of two from 4096 to 1048576, found 131073" },
	{ 12, 4, 65536, "format: squashfs: block size: expected 2 to the power of 17, found 65536" },
	{ 22, 2, 18, "format: squashfs: block size: expected 2 to the power of 18, found 131072" },
	{ 22, 2, 0xffff, "format: squashfs: block size: expected 2 to the power of 65535, found 131072" },
	{ 4, 4, 0, "format: squashfs: inodes: expected one, found none" },
	{ 26, 2, 0, "format: squashfs: ids: expected one, found none" },
	{ 40, 8, 96, "format: squashfs: bytes used: expected more than 96, found 96" },
	{ 40, 8, 1ull << 63, "format: squashfs: bytes used: expected more than 96, found -9223372036854775808" },
	{ 40, 8, SIZE, "gzip 131072 745472" },
	{ 40, 8, SIZE + 1, "format: squashfs: is truncated: expected 745473 bytes, found 745472" },
	{ 40, 8, INT64_MAX, "format: squashfs: is truncated: expected 9223372036854775807 bytes, found 745472" },
	/* tables: a word for "format: squashfs: WORD ..." */
	{ 48, 8, 0, "id" },
	{ 48, 8, SQFSHDR_NONE, "id" },
	{ 56, 8, SQFSHDR_NONE, "gzip 131072 744412" },
	{ 56, 8, 744412, "xattr" },
	{ 56, 8, 1ull << 63, "xattr" },
	{ 64, 8, 95, "inode" },
	{ 64, 8, SQFSHDR_NONE, "inode" },
	{ 72, 8, 0, "directory" },
	{ 72, 8, SQFSHDR_NONE, "directory" },
	{ 80, 8, SQFSHDR_NONE, "fragment" },
	{ 80, 8, 50, "fragment" },
	{ 88, 8, SQFSHDR_NONE, "gzip 131072 744412" },
	{ 88, 8, SQFSHDR_NONE - 1, "export" },
	{ 4, 4, 0xffffffff, "export" },
	{ 26, 2, 0xffff, "id" },
	{ 16, 4, 0xffffffff, "fragment" },
	{ 32, 8, 0xffffffffffffull, "root" },
	{ 32, 8, 8192, "root" },
};
// clang-format on

/* A case that is one word names the part that the message is about. */
static void test_lies(const unsigned char *p)
{
	for (size_t i = 0; i < ARRAY_SIZE(lies); i++) {
		unsigned char copy[SQFSHDR_BYTES];
		autostr char *begin = NULL, *got = NULL;

		memcpy(copy, p, sizeof(copy));
		le_put(copy + lies[i].at, lies[i].n, lies[i].value);
		got = show(copy, sizeof(copy), SIZE);
		if (strchr(lies[i].want, ' ')) {
			is(got, lies[i].want, lies[i].want);
			continue;
		}
		begin = str_fmt("format: squashfs: %s ", lies[i].want);
		ok(str_starts(got, begin), "%zu: %s", i, got);
	}
}

static void test_short(const unsigned char *p)
{
	autostr char *none = show(p, 0, 0);
	autostr char *cut = show(p, 95, SIZE);
	autostr char *file = show(p, 96, 744411);

	is(none, "format: squashfs: expected 96 bytes, found 0", "empty");
	is(cut, "format: squashfs: expected 96 bytes, found 95", "95 bytes");
	is(file,
	   "format: squashfs: is truncated: expected 744412 bytes, found "
	   "744411",
	   "a byte is missing");
}

static void test_compressors(void)
{
	is(sqfshdr_compressor(5), "lz4", "5");
	is(sqfshdr_compressor(0), NULL, "0");
	is(sqfshdr_compressor(7), NULL, "7");
}

int main(void)
{
	unsigned char p[SQFSHDR_BYTES] = { 0 };

	read_real(p);
	test_real(p);
	test_lies(p);
	test_short(p);
	test_compressors();
	return tap_done();
}
