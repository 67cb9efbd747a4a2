/* t_tarwrite.c - tests of layer/tarwrite.c and tarmake.c: what is written is
 * read back, and is always the same.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "layer/tarwrite.h"

#include "base/hash.h"
#include "base/mem.h"
#include "entrytest.h"
#include "layer/tarmake.h"
#include "layer/tarread.h"
#include "tap.h"

#define DIR50 "1234567890123456789012345678901234567890123456789/"
#define DIR150 DIR50 DIR50 DIR50
#define NAME100 DIR50 DIR50

/* A piece of content. */
struct piece {
	uint64_t at;
	const char *text;
};

/* An entry with content in pieces and an attribute. */
struct item {
	struct entry x;
	struct piece pieces[4];
	const char *xattr_name;
	const char *xattr_value;
	size_t piece;
	bool is_xattr_given;
};

static int on_data(void *ctx, const void **p, size_t *n, uint64_t *offset,
		   struct err *e)
{
	struct item *item = ctx;
	const struct piece *piece = &item->pieces[item->piece];

	(void)e;
	if (!piece->text)
		return 0;
	item->piece++;
	*p = piece->text;
	*n = strlen(piece->text);
	*offset = piece->at;
	return 1;
}

static bool on_xattr(void *ctx, const char **name, const void **value,
		     size_t *size)
{
	struct item *item = ctx;

	if (!item->xattr_name || item->is_xattr_given)
		return false;
	item->is_xattr_given = true;
	*name = item->xattr_name;
	*value = item->xattr_value;
	*size = strlen(item->xattr_value);
	return true;
}

static int add(struct tarwrite *w, const struct item *item, struct err *e)
{
	struct item copy = *item;
	struct entries r = { NULL, on_data, on_xattr, &copy };

	if (!copy.x.link)
		copy.x.link = (char *)(uintptr_t) "";
	copy.x.has_xattrs = copy.xattr_name;
	return tarwrite_entry(w, &copy.x, &r, e);
}

static int collect(void *ctx, const void *p, size_t n, struct err *e)
{
	(void)e;
	str_addn(ctx, p, n);
	return 0;
}

/* A whole archive at once. */
static int give(void *ctx, const void **p, size_t *n, struct err *e)
{
	struct str *s = ctx;

	(void)e;
	*p = s->p;
	*n = s->len;
	s->len = 0;
	return 0;
}

/* ITEM as it is read back, or what is wrong. Caller frees. */
static char *back(const struct item *item, struct str *archive)
{
	AUTO(tarwrite) struct tarwrite *w = tarwrite_new(collect, archive);
	AUTO(str) struct str text = { 0 };
	struct err e = { 0 };
	struct entry x;
	int got;

	if (add(w, item, &e) || tarwrite_end(w, &e))
		return xstrdup(e.msg);
	if (archive->len % 512)
		return xstrdup("no whole blocks");
	struct str copy = *archive;
	AUTO(tarread) struct tarread *r = tarread_new(give, &copy);
	struct entries entries = tarread_entries(r);

	while ((got = tarread_next(r, &x, &e)) > 0)
		if (entrytest_show_all(&x, &entries, &text, &e))
			return xstrdup(e.msg);
	return got < 0 ? xstrdup(e.msg) : str_take(&text);
}

#define NAME(s) .name = (char *)(uintptr_t)(s)
#define LINK(s) .link = (char *)(uintptr_t)(s)
#define FILE_(s) .type = ENTRY_FILE, .mode = 0644, NAME(s)

static const struct extent two[] = { { 512, 3 }, { 1000, 2 } };
static const struct extent touching[] = { { 0, 2 }, { 2, 1 } };
static const struct extent crossed[] = { { 10, 3 }, { 12, 2 } };
static const struct extent behind[] = { { 10, 3 } };
static const struct extent huge[] = { { 10000000000, 2 } };

// clang-format off
static const struct {
	const char *what;
	struct item item;
	const char *back;
	size_t size; /* of the archive, without its end; 0: any */
} cases[] = {
	{ "an empty file", { .x = { FILE_("x") } },
	  "0644 0/0 0.000000000 f:x=", 512 },
	{ "content", { .x = { FILE_("x"), .size = 5 }, .pieces = { { 0, "abcde" } } },
	  "0644 0/0 0.000000000 f:x=abcde", 1024 },
	{ "content in pieces",
	  { .x = { FILE_("x"), .size = 5 }, .pieces = { { 0, "ab" }, { 2, "cde" } } },
	  "0644 0/0 0.000000000 f:x=abcde", 1024 },
	{ "a directory", { .x = { .type = ENTRY_DIR, NAME("a/b"), .mode = 01777 } },
	  "1777 0/0 0.000000000 d:a/b/", 512 },
	{ "the root", { .x = { .type = ENTRY_DIR, NAME("."), .mode = 0755 } },
	  "0755 0/0 0.000000000 d:./", 512 },
	{ "the root with a slash",
	  { .x = { .type = ENTRY_DIR, NAME("./"), .mode = 0755 } },
	  "0755 0/0 0.000000000 d:./", 512 },
	{ "a file with a slash", { .x = { FILE_("a/b//") } },
	  "0644 0/0 0.000000000 f:a/b=", 512 },
	{ "a symlink",
	  { .x = { .type = ENTRY_SYMLINK, NAME("s"), LINK("../t/"), .mode = 0777 } },
	  "0777 0/0 0.000000000 s:s>../t/", 512 },
	{ "a hard link has no content",
	  { .x = { .type = ENTRY_HARDLINK, NAME("h"), LINK("f"), .mode = 0644,
		   .size = 3 }, .pieces = { { 0, "abc" } } },
	  "0644 0/0 0.000000000 h:h>f", 512 },
	{ "a fifo", { .x = { .type = ENTRY_FIFO, NAME("p"), .mode = 0600 } },
	  "0600 0/0 0.000000000 p:p", 512 },
	{ "a device",
	  { .x = { .type = ENTRY_CHAR, NAME("c"), .mode = 0666, .major = 4095,
		   .minor = 1048575 } },
	  "0666 0/0 0.000000000 4095,1048575 c:c", 512 },
	{ "a block device",
	  { .x = { .type = ENTRY_BLOCK, NAME("b"), .mode = 0660, .major = 8 } },
	  "0660 0/0 0.000000000 8,0 b:b", 512 },
	{ "set-ID bits, owners",
	  { .x = { NAME("x"), .mode = 06755, .uid = 2097151, .gid = 1000 } },
	  "6755 2097151/1000 0.000000000 f:x=", 512 },
	{ "large owners",
	  { .x = { FILE_("x"), .uid = 2097152, .gid = 4294967294 } },
	  "0644 2097152/4294967294 0.000000000 f:x=", 1536 },
	{ "a time", { .x = { FILE_("x"), .mtime = { 1700000000, 0 } } },
	  "0644 0/0 1700000000.000000000 f:x=", 512 },
	{ "nanoseconds", { .x = { FILE_("x"), .mtime = { 1700000000, 120 } } },
	  "0644 0/0 1700000000.000000120 f:x=", 1536 },
	{ "before 1970", { .x = { FILE_("x"), .mtime = { -3, 0 } } },
	  "0644 0/0 -3.000000000 f:x=", 1536 },
	{ "far ahead", { .x = { FILE_("x"), .mtime = { 8589934592, 0 } } },
	  "0644 0/0 8589934592.000000000 f:x=", 1536 },
	{ "a name of 100 bytes", { .x = { FILE_(DIR50 "/" DIR50 "x"), } },
	  "0644 0/0 0.000000000 f:" DIR50 "/" DIR50 "x=", 0 },
	{ "a name that is split", { .x = { FILE_(DIR150 "x") } },
	  "0644 0/0 0.000000000 f:" DIR150 "x=", 512 },
	{ "a directory whose name is split",
	  { .x = { .type = ENTRY_DIR, NAME(DIR150 "x"), .mode = 0755 } },
	  "0755 0/0 0.000000000 d:" DIR150 "x/", 512 },
	{ "the longest that can be split", { .x = { FILE_(DIR150 "1234/" DIR50 DIR50) } },
	  "0644 0/0 0.000000000 f:" DIR150 "1234/" DIR50
	  "1234567890123456789012345678901234567890123456789=", 512 },
	{ "a name with no slash in the right place",
	  { .x = { FILE_(DIR150 DIR50 DIR50 DIR50 "x") } },
	  "0644 0/0 0.000000000 f:" DIR150 DIR50 DIR50 DIR50 "x=", 0 },
	{ "bytes that are not UTF-8", { .x = { FILE_("a\xff\xfe\n=") } },
	  "0644 0/0 0.000000000 f:a\xff\xfe\n==", 512 },
	{ "a long name that is not UTF-8",
	  { .x = { FILE_(DIR150 DIR150 "\xff\xc3\xa4\n=\x80") } },
	  "0644 0/0 0.000000000 f:" DIR150 DIR150 "\xff\xc3\xa4\n=\x80=", 0 },
	{ "a long target",
	  { .x = { .type = ENTRY_SYMLINK, NAME("s"), LINK(DIR150 "\xfe"),
		   .mode = 0777 } },
	  "0777 0/0 0.000000000 s:s>" DIR150 "\xfe", 0 },
	{ "a target of 100 bytes",
	  { .x = { .type = ENTRY_SYMLINK, NAME("s"), LINK(NAME100), .mode = 0777 } },
	  "0777 0/0 0.000000000 s:s>" NAME100, 512 },
	{ "a long target of a hard link",
	  { .x = { .type = ENTRY_HARDLINK, NAME("h"), LINK(DIR150), .mode = 0777 } },
	  "0777 0/0 0.000000000 h:h>" DIR150, 0 },
	{ "an attribute",
	  { .x = { FILE_("x") }, .xattr_name = "user.\xff", .xattr_value = "a\n=" },
	  "0644 0/0 0.000000000 f:x=@user.\xff=a\n=", 1536 },
	{ "an attribute's name that is no PAX key",
	  { .x = { FILE_("x") }, .xattr_name = "user.a=b%c%3Dd%25%",
	    .xattr_value = "v" },
	  "0644 0/0 0.000000000 f:x=@user.a=b%c%3Dd%25%=v", 1536 },
	{ "content that is missing is zeros",
	  { .x = { FILE_("x"), .size = 3 }, .pieces = { { 1, "a" } } },
	  "0644 0/0 0.000000000 f:x=", 1024 },
	{ "a sparse file",
	  { .x = { FILE_("d/x"), .size = 2000, .is_sparse = true, .extents = two,
		   .n_extents = 2 }, .pieces = { { 512, "abc" }, { 1000, "de" } } },
	  "0644 0/0 0.000000000 f:d/x=[512]abc[485]de[998]", 2560 },
	{ "one that ends with data",
	  { .x = { FILE_("x"), .size = 1002, .is_sparse = true, .extents = two,
		   .n_extents = 2 }, .pieces = { { 512, "abc" }, { 1000, "de" } } },
	  "0644 0/0 0.000000000 f:x=[512]abc[485]de", 2560 },
	{ "one that is a hole",
	  { .x = { FILE_("x"), .size = 5000, .is_sparse = true } },
	  "0644 0/0 0.000000000 f:x=[5000]", 2048 },
	{ "one whose data are in one piece",
	  { .x = { FILE_("x"), .size = 5, .is_sparse = true, .extents = touching,
		   .n_extents = 2 }, .pieces = { { 0, "abc" } } },
	  "0644 0/0 0.000000000 f:x=abc[2]", 2560 },
	{ "a large one",
	  { .x = { FILE_("x"), .size = 20000000000, .is_sparse = true,
		   .extents = huge, .n_extents = 1 },
	    .pieces = { { 10000000000, "ab" } } },
	  "0644 0/0 0.000000000 f:x=[10000000000]ab[9999999998]", 2560 },
	{ "content beyond its size",
	  { .x = { FILE_("x"), .size = 3 }, .pieces = { { 0, "abcd" } } },
	  "'x': content beyond its size or map", 0 },
	{ "content in a hole",
	  { .x = { FILE_("x"), .size = 2000, .is_sparse = true, .extents = two,
		   .n_extents = 2 }, .pieces = { { 0, "abc" } } },
	  "'x': content beyond its size or map", 0 },
	{ "content out of order",
	  { .x = { FILE_("x"), .size = 3 }, .pieces = { { 1, "b" }, { 0, "a" } } },
	  "'x': content out of order", 0 },
	{ "extents that overlap",
	  { .x = { FILE_("x"), .size = 20, .is_sparse = true, .extents = crossed,
		   .n_extents = 2 } },
	  "'x': malformed map of a sparse file", 0 },
	{ "an extent beyond the size",
	  { .x = { FILE_("x"), .size = 12, .is_sparse = true, .extents = behind,
		   .n_extents = 1 } },
	  "'x': malformed map of a sparse file", 0 },
};
// clang-format on

static void test_back(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO(str) struct str archive = { 0 };
		autostr char *text = back(&cases[i].item, &archive);

		is(text, cases[i].back, cases[i].what);
		if (cases[i].size)
			is_num((long long)archive.len,
			       (long long)cases[i].size + 1024, "its size");
	}
}

/* A name of each length, and a record that counts its own digits. */
static void test_lengths(void)
{
	size_t bad = 0;

	for (size_t n = 1; n < 1100; n++) {
		AUTO(str) struct str name = { 0 };
		AUTO(str) struct str want = { 0 };
		AUTO(str) struct str archive = { 0 };
		struct item item = { .x = { .mode = 0644 } };

		for (size_t i = 0; i < n; i++)
			str_addc(&name, i % 60 == 59 && i < n - 1 ? '/' : 'x');
		item.x.name = name.p;
		str_addf(&want, "0644 0/0 0.000000000 f:%s=", name.p);
		autostr char *text = back(&item, &archive);

		bad += strcmp(text, want.p) != 0;
	}
	is_num((long long)bad, 0, "names of 1 to 1099 bytes");
}

/* The size of a large file, from its header alone. */
static void test_large(void)
{
	static const uint64_t sizes[] = { 8589934591, 8589934592,
					  INT64_MAX / 2 };

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		AUTO(str) struct str head = { 0 };
		AUTO(str) struct str records = { 0 };
		struct err e = { 0 };
		struct entry x = {
			FILE_("x"),
			LINK(""),
			.size = sizes[i],
		};

		ok(!tarmake_head(&x, x.size, false, &records, &head, &e),
		   "%llu bytes", (unsigned long long)sizes[i]);
		AUTO(tarread) struct tarread *r = tarread_new(give, &head);
		struct entry out;

		ok(tarread_next(r, &out, &e) == 1 && out.size == sizes[i],
		   "are read back");
	}
}

static void test_half_seconds(void)
{
	static const struct {
		struct timespec t;
		const char *record;
	} times[] = {
		{ { -1, 500000000 }, " mtime=-0.5\n" },
		{ { -2, 1 }, " mtime=-1.999999999\n" },
		{ { 0, 1 }, " mtime=0.000000001\n" },
		{ { -10, 0 }, " mtime=-10\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(times); i++) {
		AUTO(str) struct str head = { 0 };
		AUTO(str) struct str records = { 0 };
		struct err e = { 0 };
		struct entry x = { FILE_("x"), LINK(""), .mtime = times[i].t };

		ok(!tarmake_head(&x, 0, false, &records, &head, &e) &&
			   strstr(str_text(&records), times[i].record),
		   "%s", str_text(&records));
	}
}

/* Names that libarchive takes for no UTF-8 must say so. */
static void test_announced(void)
{
	static const struct {
		const char *bytes;
		bool is_announced;
	} names[] = {
		{ "\xc3\xa4", false },
		{ "\xff", true },
		{ "\xed\xa0\x80", true },
		{ "\xe0\x80\xaf", true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		AUTO(str) struct str head = { 0 };
		AUTO(str) struct str records = { 0 };
		autostr char *name =
			str_fmt("%s%s%s", DIR150, DIR150, names[i].bytes);
		struct err e = { 0 };
		struct entry x = { FILE_(name), LINK("") };

		if (tarmake_head(&x, 0, false, &records, &head, &e))
			ok(false, "%s", e.msg);
		ok(!!strstr(str_text(&records), "hdrcharset=BINARY") ==
			   names[i].is_announced,
		   "is name %zu UTF-8?", i);
	}
}

static void test_limit(void)
{
	AUTO(str) struct str value = { 0 };
	AUTO(str) struct str archive = { 0 };
	struct item item = { .x = { FILE_("x") }, .xattr_name = "user.a" };

	while (value.len < 1048576)
		str_add(&value, "0123456789abcdef");
	item.xattr_value = value.p;
	autostr char *text = back(&item, &archive);

	is(text,
	   "'x': names and attributes of 1048605 bytes, more than the 1048576 "
	   "of a tar entry",
	   "too long an attribute");
}

static int refuse(void *ctx, const void *p, size_t n, struct err *e)
{
	(void)ctx;
	(void)p;
	return n ? err_set(e, ERR_SYS, "the disk is full") : 0;
}

static void test_full(void)
{
	AUTO(tarwrite) struct tarwrite *w = tarwrite_new(refuse, NULL);
	AUTO(str) struct str long_text = { 0 };
	struct item item = { .x = { FILE_("x"), .size = 100000 } };
	struct err e = { 0 };

	while (long_text.len < 100000)
		str_add(&long_text, "0123456789");
	item.pieces[0].text = long_text.p;
	is_num(add(w, &item, &e), -1, "nowhere to write to");
	is(e.msg, "the disk is full", "is told as it is");
	e = (struct err){ 0 };
	AUTO(tarwrite) struct tarwrite *empty = tarwrite_new(refuse, NULL);

	is_num(tarwrite_end(empty, &e), -1, "nor for the end");
}

static int measure(void *ctx, const void *p, size_t n, struct err *e)
{
	size_t *largest = ctx;

	(void)p;
	(void)e;
	*largest = n > *largest ? n : *largest;
	return 0;
}

/* Entries without content are not collected for ever. */
static void test_memory(void)
{
	size_t largest = 0;
	AUTO(tarwrite) struct tarwrite *w = tarwrite_new(measure, &largest);
	struct item item = {
		.x = { .type = ENTRY_SYMLINK, NAME("x"), LINK("target") },
	};
	struct err e = { 0 };
	int failed = 0;

	for (int i = 0; i < 1000; i++)
		failed |= add(w, &item, &e);
	ok(!failed && !tarwrite_end(w, &e), "a thousand symlinks");
	ok(largest >= 65536 && largest < 70000, "at most %zu bytes at once",
	   largest);
}

/* All cases in one archive: if its bytes change, so did the format, on which
 * reproducible output depends. */
static void test_bytes(void)
{
	AUTO(str) struct str archive = { 0 };
	AUTO(tarwrite) struct tarwrite *w = tarwrite_new(collect, &archive);
	char hex[HASH_HEX_MAX];
	struct err e = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (cases[i].back[0] == '0' && add(w, &cases[i].item, &e))
			ok(false, "%s", e.msg);
	ok(!tarwrite_end(w, &e), "all in one");
	hash_buffer(HASH_SHA256, archive.p, archive.len, hex);
	is(hex,
	   "e5a5ab512be5a8ba155eb65cf6c4b249d1d857e6457d004f7b0f4bfedc8edc08",
	   "the same bytes as ever");
}

int main(void)
{
	test_back();
	test_lengths();
	test_large();
	test_half_seconds();
	test_announced();
	test_limit();
	test_full();
	test_memory();
	test_bytes();
	return tap_done();
}
