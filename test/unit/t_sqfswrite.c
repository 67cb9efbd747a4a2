/* t_sqfswrite.c - tests of layer/sqfswrite.c and what it is made of: what is
 * written is read again.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "rows.h"

#include "base/intr.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

// clang-format off
static const struct item items[] = {
	ROWS,
	{ 'f', "hole", NULL, 5000000000, 7, 0644,
	  .extents = { { 10, 20 }, { 131072, 300000 }, { 4999999990, 10 } } },
};

static const struct {
	const char *compressor;
	int level;
	uint32_t block;
	unsigned threads;
} ways[] = {
	{ "zstd", 0, 0, 1 },
	{ "zstd", 19, 1 << 20, 3 },
	{ "lz4", 0, 4096, 2 },
	{ "gzip", 1, 65536, 2 },
	{ "xz", 0, 1 << 17, 2 },
};
// clang-format on

/* A directory that no item is for. */
static void want_implied(struct plant *p, const char *name, int64_t mtime)
{
	strlist_addf(&p->want, "d %s 755 0:0 %" PRId64 " 0+0 0:0 ", name,
		     mtime);
}

static void test_ways(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		struct sqfswrite_opts o = { ways[i].compressor, ways[i].level,
					    ways[i].block, ways[i].threads,
					    1234567 };
		AUTO(plant) struct plant p;
		struct sqfswrite_stats stats = { 0 };
		struct err e = { 0 };
		uint64_t size = 0;
		autofd int fd = memory();
		struct stat st;

		plant_init(&p);
		plant_write(&p, fd, 0, &o, items, ARRAY_SIZE(items), &size,
			    &stats, &e);
		is(e.msg, "", o.compressor);
		want_implied(&p, "sub", 1234567);
		plant_same(&p, fd, 0, size, o.compressor);
		ok(!stats.times && !stats.xattrs, "nothing is left out");
		ok(!fstat(fd, &st) && (uint64_t)st.st_size == size &&
			   size % 4096 == 0 && size < 3000000,
		   "%" PRIu64 " bytes", size);
	}
}

/* The bytes of the image with so many threads, in FD from AT on. */
static void make(struct str *out, unsigned threads, uint64_t at)
{
	struct sqfswrite_opts o = { "zstd", 0, 0, threads, 0 };
	AUTO(plant) struct plant p;
	struct sqfswrite_stats stats;
	struct err e = { 0 };
	uint64_t size = 0;
	autofd int fd = memory();

	plant_init(&p);
	if (ftruncate(fd, 9000000) || pwrite(fd, "keep", 4, 0) != 4)
		abort();
	if (plant_write(&p, fd, at, &o, items, ARRAY_SIZE(items), &size, &stats,
			&e))
		ok(false, "%s", e.msg);
	if (at) {
		want_implied(&p, "sub", 0);
		plant_same(&p, fd, at, size, "inside of another file");
		is_num(lseek(fd, 0, SEEK_END), (long long)(at + size),
		       "which ends there");
		ok(pread(fd, str_reserve(out, 4), 4, 0) == 4 &&
			   !memcmp(out->p, "keep", 4),
		   "and begins as before");
	}
	if (pread(fd, str_reserve(out, size), size, (off_t)at) == (ssize_t)size)
		out->len = size;
}

static void test_same_bytes(void)
{
	AUTO(str) struct str a = { 0 };
	AUTO(str) struct str b = { 0 };
	AUTO(str) struct str c = { 0 };

	make(&a, 1, 0);
	make(&b, 5, 0);
	make(&c, 2, 4096 * 3 + 512);
	ok(a.len && a.len == b.len && !memcmp(a.p, b.p, a.len),
	   "the same bytes with 1 and 5 threads");
	ok(a.len == c.len && !memcmp(a.p, c.p, a.len),
	   "the same bytes elsewhere");
}

static void test_left_out(void)
{
	static const struct item few[] = {
		{ 'f', "early", "x", .mode = 0644, .mtime = -5 },
		{ 'f', "late", "x", .mode = 0644, .mtime = INT64_C(1) << 33,
		  .xattrs = "user.a=1" },
		{ 'd', "d", .mode = 0755 },
	};
	struct sqfswrite_opts o = { "zstd", 0, 0, 1, -1 };
	AUTO(plant) struct plant p;
	struct sqfswrite_stats stats = { 0 };
	struct err e = { 0 };
	uint64_t size = 0;
	autofd int fd = memory();

	plant_init(&p);
	AUTO(sqfswrite) struct sqfswrite *w = sqfswrite_new(fd, 0, &o, &e);

	for (size_t i = 0; i < ARRAY_SIZE(few); i++)
		if (plant_add(&p, w, &few[i], &e))
			abort();
	/* Of these only the first is what the lines want. */
	plant_xattrs(p.inodes[1],
		     "system.posix_acl_access=1 user.=1 noprefix=1");
	tree_sort(p.tree);
	p.inodes[0]->mtime_ns = 1;
	if (sqfswrite_finish(w, p.tree, &size, &stats, &e))
		ok(false, "%s", e.msg);
	p.inodes[0]->mtime_ns = 0;
	want_implied(&p, ".", 0);
	plant_same(&p, fd, 0, size, "what can't be kept");
	is_num((long long)stats.times, 3, "times are counted");
	is_num((long long)stats.fractions, 1, "and fractions of seconds");
	is_num((long long)stats.xattrs, 3, "attributes are counted");
}

/* N files, each with what WHAT says is its own. */
static int many(char what, size_t n, int fd, uint64_t *size, struct plant *p,
		struct err *e)
{
	struct sqfswrite_opts o = { "lz4", 0, 0, 1, 0 };
	AUTO(sqfswrite) struct sqfswrite *w = sqfswrite_new(fd, 0, &o, e);
	struct sqfswrite_stats stats;

	if (!w)
		return -1;
	for (size_t i = 0; i < n; i++) {
		autostr char *name = str_fmt("d/%08zu", i);
		autostr char *xattr = str_fmt("user.n=%zu", i);
		struct item it = { 'f', name, "x" };

		it.uid = what == 'o' ? (uint32_t)i + 1000 : 0;
		it.xattrs = what == 'x' ? xattr : NULL;
		if (plant_add(p, w, &it, e))
			return -1;
	}
	tree_sort(p->tree);
	return sqfswrite_finish(w, p->tree, size, &stats, e);
}

static void test_many(void)
{
	static const struct {
		const char *what;
		char kind;
		size_t n;
		const char *error;
	} cases[] = {
		{ "20,000 names in a directory", 'n', 20000, "" },
		{ "512 sets of attributes", 'x', 512, "" },
		{ "1536 sets of attributes", 'x', 1536, "" },
		{ "1537 sets of attributes", 'x', 1537, "" },
		{ "65534 owners and root", 'o', 65534, "" },
		{ "65535 owners and root", 'o', 65535,
		  "more than 65535 owners and groups, which is all that a "
		  "squashfs image can have" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO(plant) struct plant p;
		struct err e = { 0 };
		uint64_t size = 0;
		autofd int fd = memory();

		plant_init(&p);
		many(cases[i].kind, cases[i].n, fd, &size, &p, &e);
		is(e.msg, cases[i].error, cases[i].what);
		if (e.kind) {
			is_num(e.kind, ERR_LIMIT, "it is a limit");
			continue;
		}
		want_implied(&p, ".", 0);
		want_implied(&p, "d", 0);
		plant_same(&p, fd, 0, size, cases[i].what);
	}
}

static void test_same_once(void)
{
	static const struct item two[] = {
		{ 'f', "a", NULL, 3000001, 5, 0644 },
		{ 'f', "b", NULL, 3000001, 5, 0644 },
		{ 'f', "c", NULL, 3000001, 6, 0644 },
	};
	uint64_t size[3];

	for (size_t i = 0; i < 3; i++) {
		struct sqfswrite_opts o = { "zstd", 0, 0, 2, 0 };
		AUTO(plant) struct plant p;
		struct sqfswrite_stats stats;
		struct err e = { 0 };
		autofd int fd = memory();

		plant_init(&p);
		if (plant_write(&p, fd, 0, &o, two, i + 1, &size[i], &stats,
				&e))
			ok(false, "%s", e.msg);
	}
	is_num((long long)size[1], (long long)size[0],
	       "the same content is stored once");
	ok(size[2] > size[1], "another content is not");
}

static void test_options(void)
{
	static const struct {
		struct sqfswrite_opts o;
		enum err_kind kind;
		const char *text;
	} cases[] = {
		{ { "zstd", 23, 0, 1, 0 },
		  ERR_USAGE,
		  "expected a compression level from 1 to 22 for zstd, found "
		  "23" },
		{ { "gzip", -1, 0, 1, 0 },
		  ERR_USAGE,
		  "expected a compression level from 1 to 9 for gzip, found "
		  "-1" },
		{ { "lz4", 1, 0, 1, 0 },
		  ERR_USAGE,
		  "lz4 has no compression levels" },
		{ { "zstd", 0, 5000, 1, 0 },
		  ERR_USAGE,
		  "expected a block size that is a power of two from 4096 to "
		  "1048576, found 5000" },
		{ { "zstd", 0, 1 << 21, 1, 0 },
		  ERR_USAGE,
		  "expected a block size that is a power of two from 4096 to "
		  "1048576, found 2097152" },
		{ { "zip", 0, 0, 1, 0 },
		  ERR_UNSUPPORTED,
		  "compressor 'zip' is not built in; there are: zstd, lz4, "
		  "gzip, xz" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct err e = { 0 };
		autofd int fd = memory();

		ok(!sqfswrite_new(fd, 0, &cases[i].o, &e), "refused");
		is(e.msg, cases[i].text, "and says why");
		is_num(e.kind, cases[i].kind, "its kind");
	}
}

/* The disk is full: at once, and later. */
static void test_full(void)
{
	struct sqfswrite_opts o = { "lz4", 0, 0, 2, 0 };
	struct rlimit old, limit;
	struct err e = { 0 };
	autofd int full = open("/dev/full", O_RDWR | O_CLOEXEC);

	ok(!sqfswrite_new(full, 0, &o, &e), "/dev/full");
	is(e.msg, "can't write the squashfs image: No space left on device",
	   "says so");
	getrlimit(RLIMIT_FSIZE, &old);
	limit = old;
	for (rlim_t at = 1000; at < 300000; at = at * 3 + 7777) {
		AUTO(plant) struct plant p;
		struct sqfswrite_stats stats;
		uint64_t size;
		autofd int fd = memory();

		plant_init(&p);
		e = (struct err){ 0 };
		limit.rlim_cur = at;
		setrlimit(RLIMIT_FSIZE, &limit);
		plant_write(&p, fd, 0, &o, items, ARRAY_SIZE(items), &size,
			    &stats, &e);
		setrlimit(RLIMIT_FSIZE, &old);
		is(e.msg, "can't write the squashfs image: File too large",
		   "a limit");
	}
}

/* Sources that are wrong. */
static int wrong(void *ctx, const void **p, size_t *n, uint64_t *offset,
		 struct err *e)
{
	int *step = ctx;

	(void)e;
	*p = "0123456789";
	*n = 10;
	*offset = *step >= 100 ? 95 : 5;
	return (*step)++ == 1000 ? 0 : 1;
}

static void test_sources(void)
{
	static const struct item big = { 'f', "big", NULL, 900000, 3, 0644 };
	struct sqfswrite_opts o = { "lz4", 0, 0, 2, 0 };
	struct entry x = { .name = (char *)"f", .size = 100 };
	autostr struct content *c = xcalloc(1, sizeof(*c));
	struct entries r = { .data = content_data, .ctx = c };
	struct err e = { 0 };
	void *handle;

	for (int first = 0; first <= 100; first += 100) {
		int step = first;
		struct entries bad = { .data = wrong, .ctx = &step };
		autofd int fd = memory();
		AUTO(sqfswrite)
		struct sqfswrite *w = sqfswrite_new(fd, 0, &o, &e);

		ok(sqfswrite_put(w, &x, &bad, &handle, &e), "content outside");
		is(e.msg, "content outside of its 100 bytes",
		   "is an error");
	}
	c->item = &big;
	c->fail_at = 500000;
	x.size = 900000;
	autofd int fd = memory();
	AUTO(sqfswrite) struct sqfswrite *w = sqfswrite_new(fd, 0, &o, &e);

	ok(sqfswrite_put(w, &x, &r, &handle, &e), "a source fails");
	is(e.msg, "the line is dead", "with its own error");
	x.size = UINT64_C(1) << 60;
	ok(sqfswrite_put(w, &x, &r, &handle, &e), "a file that is too long");
	is_num(e.kind, ERR_LIMIT, "is a limit");
	is(e.msg,
	   "1152921504606846976 bytes are more than the limit of 2199023255552 "
	   "for a file in a squashfs image with blocks of 131072 bytes",
	   "and says so");
	x.size = UINT64_C(1) << 40;
	x.is_sparse = false;
	c->item = &(struct item){ 'f', "f", "" };
	c->fail_at = 0;
	intr_init();
	raise(SIGINT);
	ok(sqfswrite_put(w, &x, &r, &handle, &e), "a signal in a long hole");
}

/* Without libsquashfs. */
static void test_none(void)
{
	struct sqfswrite_opts o = { "zstd", 0, 0, 1, 0 };
	struct err e = { 0 };

	ok(!sqfswrite_new(-1, 0, &o, &e), "nothing is written");
	is(e.msg,
	   "this build has no squashfs (libsquashfs of squashfs-tools-ng was "
	   "not found when it was made)",
	   "and why");
	is_num(e.kind, ERR_UNSUPPORTED, "its kind");
}

int main(void)
{
	AUTO(strlist) struct strlist all = { 0 };

	sqfswrite_compressors(&all);
	if (!all.n) {
		test_none();
		return tap_done();
	}
	signal(SIGXFSZ, SIG_IGN);
	test_ways();
	test_same_bytes();
	test_left_out();
	test_many();
	test_same_once();
	test_options();
	test_full();
	test_sources();
	return tap_done();
}
