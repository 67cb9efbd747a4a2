/* t_sqfsdata.c - tests of layer/sqfswrite.c: content of files, in hard times.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "sqfstest.h"

#include <sqfs/compressor.h>
#include <sqfs/error.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <time.h>

/* --- a compressor in place of the library's, which fails at block FAIL_AT */

static atomic_int fail_at;

static sqfs_s32 slow_block(sqfs_compressor_t *c, const sqfs_u8 *in,
			   sqfs_u32 size, sqfs_u8 *out, sqfs_u32 room)
{
	struct timespec pause = { .tv_nsec = 20000000 };

	(void)c;
	(void)in;
	(void)size;
	(void)out;
	(void)room;
	if (atomic_load(&fail_at) < 100 && size == 4096) /* content */
		nanosleep(&pause, NULL);
	return atomic_fetch_sub(&fail_at, 1) <= 0 ? SQFS_ERROR_COMPRESSOR : 0;
}

static int no_options(sqfs_compressor_t *c, sqfs_file_t *file)
{
	(void)c;
	(void)file;
	return 0;
}

static void slow_destroy(sqfs_object_t *c)
{
	free(c);
}

static sqfs_object_t *slow_copy(const sqfs_object_t *c)
{
	return xmemdup(c, sizeof(sqfs_compressor_t));
}

int sqfs_compressor_create(const sqfs_compressor_config_t *config,
			   sqfs_compressor_t **out)
{
	sqfs_compressor_t c = {
		.base = { .destroy = slow_destroy, .copy = slow_copy },
		.write_options = no_options,
		.do_block = slow_block,
	};

	(void)config;
	*out = xmemdup(&c, sizeof(c));
	return 0;
}

/* --- tests */

static void must_not(int failed)
{
	if (failed)
		abort();
}

/* In a child: the compressor fails at block AT, counted from 0. */
static int starve(int at, int out)
{
	static const struct item item = { 'f', "f", NULL, 80000, 3, 0644 };
	struct sqfswrite_opts o = { "zstd", 0, 4096, 2, 0 };
	struct sqfswrite_stats stats;
	struct plant p;
	struct err e = { 0 };
	uint64_t size;

	/* Who waits for ever dies of this. */
	alarm(20);
	plant_init(&p);
	atomic_store(&fail_at, at);
	if (!plant_write(&p, memory(), 0, &o, &item, 1, &size, &stats, &e))
		return 1;
	return write(out, e.msg, strlen(e.msg) + 1) < 0;
}

static void test_no_memory(int at)
{
	int ends[2], status;
	char msg[1000] = "";

	if (pipe(ends))
		abort();
	pid_t child = fork();

	if (!child)
		_exit(starve(at, ends[1]));
	close(ends[1]);
	if (waitpid(child, &status, 0) != child)
		abort();
	ok(WIFEXITED(status) && !WEXITSTATUS(status),
	   "block %d fails: there is an end to it (%x)", at, status);
	ok(read(ends[0], msg, sizeof(msg) - 1) >= 0, "the message");
	is(msg,
	   "can't compress a block of the squashfs image: Cannot allocate "
	   "memory",
	   "says so");
	close(ends[0]);
}

/* --- contents with the same checksum */

#define P1 2654435761u
#define P2 2246822519u

static uint32_t inverse(uint32_t odd)
{
	uint32_t x = odd;

	for (int i = 0; i < 5; i++)
		x *= 2 - odd * x;
	return x;
}

static uint32_t lane(uint32_t v, uint32_t word)
{
	v += word * P2;
	return (v << 13 | v >> 19) * P1;
}

/* Content I of SIZE bytes, of which the first 32 are never the same. All have
 * the same xxh32, if SAME: the words 0 and 4 go into one lane, and what the
 * first does to it the other takes back. */
static void content_make(unsigned char *p, size_t size, uint32_t i, bool same)
{
	uint32_t v = lane(P1 + P2, i);
	uint32_t other = same ? (12345 - v) * inverse(P2) : i * P1;
	uint32_t x = 1;

	for (size_t k = 0; k < size; k++)
		p[k] = (unsigned char)((x = x * 1664525 + 1013904223) >> 24);
	memcpy(p, &i, sizeof(i));
	memcpy(p + 16, &other, sizeof(other));
}

struct copies {
	unsigned char bytes[4096];
	size_t size;
	bool is_done;
};

static int copies_data(void *ctx, const void **p, size_t *n, uint64_t *offset,
		       struct err *e)
{
	struct copies *c = ctx;

	(void)e;
	*p = c->bytes;
	*n = c->size;
	*offset = 0;
	c->is_done = !c->is_done;
	return c->is_done;
}

/* The bytes of an image with N contents of SIZE bytes, each TIMES times. */
static uint64_t contents(uint32_t n, size_t size, bool same, int times)
{
	struct sqfswrite_opts o = { "zstd", 0, 4096, 2, 0 };
	struct copies c = { .size = size };
	struct entries r = { .data = copies_data, .ctx = &c };
	struct entry x = { .name = (char *)"f", .size = size };
	struct sqfswrite_stats stats;
	struct err e = { 0 };
	uint64_t bytes = 0;
	AUTO(plant) struct plant p;
	autofd int fd = memory();

	plant_init(&p);
	AUTO(sqfswrite) struct sqfswrite *w = sqfswrite_new(fd, 0, &o, &e);

	for (int k = 0; k < times; k++)
		for (uint32_t i = 0; i < n; i++) {
			void *handle;

			content_make(c.bytes, size, i, same);
			if (sqfswrite_put(w, &x, &r, &handle, &e))
				abort();
		}
	if (sqfswrite_finish(w, p.tree, &bytes, &stats, &e))
		ok(false, "%s", e.msg);
	return bytes;
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void test_same_checksum(uint32_t n, size_t size, const char *what)
{
	double start = seconds();
	uint64_t once = contents(n, size, false, 1);
	double middle = seconds();
	uint64_t same = contents(n, size, true, 1);
	double end = seconds();

	ok(end - middle < 5 * (middle - start) + 1, "%s: %.2f s and %.2f s",
	   what, middle - start, end - middle);
	ok(same < once + once / 20 && once < same + same / 20,
	   "nearly the same size: %" PRIu64 " and %" PRIu64, once, same);
}

/* --- what the kernel is told of holes */

/* In the inode of the first file, which is an extended one. */
static int64_t sparse_of(int fd)
{
	int64_t inodes, sparse;

	if (pread(fd, &inodes, 8, 64) != 8 ||
	    pread(fd, &sparse, 8, inodes + 2 + 16 + 16) != 8)
		abort();
	return sparse;
}

static void test_sparse(void)
{
	// clang-format off
	static const struct {
		struct item item;
		int64_t sparse;
	} cases[] = {
		/* The byte is a zero. */
		{ { 'f', "nothing but a hole", NULL, 1000000, 256, 0644,
		    .extents = { { 0, 1 } } }, 999999 },
		{ { 'f', "a short hole", NULL, 4196, 3, 0644,
		    .extents = { { 0, 4096 } } }, 100 },
		{ { 'f', "a hole at the end", NULL, 8292, 3, 0644,
		    .extents = { { 0, 4096 } } }, 4196 },
		{ { 'f', "a hole before the end", NULL, 8292, 3, 0644,
		    .extents = { { 0, 4096 }, { 8192, 100 } } }, 4096 },
		{ { 'f', "whole blocks", NULL, 12288, 3, 0644,
		    .extents = { { 4096, 4096 } } }, 8192 },
	};
	// clang-format on

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct sqfswrite_opts o = { "zstd", 0, 4096, 1, 0 };
		AUTO(plant) struct plant p;
		struct sqfswrite_stats stats;
		struct err e = { 0 };
		uint64_t size;
		autofd int fd = memory();

		plant_init(&p);
		if (plant_write(&p, fd, 0, &o, &cases[i].item, 1, &size,
				&stats, &e))
			ok(false, "%s", e.msg);
		is_num(sparse_of(fd), cases[i].sparse, cases[i].item.name);
	}
}

/* --- more holes than there are parts for */

enum { TURNS = (1 << 18) + 1000 };

/* A zero every 8 KiB, but that the last byte is an 'x'. */
static int turns_data(void *ctx, const void **p, size_t *n, uint64_t *offset,
		      struct err *e)
{
	uint64_t *i = ctx;

	(void)e;
	*p = *i == TURNS - 1 ? "x" : "";
	*n = 1;
	*offset = *i * 8192 + 4096;
	return (*i)++ < TURNS;
}

static void test_turns(void)
{
	static const struct item item = { 'f', "f", "" };
	struct sqfswrite_opts o = { "zstd", 0, 4096, 1, 0 };
	struct entry x = {
		.name = (char *)"f",
		.size = TURNS * 8192UL - 4095,
		.is_sparse = true,
	};
	struct sqfswrite_stats stats;
	struct err e = { 0 };
	uint64_t i = 0, size = 0, offset;
	struct entries r = { .data = turns_data, .ctx = &i };
	AUTO(plant) struct plant p;
	autofd int fd = memory();
	const void *bytes;
	size_t n;

	plant_init(&p);
	AUTO(sqfswrite) struct sqfswrite *w = sqfswrite_new(fd, 0, &o, &e);

	must_not(plant_add(&p, w, &item, &e));
	must_not(sqfswrite_put(w, &x, &r, &p.inodes[0]->content, &e));
	p.inodes[0]->size = x.size;
	must_not(sqfswrite_finish(w, p.tree, &size, &stats, &e));
	is_num(sparse_of(fd), (long long)x.size - 1, "all but a byte is a hole");
	AUTO(sqfsread) struct sqfsread *s = sqfsread_new(fd, 0, size, &e);
	struct entries got = sqfsread_entries(s);

	must_not(got.next(got.ctx, &x, &e) != 1 ||
		 got.next(got.ctx, &x, &e) != 1);
	is_num((long long)x.size, TURNS * 8192LL - 4095, "its size");
	must_not(got.data(got.ctx, &bytes, &n, &offset, &e) != 1);
	is_num((long long)offset, (TURNS - 1) * 8192LL + 4096, "where it is");
	ok(n == 1 && *(const char *)bytes == 'x', "and what");
}

int main(void)
{
	test_no_memory(0);
	test_no_memory(3);
	test_no_memory(19); /* the last block of content */
	test_no_memory(20); /* of a table */
	atomic_store(&fail_at, 1000000000);
	test_sparse();
	test_turns();
	test_same_checksum(40000, 32, "ends of files with one checksum");
	test_same_checksum(3000, 4096, "blocks with one checksum");
	is_num((long long)contents(3000, 32, false, 3),
	       (long long)contents(3000, 32, false, 1), "ends are stored once");
	is_num((long long)contents(3000, 4096, false, 3),
	       (long long)contents(3000, 4096, false, 1),
	       "blocks are stored once");
	return tap_done();
}
