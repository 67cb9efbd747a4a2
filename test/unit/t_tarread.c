/* t_tarread.c - tests of layer/tarread.c: what is read from archives, good and
 * bad.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "layer/tarread.h"

#include "tartest.h"

#include <locale.h>

#define N100                                                                  \
	"0123456789012345678901234567890123456789012345678901234567890123456" \
	"789012345678901234567890123456789"
#define UTF8 "\xc3\xa4\xe2\x82\xac" /* composed */
#define NFD "a\xcc\x88"             /* the same a umlaut, decomposed */
#define LATIN1 "\xe4\xff\x80z"      /* no UTF-8 */
#define CONTROL "\x01\x1b[31m\x7f\t\\"

// clang-format off
static const struct {
	const char *what;
	struct mktar entries[6];
	const char *want; /* or the error's text */
	bool is_error;
} cases[] = {
	{ "empty archive", { MK_END }, "", false },
	{ "all types",
	  { MK_DIR("d/"), MK_FILE("d/f", "data"), MK_SYM("s", "d"),
	    MK_HARD("h", "d/f"), MK_FIFO("p"), MK_CHAR("c") },
	  "d:d/ f:d/f=data s:s>d h:h>d/f p:p c:c", false },
	{ "block device", { MK_BLOCK("b") }, "b:b", false },
	{ "contiguous file", { { '7', "f", NULL, "data", 0, 0 } }, "f:f=data",
	  false },
	{ "unknown type", { MK_FILE("a", ""), { 'Z', "f", NULL, "x", 0, 0 } },
	  "unknown type 'Z'", true },
	{ "volume label", { { 'V', "label", NULL, NULL, 0, 0 },
	  MK_FILE("a", "") }, "unknown type 'V'", true },
	{ "Solaris ACL", { { 'A', "acl", NULL, "1000000000,user::rwx", 0, 0 },
	  MK_FILE("a", "") }, "", true },
	{ "the file's name ends in a slash", { MK_FILE("d/", NULL) }, "d:d/",
	  false },
	{ "bytes in ustar names",
	  { MK_FILE(UTF8, ""), MK_FILE(NFD, ""), MK_FILE(LATIN1, ""),
	    MK_FILE(CONTROL, ""), MK_SYM("s", LATIN1), MK_HARD("h", UTF8) },
	  "f:" UTF8 "= f:" NFD "= f:" LATIN1 "= f:" CONTROL "= s:s>" LATIN1
	  " h:h>" UTF8, false },
	{ "bytes in GNU names",
	  { MK_LONG(N100 UTF8), MK_FILE("x", "1"), MK_LONG(N100 LATIN1),
	    MK_LONGLINK(N100 NFD), MK_SYM("y", "z"), MK_HARD("h", "y") },
	  "f:" N100 UTF8 "=1 s:" N100 LATIN1 ">" N100 NFD " h:h>y", false },
	{ "bytes in PAX names",
	  { MK_PAX("path=" UTF8 "\n"), MK_FILE("x", "1"),
	    MK_PAX("path=" NFD "\nlinkpath=" LATIN1 "\n"), MK_SYM("y", "z"),
	    MK_PAX("linkpath=" NFD "\npath=" LATIN1 "\n"), MK_HARD("h", "y") },
	  "f:" UTF8 "=1 s:" NFD ">" LATIN1 " h:" LATIN1 ">" NFD, false },
	{ "bytes in PAX names called binary",
	  { MK_PAX("hdrcharset=BINARY\npath=" LATIN1 "\n"), MK_FILE("x", ""),
	    MK_PAX("hdrcharset=BINARY\npath=" NFD "\nlinkpath=" UTF8 "\n"),
	    MK_SYM("y", "z") },
	  "f:" LATIN1 "= s:" NFD ">" UTF8, false },
	{ "user names that don't convert",
	  { MK_PAX("uname=" LATIN1 "\ngname=" UTF8 "\n"), MK_FILE("x", "") },
	  "f:x=", false },
	{ "last record wins", { MK_PAX("path=a\npath=b\n"), MK_FILE("x", "") },
	  "f:b=", false },
	{ "an empty path record is none",
	  { MK_PAX("path=\n"), MK_FILE("x", "") }, "f:x=", false },
	{ "a link in a file's records is ignored",
	  { MK_PAX("linkpath=/etc/passwd\n"), MK_FILE("x", "data") },
	  "f:x=data", false },
	{ "first of two extensions wins: PAX",
	  { MK_PAX("path=pax\n"), MK_LONG("gnu"), MK_FILE("x", "") },
	  "f:pax=", false },
	{ "first of two extensions wins: GNU",
	  { MK_LONG("gnu"), MK_PAX("path=pax\n"), MK_FILE("x", "") },
	  "f:gnu=", false },
	{ "size from a record",
	  { MK_PAX("size=3\n"), { '0', "f", NULL, "data", 0, 0 },
	    MK_FILE("g", "") }, "f:f=dat f:g=", false },
	{ "negative size in a record",
	  { MK_PAX("size=-3\n"), MK_FILE("f", "data") }, "", true },
	{ "global records", { MK_GLOBAL("comment=0123456789abcdef\npath=no\n"),
	  MK_FILE("f", "data") }, "f:f=data", false },
	{ "global records and nothing else",
	  { MK_GLOBAL("comment=0123456789abcdef\n") }, "", false },
	{ "sparse, PAX 0.1",
	  { MK_PAX("GNU.sparse.map=2,3,1000,2\nGNU.sparse.size=2000\n"
		   "GNU.sparse.numblocks=2\nGNU.sparse.name=real\npath=no\n"),
	    MK_FILE("x", "abcde"), MK_FILE("g", "") },
	  "f:real=[2]abc[995]de[998] f:g=", false },
	{ "sparse, PAX 1.0, whose map ends early",
	  { MK_PAX("GNU.sparse.major=1\nGNU.sparse.minor=0\n"
		   "GNU.sparse.name=" LATIN1 "\nGNU.sparse.realsize=9\n"),
	    MK_FILE("x", "1\n3\n") }, "", true },
	{ "sparse, PAX of an unknown version",
	  { MK_PAX("GNU.sparse.major=2\nGNU.sparse.minor=0\n"),
	    MK_FILE("x", "1\n3\n") }, "sparse", true },
	{ "two PAX headers in a row", { MK_PAX("path=a\n"), MK_PAX("path=b\n"),
	  MK_FILE("x", "") }, "", true },
	{ "sparse, overlapping",
	  { MK_PAX("GNU.sparse.map=0,3,1,2\nGNU.sparse.size=2000\n"),
	    MK_FILE("x", "abcde") }, "sparse", true },
	{ "sparse, beyond its size",
	  { MK_PAX("GNU.sparse.map=0,3,8,2\nGNU.sparse.size=9\n"),
	    MK_FILE("x", "abcde") }, "sparse", true },
	{ "sparse, negative",
	  { MK_PAX("GNU.sparse.map=-5,3,8,2\nGNU.sparse.size=9\n"),
	    MK_FILE("x", "abcde") }, "", true },
	{ "sparse, with less content than its map",
	  { MK_PAX("GNU.sparse.map=0,4000000000000000000\n"
		   "GNU.sparse.size=4000000000000000000\n"),
	    MK_FILE("x", "abcde") },
	  "content that ends at 5, not at 4000000000000000000", true },
	{ "sparse, whose last extent is not there",
	  { MK_PAX("GNU.sparse.map=2,3,1000,2\nGNU.sparse.size=2000\n"),
	    MK_FILE("x", "abc") }, "content that ends at 5, not at 1002",
	  true },
	{ "sparse, of a size alone",
	  { MK_PAX("GNU.sparse.size=4000000000000000000\n"),
	    MK_FILE("x", "a") },
	  "content that ends at 1, not at 4000000000000000000", true },
	{ "a size that is not that of the content",
	  { MK_PAX("SCHILY.realsize=4000000000000000000\n"),
	    MK_FILE("x", "a") },
	  "content that ends at 1, not at 4000000000000000000", true },
	{ "a size and no content",
	  { MK_PAX("SCHILY.realsize=7\n"), MK_FILE("x", "") },
	  "content that ends at 0, not at 7", true },
	{ "sparse directory",
	  { MK_PAX("GNU.sparse.map=0,3\nGNU.sparse.size=9\n"),
	    MK_DIR("x") }, "", true },
};
// clang-format on

static void build(struct str *s, const struct mktar *entries, size_t n)
{
	for (size_t i = 0; i < n && entries[i].type; i++)
		mktar_add(s, &entries[i]);
	mktar_end(s);
}

static void test_cases(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO(str) struct str s = { 0 };

		build(&s, cases[i].entries, ARRAY_SIZE(cases[i].entries));
		if (cases[i].is_error)
			refuses(&s, cases[i].want, cases[i].what);
		else
			reads_as(&s, cases[i].want, cases[i].what);
	}
}

static void test_endings(void)
{
	static const struct mktar a = MK_FILE("a", "data");
	static const struct mktar b = MK_FILE("b", "more");
	AUTO(str) struct str s = { 0 };

	reads_as(&s, "", "no bytes at all");
	mktar_add(&s, &a);
	mktar_add(&s, &b);
	reads_as(&s, "f:a=data f:b=more", "no end blocks");
	size_t whole = s.len;

	mktar_end(&s);
	s.len -= 512;
	reads_as(&s, "f:a=data f:b=more", "one end block");
	for (int i = 0; i < 20; i++)
		mktar_end(&s);
	reads_as(&s, "f:a=data f:b=more", "many end blocks");
	s.len = whole + 1024;
	mktar_add(&s, &a);
	reads_as(&s, "f:a=data f:b=more", "another archive behind the end");
	s.len = whole + 1024;
	str_add(&s, "junk");
	reads_as(&s, "f:a=data f:b=more", "junk behind the end");

	int bad = 0;

	for (size_t n = 1; n < whole; n++) {
		AUTO(str) struct str out = { 0 };
		struct str cut = { .p = s.p, .len = n };
		struct err e = { 0 };
		bool is_good = !show(&cut, n % 2 ? 100 : 10240, &out, &e);

		/* Between entries there is nothing to notice. */
		if (is_good != (n == 1024))
			printf("# at %zu: %s\n", n, e.msg);
		bad += is_good != (n == 1024);
	}
	is_num(bad, 0, "an archive cut anywhere is refused");
}

static void test_noise(void)
{
	static const struct {
		const char *what;
		const char *bytes;
		size_t n;
	} other[] = {
		{ "zip", "PK\003\004\024\0\0\0\010\0", 10 },
		{ "cpio", "070701000001A4000081A4", 22 },
		{ "ar", "!<arch>\ndebian-binary", 21 },
		{ "mtree", "#mtree\n/set type=file\n./a contents=/etc/passwd\n",
		  47 },
		{ "gzip in gzip", "\x1f\x8b\x08\0\0\0\0\0\0\003", 10 },
		{ "text", "hello world\n", 12 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(other); i++) {
		AUTO(str) struct str s = { 0 };

		str_addn(&s, other[i].bytes, other[i].n);
		refuses(&s, "not a tar archive", other[i].what);
		for (int j = 0; j < 4000; j++)
			str_addc(&s, (char)(j * 7 % 251 + 1));
		refuses(&s, "not a tar archive", other[i].what);
	}
}

/* Any byte of a header that changes is noticed by its checksum; two that make
 * up for each other must not do harm, which sanitizers see. */
static void test_flips(void)
{
	static const struct mktar entries[] = {
		MK_PAX("path=abc\nmtime=1.5\n"),
		MK_FILE("a", "data"),
		MK_SYM("b", "c"),
	};
	AUTO(str) struct str s = { 0 };
	int accepted = 0;

	build(&s, entries, ARRAY_SIZE(entries));
	for (size_t i = 0; i < 512 * 6; i++) {
		AUTO(str) struct str out = { 0 };
		struct err e = { 0 };
		bool is_header = i / 512 != 1 && i / 512 != 3;

		s.p[i] = (char)(s.p[i] ^ 0x11);
		accepted += !show(&s, 1000, &out, &e) && is_header;
		s.p[i] = (char)(s.p[i] ^ 0x11);
	}
	/* Behind each sum stand a NUL and a blank, which nobody reads. */
	is_num(accepted, 3, "a changed header is noticed");
	for (size_t i = 0; i < 512; i++) {
		AUTO(str) struct str out = { 0 };
		struct err e = { 0 };
		char was = s.p[i];

		s.p[i] = (char)(i * 37 + 128);
		mktar_checksum(s.p);
		(void)!show(&s, 1000, &out, &e);
		s.p[i] = was;
		mktar_checksum(s.p);
	}
	ok(true, "changed headers with right checksums do no harm");
}

/* Many extension headers in a row, and big ones. */
static void test_bombs(void)
{
	static const struct mktar x = MK_PAX("comment=x\n");
	static const struct mktar file = MK_FILE("f", "data");
	AUTO(str) struct str s = { 0 };
	AUTO(str) struct str big = { 0 };

	for (int i = 0; i < 100000; i++)
		mktar_add(&s, &x);
	mktar_add(&s, &file);
	struct err e = { 0 };
	AUTO(str) struct str out = { 0 };

	ok(show(&s, 100000, &out, &e) && e.kind == ERR_FORMAT,
	   "100000 PAX headers in a row: %s", e.msg);
	for (int i = 0; i < 1 << 20; i++)
		str_addc(&big, 'a');
	str_clear(&s);
	mktar_bytes(&s, &(struct mktar)MK_LONG(""), big.p, big.len);
	mktar_add(&s, &file);
	ok(!show(&s, 100000, &out, &e), "a long name of 1 MiB is read");
	str_addc(&big, 'a');
	str_clear(&s);
	mktar_bytes(&s, &(struct mktar)MK_LONG(""), big.p, big.len);
	mktar_add(&s, &file);
	for (size_t step = 512; step < 100000; step = step * 3 + 1) {
		ok(show(&s, step, &out, &e) && e.kind == ERR_LIMIT,
		   "a longer one is refused, in pieces of %zu", step);
		is(e.msg, "PAX records or a long name of more than 1048576 bytes",
		   "and the limit is named");
	}
}

// clang-format off
static const struct {
	const char *pax;
	int64_t s;
	long ns;
} times[] = {
	{ "mtime=1.5\n", 1, 500000000 },
	{ "mtime=-1\n", -1, 0 },
	{ "mtime=-1.5\n", -2, 500000000 },
	{ "mtime=-0.25\n", -1, 750000000 },
	{ "mtime=-1.000000001\n", -2, 999999999 },
	{ "mtime=-1.0000000019\n", -2, 999999999 },
	{ "mtime=-7.0\n", -7, 0 },
};
// clang-format on

static void test_times(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(times); i++) {
		const struct mktar pax = MK_PAX(times[i].pax);
		const struct mktar m = MK_FILE("x", "");
		AUTO(str) struct str s = { 0 };
		struct bytes b = { .s = &s, .step = 10240 };
		AUTO(tarread) struct tarread *r = tarread_new(next, &b);
		struct err e = { 0 };
		struct entry x;

		mktar_add(&s, &pax);
		mktar_add(&s, &m);
		mktar_end(&s);
		ok(tarread_next(r, &x, &e) == 1 &&
			   x.mtime.tv_sec == times[i].s &&
			   x.mtime.tv_nsec == times[i].ns,
		   "time %.*s", (int)strlen(times[i].pax) - 1, times[i].pax);
		free(b.piece);
	}
}

static void test_source(void)
{
	AUTO(str) struct str s = { 0 };
	AUTO(str) struct str out = { 0 };
	struct err e = { 0 };

	ok(show(&s, 0, &out, &e) && e.kind == ERR_NET, "the source's error: %s",
	   e.msg);
}

int main(void)
{
	static const char *const locales[] = { "C", "C.UTF-8", "" };

	for (size_t i = 0; i < ARRAY_SIZE(locales); i++) {
		if (!setlocale(LC_ALL, locales[i]))
			continue;
		printf("# locale '%s'\n", locales[i]);
		test_cases();
	}
	test_endings();
	test_noise();
	test_flips();
	test_bombs();
	test_times();
	test_source();
	return tap_done();
}
