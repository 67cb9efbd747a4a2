/* t_sifhdr.c - header and descriptors of SIF files.
 * SPDX-License-Identifier: Apache-2.0
 *
 * sifhdr/busybox.bin is the header of a file that SingularityCE 3.8 wrote, and
 * its five descriptors behind it.
 */
#include "config.h"

#include "base/str.h"
#include "format/sifarch.h"
#include "format/sifhdr.h"

#include "le.h"
#include "tap.h"

#define FILE_SIZE 792293 /* of the one that busybox.bin is from */
#define SLOT(i) (SIFHDR_TABLE_AT + (i)*SIFHDR_OBJECT_BYTES)

static const char *kind_text(enum err_kind k)
{
	return k == ERR_FORMAT        ? "format"
	       : k == ERR_LIMIT       ? "limit"
	       : k == ERR_UNSUPPORTED ? "unsupported"
				      : "other";
}

/* The root file system's place, or "KIND: MESSAGE". Caller frees. */
static char *show(const unsigned char *p, size_t n, uint64_t file_size)
{
	autostr struct sifobj *v = NULL;
	const struct sifobj *root;
	struct sifhdr h;
	struct err e = { 0 };
	size_t at = 0, count;

	if (!sifhdr_parse(p, n, file_size, &h, &e))
		at = h.table_at < n ? h.table_at : n;
	if (e.kind ||
	    sifhdr_objects(p + at, n - at, &h, file_size, &v, &count, &e) ||
	    sifhdr_primary(v, count, &root, &e))
		return str_fmt("%s: %s", kind_text(e.kind), e.msg);
	return str_fmt("%s %s %llu+%llu", h.arch, root->arch,
		       (unsigned long long)root->at,
		       (unsigned long long)root->size);
}

/* The head of the real file; SIFHDR_DATA_AT bytes. Caller frees. */
static unsigned char *real(void)
{
	autostr char *path = tap_data("sifhdr/busybox.bin");
	unsigned char *p = calloc(1, SIFHDR_DATA_AT);
	autofile FILE *f = fopen(path, "re");

	ok(f && fread(p, 1, SIFHDR_BYTES, f) == SIFHDR_BYTES &&
		   fread(p + SIFHDR_TABLE_AT, 5, SIFHDR_OBJECT_BYTES, f) ==
			   SIFHDR_OBJECT_BYTES,
	   "read '%s'", path);
	return p;
}

static void test_header(const unsigned char *p)
{
	struct sifhdr h;
	struct err e = { 0 };

	ok(!sifhdr_parse(p, SIFHDR_BYTES, FILE_SIZE, &h, &e), "parse %s",
	   e.msg);
	is(h.launch, SIFHDR_LAUNCH, "launch line");
	is(h.arch, "amd64", "architecture");
	ok(h.uuid[0] == 0x4f && h.uuid[15] == 0xa6, "uuid");
	is_num(h.created, 1627931376, "created");
	is_num(h.modified, 1627931376, "modified");
	is_num((long long)h.n_free, 43, "free");
	is_num((long long)h.n_slots, 48, "slots");
	is_num((long long)h.table_at, 4096, "table");
	is_num((long long)h.table_size, 28080, "size of the table");
	is_num((long long)h.data_at, 32768, "data");
	is_num((long long)h.data_size, 759525, "size of the data");
	ok(sifhdr_is(p, 42) && !sifhdr_is(p, 41) && !sifhdr_is(p + 1, 42),
	   "recognised");
}

static void test_objects(const unsigned char *p)
{
	autostr struct sifobj *v = NULL;
	struct sifhdr h;
	struct err e = { 0 };
	size_t n = 0;

	if (!ok(!sifhdr_parse(p, SIFHDR_BYTES, FILE_SIZE, &h, &e) &&
			!sifhdr_objects(p + 4096, 28080, &h, FILE_SIZE, &v, &n,
					&e) &&
			n == 5,
		"five objects %s", e.msg))
		return;
	is_num(v[0].type, SIFOBJ_DEFINITION, "definition");
	is_num((long long)v[1].padded_size, 5953, "padding");
	is(v[2].name, "oci-config.json", "name");
	is_num(v[3].fs, SIFOBJ_SQUASHFS, "squashfs");
	is_num(v[3].part, SIFOBJ_PRIMARY, "primary");
	is(v[3].arch, "amd64", "its architecture");
	is_num(v[4].type, SIFOBJ_SIGNATURE, "signature");
	is_num(v[4].id, 5, "id");
	is_num(v[4].group, SIFHDR_GROUP, "group");
	is_num(v[4].link, SIFHDR_GROUP + 1, "link");
	ok(sifhdr_find(v, n, SIFOBJ_JSON, "oci-config.json") == &v[2],
	   "found by name");
	ok(sifhdr_find(v, n, SIFOBJ_JSON, NULL) == &v[1], "found by type");
	ok(!sifhdr_find(v, n, SIFOBJ_SBOM, NULL), "not found");
}

/* What is wrong when N bytes at AT are those of VALUE. */
// clang-format off
static const struct {
	size_t at;
	size_t n;
	uint64_t value;
	const char *want;
} lies[] = {
	{ 0, 0, 0, "amd64 amd64 45056+745472" },
	{ 0, 1, 0, "amd64 amd64 45056+745472" }, /* no launch line */
	{ 64, 8, (uint64_t)SIFHDR_NO_TIME, "amd64 amd64 45056+745472" },
	{ 45, 2, 0x3939, " amd64 45056+745472" },
	{ 80, 8, -1ull, "format: SIF header: free descriptors: expected zero or more, found -1" },
	{ 32, 1, 'Z', "format: SIF header: magic: expected 'SIF_MAGIC', found 'ZIF_MAGIC'" },
	{ 41, 1, 'C', "format: SIF header: magic: expected 'SIF_MAGIC', found 'SIF_MAGICC'" },
	{ 43, 1, '2', "format: SIF header: version: expected '01', found '02'" },
	{ 44, 1, '1', "format: SIF header: version: expected '01', found '011'" },
	{ 88, 8, -1ull, "format: SIF header: number of descriptors: expected zero or more, found -1" },
	{ 88, 8, 1ull << 63, "format: SIF header: number of descriptors: expected zero or more, found -9223372036854775808" },
	{ 88, 8, 4097, "limit: SIF header: number of descriptors: 4097 are more than 4096" },
	{ 88, 8, 49, "amd64 amd64 45056+745472" },
	{ 88, 8, 3, "unsupported: there is no root file system in the SIF file: expected a primary partition, found none among 3 objects" },
	{ 88, 8, 0, "unsupported: there is no root file system in the SIF file: expected a primary partition, found none among 0 objects" },
	{ 104, 8, 584, "unsupported: there is no root file system in the SIF file: expected a primary partition, found none among 0 objects" },
	{ 96, 8, 792293, "format: SIF header: descriptors: expected it in a file of 792293 bytes, found 28080 bytes at 792293" },
	{ 96, 8, 1ull << 62, "format: SIF header: descriptors: expected it in a file of 792293 bytes, found 28080 bytes at 4611686018427387904" },
	{ 96, 8, 1ull << 63, "format: SIF header: offset of descriptors: expected zero or more, found -9223372036854775808" },
	{ 96, 8, 0, "format: SIF header: descriptors: expected at 128 or behind it, found at 0" },
	{ 104, 8, INT64_MAX, "format: SIF header: descriptors: expected it in a file of 792293 bytes, found 9223372036854775807 bytes at 4096" },
	{ 112, 8, 32769, "format: SIF header: data: expected it in a file of 792293 bytes, found 759525 bytes at 32769" },
	{ 120, 8, -2ull, "format: SIF header: size of data: expected zero or more, found -2" },
	{ SLOT(0) + 4, 1, 2, "format: SIF header: descriptor 1: used: expected 0 or 1, found 2" },
	{ SLOT(1) + 17, 8, 792292, "format: SIF header: descriptor 2: data: expected it in a file of 792293 bytes, found 1896 bytes at 792292" },
	{ SLOT(1) + 17, 8, 100, "format: SIF header: descriptor 2: data: expected behind the header, found at 100" },
	{ SLOT(1) + 17, 8, 4000, "format: SIF header: descriptor 2: data: expected apart from the descriptors (4096 to 32176), found 1896 bytes at 4000" },
	{ SLOT(1) + 17, 8, 32175, "format: SIF header: descriptor 2: data: expected apart from the descriptors (4096 to 32176), found 1896 bytes at 32175" },
	{ SLOT(1) + 17, 8, 32768 + 38, "format: SIF header: object 2 ('inspect-metadata.json') overlaps object 1 ('.'): expected at 32807 or behind it, found at 32806" },
	{ SLOT(1) + 17, 8, 32768 + 39, "amd64 amd64 45056+745472" },
	{ SLOT(3) + 17, 8, 40960, "format: SIF header: object 4 ('squashfs-275937245') overlaps object 3 ('oci-config.json'): expected at 41050 or behind it, found at 40960" },
	{ SLOT(3) + 25, 8, 1ull << 63, "format: SIF header: descriptor 4: size: expected zero or more, found -9223372036854775808" },
	{ SLOT(3) + 25, 8, 745473, "format: SIF header: object 5 ('.') overlaps object 4 ('squashfs-275937245'): expected at 790529 or behind it, found at 790528" },
	{ SLOT(3) + 33, 8, -1ull, "format: SIF header: descriptor 4: size with padding: expected zero or more, found -1" },
	{ SLOT(0) + 25, 8, 0, "amd64 amd64 45056+745472" },
	{ SLOT(0), 4, 0x7fffffff, "amd64 amd64 45056+745472" }, /* a later type */
	{ SLOT(3), 4, SIFOBJ_OCI_INDEX, "unsupported: there is no root file system in the SIF file but an OCI image (SingularityCE's OCI-SIF), which can't be read" },
	{ SLOT(3) + 4, 1, 0, "unsupported: there is no root file system in the SIF file: expected a primary partition, found none among 4 objects" },
	{ SLOT(3) + 205, 4, 0, "format: SIF header: descriptor 4: partition type: expected 1 to 4, found 0" },
	{ SLOT(3) + 205, 4, 5, "format: SIF header: descriptor 4: partition type: expected 1 to 4, found 5" },
	{ SLOT(3) + 205, 4, 0xffffffff, "format: SIF header: descriptor 4: partition type: expected 1 to 4, found -1" },
	{ SLOT(3) + 205, 4, SIFOBJ_OVERLAY, "unsupported: there is no root file system in the SIF file: expected a primary partition, found none among 5 objects" },
	{ SLOT(3) + 201, 4, 2, "unsupported: its root file system is ext3; only squashfs can be read" },
	{ SLOT(3) + 201, 4, 3, "unsupported: its root file system is an archive; only squashfs can be read" },
	{ SLOT(3) + 201, 4, 4, "unsupported: its root file system is raw data; only squashfs can be read" },
	{ SLOT(3) + 201, 4, 5, "unsupported: its root file system is encrypted (dm-crypt); only squashfs can be read" },
	{ SLOT(3) + 201, 4, 6, "unsupported: its root file system is encrypted (gocryptfs); only squashfs can be read" },
	{ SLOT(3) + 201, 4, 0, "unsupported: its root file system is of the unknown type 0; only squashfs (1) can be read" },
	{ SLOT(3) + 201, 4, -9u, "unsupported: its root file system is of the unknown type -9; only squashfs (1) can be read" },
	{ SLOT(3) + 209, 3, 0xffffff, "amd64  45056+745472" },
};
// clang-format on

static void test_lies(const unsigned char *p)
{
	for (size_t i = 0; i < ARRAY_SIZE(lies); i++) {
		unsigned char copy[SIFHDR_DATA_AT];
		autostr char *got = NULL;

		memcpy(copy, p, sizeof(copy));
		le_put(copy + lies[i].at, lies[i].n, lies[i].value);
		got = show(copy, sizeof(copy), FILE_SIZE);
		is(got, lies[i].want, lies[i].want);
	}
}

static void test_short(const unsigned char *p)
{
	autostr char *none = show(p, 0, 0);
	autostr char *little = show(p, 127, 127);
	autostr char *header = show(p, 128, 128);
	autostr char *table = show(p, SIFHDR_DATA_AT - 1, FILE_SIZE);
	autostr char *data = show(p, SIFHDR_DATA_AT, FILE_SIZE - 1);

	is(none, "format: SIF header: expected 128 bytes, found 0", "empty");
	is(little, "format: SIF header: expected 128 bytes, found 127",
	   "127 bytes");
	is(header,
	   "format: SIF header: descriptors: expected it in a file of 128 "
	   "bytes, found 28080 bytes at 4096",
	   "header only");
	is(table,
	   "format: SIF header: descriptors: expected 28080 bytes, found 28079",
	   "table cut");
	is(data,
	   "format: SIF header: data: expected it in a file of 792292 bytes, "
	   "found 759525 bytes at 32768",
	   "data cut");
}

static void test_two_roots(const unsigned char *p)
{
	unsigned char copy[SIFHDR_DATA_AT];
	autostr char *got = NULL;

	memcpy(copy, p, sizeof(copy));
	memcpy(copy + SLOT(47), copy + SLOT(3), SIFHDR_OBJECT_BYTES);
	le_put(copy + SLOT(47) + 25, 8, 0);
	got = show(copy, sizeof(copy), FILE_SIZE);
	is(got, "format: SIF header: expected one primary partition, found 2",
	   "two roots, one in the last slot");
}

/* Names and digests may fill their fields without a NUL. */
static void test_unterminated(const unsigned char *p)
{
	unsigned char copy[SIFHDR_DATA_AT];
	autostr struct sifobj *v = NULL;
	struct sifhdr h;
	struct err e = { 0 };
	size_t n;

	memcpy(copy, p, sizeof(copy));
	memset(copy, 'l', 32);
	memset(copy + SLOT(0) + 73, 'x', 128);
	le_put(copy + SLOT(1), 4, SIFOBJ_OCI_BLOB);
	memset(copy + SLOT(1) + 201, 'd', 384);
	if (!ok(!sifhdr_parse(copy, SIFHDR_BYTES, FILE_SIZE, &h, &e) &&
			!sifhdr_objects(copy + 4096, 28080, &h, FILE_SIZE, &v,
					&n, &e),
		"unterminated %s", e.msg))
		return;
	is_num((long long)strlen(h.launch), 32, "launch line");
	is_num((long long)strlen(v[0].name), 128, "name");
	is_num((long long)strlen(v[1].digest), 135, "digest");
}

/* What is written is read back, and placed as SIF wants it. */
static void test_write(void)
{
	struct sifhdr h = { .launch = SIFHDR_LAUNCH,
			    .created = SIFHDR_NO_TIME,
			    .uuid = { 1, 2, 3 } };
	struct sifobj o[] = {
		{ .type = SIFOBJ_DEFINITION, .size = 39, .created = 7 },
		{ .type = SIFOBJ_JSON, .size = 90, .name = "oci-config.json" },
		{ .type = SIFOBJ_PARTITION,
		  .size = 8192,
		  .fs = SIFOBJ_SQUASHFS,
		  .part = SIFOBJ_PRIMARY,
		  .arch = "riscv64" },
		{ .type = SIFOBJ_SIGNATURE, .size = 5 },
	};
	static unsigned char out[SIFHDR_DATA_AT];
	autostr struct sifobj *v = NULL;
	struct sifhdr back;
	struct err e = { 0 };
	size_t n = 0;

	ok(!sifhdr_place(&h, o, 4, &e), "place %s", e.msg);
	is_num((long long)o[0].at, 32176, "first");
	is_num((long long)o[1].at, 32215, "second right behind it");
	is_num((long long)o[2].at, 32768, "partition aligned");
	is_num((long long)o[2].padded_size, 8192 + 32768 - 32305, "padding");
	is_num((long long)h.data_size, 8784 + 5, "data");
	sifhdr_write(&h, o, 4, out);
	ok(!sifhdr_parse(out, sizeof(out), 40965, &back, &e) &&
		   !sifhdr_objects(out + 4096, sizeof(out) - 4096, &back, 40965,
				   &v, &n, &e),
	   "read back %s", e.msg);
	is(h.arch, "riscv64", "architecture");
	ok(!memcmp(&h, &back, sizeof(h)), "the same header");
	ok(n == 4 && !memcmp(o, v, sizeof(o)), "the same objects");
}

/* The real file's descriptors come out as they were, byte by byte. What a
 * signature has beyond that we don't keep. */
static void test_write_real(const unsigned char *p)
{
	static unsigned char out[SIFHDR_DATA_AT];
	autostr struct sifobj *v = NULL;
	struct sifhdr h;
	struct err e = { 0 };
	size_t n = 0;

	ok(!sifhdr_parse(p, SIFHDR_BYTES, FILE_SIZE, &h, &e) &&
		   !sifhdr_objects(p + 4096, 28080, &h, FILE_SIZE, &v, &n, &e),
	   "read %s", e.msg);
	sifhdr_write(&h, v, n, out);
	ok(!memcmp(out, p, SIFHDR_BYTES), "the same header");
	ok(n == 5 &&
		   !memcmp(out + SLOT(0), p + SLOT(0), 4 * SIFHDR_OBJECT_BYTES),
	   "the same descriptors");
}

static void test_write_limits(void)
{
	static struct sifobj many[SIFHDR_SLOTS + 1];
	struct sifhdr h = { 0 };
	struct err e = { 0 };

	for (size_t i = 0; i <= SIFHDR_SLOTS; i++)
		many[i].type = SIFOBJ_RAW;
	ok(!sifhdr_place(&h, many, SIFHDR_SLOTS, &e), "48 objects");
	is_num((long long)h.n_free, 0, "none free");
	ok(sifhdr_place(&h, many, SIFHDR_SLOTS + 1, &e) && e.kind == ERR_LIMIT,
	   "49 objects");
	is(e.msg, "SIF: 49 objects are more than 48", "message");
	many[0] = (struct sifobj){ .type = SIFOBJ_PARTITION, .arch = "vax" };
	ok(sifhdr_place(&h, many, 1, &e) && e.kind == ERR_UNSUPPORTED,
	   "unknown architecture");
	is(e.msg, "SIF has no code for the architecture 'vax'", "message");
}

/* No byte of the head, whatever it is, is read wrongly. */
static void test_bytes(const unsigned char *p)
{
	static const unsigned char values[] = { 0, 1, 0x7f, 0x80, 0xff };
	unsigned char copy[SIFHDR_DATA_AT];
	size_t n = 0;

	memcpy(copy, p, sizeof(copy));
	for (size_t at = 0; at < SLOT(5); at++) {
		if (at == SIFHDR_BYTES)
			at = SIFHDR_TABLE_AT;
		for (size_t k = 0; k < ARRAY_SIZE(values); k++) {
			autostr char *got = NULL;

			copy[at] = values[k];
			got = show(copy, sizeof(copy), FILE_SIZE);
			n += *got != '\0';
		}
		copy[at] = p[at];
	}
	is_num((long long)n, 5 * (SIFHDR_BYTES + 5 * SIFHDR_OBJECT_BYTES),
	       "each byte changed");
}

static void test_arch(void)
{
	char name[16];

	sifarch_name((const unsigned char *)"04", name, sizeof(name));
	is(name, "arm64", "04");
	sifarch_name((const unsigned char *)"00", name, sizeof(name));
	is(name, "", "00");
	sifarch_name((const unsigned char *)"999", name, sizeof(name));
	is(name, "", "999");
	is(sifarch_code("loong64"), "13", "loong64");
	is(sifarch_code(""), "00", "none");
	is(sifarch_code("vax"), NULL, "vax");
}

int main(void)
{
	autostr unsigned char *p = real();

	test_header(p);
	test_objects(p);
	test_lies(p);
	test_short(p);
	test_two_roots(p);
	test_unterminated(p);
	test_write();
	test_write_real(p);
	test_write_limits();
	test_bytes(p);
	test_arch();
	return tap_done();
}
