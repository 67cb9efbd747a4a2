/* t_unpack.c - tests of layer/unpack.c: the stages together, sums, sizes and
 * whose error is reported.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "layer/unpack.h"

#include "base/intr.h"
#include "layertest.h"

#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <zlib.h>
#include <zstd.h>

/* What may be wrong with a layer. */
struct fault {
	int64_t more;   /* added to the size that is promised */
	bool bad_blob;  /* promise another sum of the blob */
	bool bad_diff;  /* promise another diff_id */
	bool no_sums;   /* promise neither */
	size_t fail_at; /* the source fails there; 0: never */
	size_t cut_at;  /* the blob ends there; 0: whole */
	size_t flip_at; /* a byte is changed there; 0: none */
	int slow_us;    /* pause before each read */
	bool waits;     /* the source waits until it is cancelled */
};

struct layer {
	struct str plain;
	struct str blob;
	struct fault fault;
	size_t at;
	atomic_int n_cancels;
};

static ssize_t on_read(void *ctx, void *p, size_t n, struct err *e)
{
	struct layer *l = ctx;
	size_t left = l->blob.len - l->at;

	while (l->fault.waits && !l->n_cancels)
		usleep(1000);
	if (l->fault.waits)
		return err_set(e, ERR_INTR, "told to give up");
	if (l->fault.slow_us)
		usleep((useconds_t)l->fault.slow_us);
	if (l->fault.fail_at && l->at >= l->fault.fail_at)
		return err_set(e, ERR_NET, "the line is dead");
	n = n < 10007 ? n : 10007;
	n = n < left ? n : left;
	if (n)
		memcpy(p, l->blob.p + l->at, n);
	l->at += n;
	return (ssize_t)n;
}

static void on_cancel(void *ctx)
{
	struct layer *l = ctx;

	l->n_cancels++;
}

static void gzip(struct str *out, const struct str *in)
{
	z_stream z = { 0 };
	size_t bound = in->len + 1000;

	if (deflateInit2(&z, 1, Z_DEFLATED, MAX_WBITS + 16, 8,
			 Z_DEFAULT_STRATEGY))
		abort();
	z.next_in = (Bytef *)in->p;
	z.avail_in = (uInt)in->len;
	z.next_out = (Bytef *)str_reserve(out, bound);
	z.avail_out = (uInt)bound;
	if (deflate(&z, Z_FINISH) != Z_STREAM_END)
		abort();
	out->len += bound - z.avail_out;
	deflateEnd(&z);
}

static void zstd(struct str *out, const struct str *in)
{
	size_t bound = ZSTD_compressBound(in->len);
	char *to = str_reserve(out, bound);

	out->len += ZSTD_compress(to, bound, in->p, in->len, 1);
}

/* Layer NUMBER of three: some small files and a big one, so that the ring goes
 * round several times. */
static void layer_make(struct layer *l, int number)
{
	static void (*const compress[])(struct str * out,
					const struct str *in) = { gzip, zstd };
	AUTO(str) struct str big = { 0 };
	uint32_t seed = 1;

	for (int i = 0; i < 200; i++) {
		autostr char *name = str_fmt("d%d/f%d", number, i);

		mktar_add(&l->plain, &(struct mktar)MK_FILE(name, name));
	}
	while (big.len < (number ? 3000000 : 10000000)) {
		seed = seed * 1664525 + 1013904223;
		str_addn(&big, &seed, sizeof(seed));
		str_add(&big, "............");
	}
	mktar_bytes(&l->plain, &(struct mktar)MK_FILE("big", NULL), big.p,
		    big.len);
	mktar_add(&l->plain, &(struct mktar)MK_SYM("last", "x"));
	mktar_end(&l->plain);
	/* C41: bytes behind the end are the diff_id's too. */
	str_add(&l->plain, "more");
	if (number < 2)
		compress[number](&l->blob, &l->plain);
	else
		str_addn(&l->blob, l->plain.p, l->plain.len);
}

static const char *const names[] = { "layer 1 of 3", "layer 2 of 3",
				     "layer 3 of 3" };

/* Unpack the three LAYERS with their faults. */
static int run(struct layer layers[3], struct unpack_stats *stats,
	       struct err *e)
{
	AUTO(place) struct place p = place_new();
	struct layer_source sources[3];
	char sums[3][2][HASH_HEX_MAX];
	size_t whole[3];

	for (int i = 0; i < 3; i++) {
		struct layer *l = &layers[i];
		const struct fault *f = &l->fault;

		whole[i] = l->blob.len;
		if (f->cut_at)
			l->blob.len = f->cut_at;
		if (f->flip_at)
			l->blob.p[f->flip_at] ^= 1;
		l->at = 0;
		l->n_cancels = 0;
		hash_buffer(HASH_SHA256, l->blob.p, l->blob.len, sums[i][0]);
		hash_buffer(i ? HASH_SHA512 : HASH_SHA256, l->plain.p,
			    l->plain.len, sums[i][1]);
		sums[i][0][3] = f->bad_blob ? '-' : sums[i][0][3];
		sums[i][1][3] = f->bad_diff ? '-' : sums[i][1][3];
		sources[i] = (struct layer_source){
			.name = names[i],
			.size = (uint64_t)((int64_t)l->blob.len + f->more),
			.read = on_read,
			.cancel = on_cancel,
			.ctx = l,
			.blob_hex = f->no_sums ? NULL : sums[i][0],
			.diff_algo = i ? HASH_SHA512 : HASH_SHA256,
			.diff_hex = f->no_sums ? NULL : sums[i][1],
		};
	}
	int rc = unpack_sources(p.root, sources, 3, stats, e);

	for (int i = 0; i < 3; i++) {
		layers[i].blob.len = whole[i];
		if (layers[i].fault.flip_at)
			layers[i].blob.p[layers[i].fault.flip_at] ^= 1;
	}
	if (!place_is_safe(&p))
		ok(false, "the canary beside the root is dead");
	return rc;
}

static void test_good(struct layer layers[3])
{
	static const struct fault faults[] = {
		{ 0 },
		{ .no_sums = true },
		{ .slow_us = 200 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(faults); i++) {
		struct unpack_stats stats;
		struct err e = { 0 };

		for (int j = 0; j < 3; j++)
			layers[j].fault = faults[i];
		ok(!run(layers, &stats, &e), "three layers: %s", e.msg);
		is_num((long long)stats.entries, 3 * 202, "their entries");
		ok(!layers[0].n_cancels, "nothing was cancelled");
	}
}

static void test_faults(struct layer layers[3])
{
	// clang-format off
	static const struct {
		const char *what;
		struct fault fault;
		enum err_kind kind;
		const char *parts[3]; /* for each layer being the bad one */
	} cases[] = {
		{ "wrong diff_id", { .bad_diff = true }, ERR_DIGEST,
		  { "diff_id", "diff_id", "diff_id" } },
		{ "wrong digest", { .bad_blob = true }, ERR_DIGEST,
		  { "digest: expected sha256:", "digest: expected sha256:",
		    "digest: expected sha256:" } },
		{ "wrong digest and diff_id",
		  { .bad_blob = true, .bad_diff = true }, ERR_DIGEST,
		  { "digest: expected sha256:", "digest: expected sha256:",
		    "digest: expected sha256:" } },
		{ "data ends early, and the digest is wrong",
		  { .cut_at = 400000, .bad_blob = true }, ERR_DIGEST,
		  { "digest: expected sha256:", "digest: expected sha256:",
		    NULL } },
		{ "one byte short of its size", { .more = 1 }, ERR_DIGEST,
		  { "bytes, got ", "bytes, got ", "bytes, got " } },
		{ "one byte over its size", { .more = -1 }, ERR_DIGEST,
		  { "bytes, got more", "bytes, got more",
		    "bytes, got more" } },
		{ "source fails at once", { .fail_at = 1 }, ERR_NET,
		  { "dead", "dead", "dead" } },
		{ "source fails late", { .fail_at = 600000 }, ERR_NET,
		  { "dead", "dead", "dead" } },
		{ "slow source fails", { .fail_at = 600000, .slow_us = 100 },
		  ERR_NET, { "dead", "dead", "dead" } },
		{ "data ends early", { .cut_at = 400000, .no_sums = true }, ERR_FORMAT,
		  { "gzip data ends early", "zstd data ends early",
		    "tar archive" } },
		{ "data is damaged", { .flip_at = 500000, .no_sums = true },
		  ERR_FORMAT, { "gzip", NULL, NULL } },
		{ "data is damaged at once", { .flip_at = 1, .no_sums = true },
		  ERR_FORMAT, { "not a tar archive", "not a tar archive",
		    "not a tar archive" } },
	};
	// clang-format on

	for (size_t i = 0; i < ARRAY_SIZE(cases) * 3; i++) {
		size_t bad = i % 3;
		const char *part = cases[i / 3].parts[bad];
		struct unpack_stats stats;
		struct err e = { 0 };

		if (!part)
			continue;
		for (size_t j = 0; j < 3; j++)
			layers[j].fault = (struct fault){ 0 };
		layers[bad].fault = cases[i / 3].fault;
		int rc = run(layers, &stats, &e);
		bool good = rc && e.kind == cases[i / 3].kind &&
			    !strncmp(e.msg, names[bad], 12) &&
			    strstr(e.msg, part);

		if (!ok(good, "%s in layer %zu", cases[i / 3].what, bad + 1))
			printf("#   rc %d kind %d: %s\n", rc, e.kind, e.msg);
		/* Not when the last layer's sum came after all was read. */
		ok(layers[0].n_cancels <= 1 && layers[2].n_cancels <= 1,
		   "sources were cancelled once");
	}
}

/* What a source says that was told to give up never hides the cause. */
static void test_waiting(struct layer layers[3])
{
	struct unpack_stats stats;
	struct err e = { 0 };

	layers[0].fault = (struct fault){ .bad_diff = true };
	layers[1].fault = (struct fault){ .waits = true };
	layers[2].fault = (struct fault){ .waits = true };
	ok(run(layers, &stats, &e) && e.kind == ERR_DIGEST &&
		   strstr(e.msg, "layer 1 of 3: diff_id"),
	   "the cause is kept: %s", e.msg);
	is_num(layers[1].n_cancels, 1, "the second source was cancelled");
}

/* The writer's error, while the source would go on for ever. */
static void test_writer(struct layer layers[3])
{
	AUTO(str) struct str was = { 0 };
	struct unpack_stats stats;
	struct err e = { 0 };

	for (int j = 0; j < 3; j++)
		layers[j].fault = (struct fault){ 0 };
	was = layers[1].blob;
	layers[1].blob = (struct str){ 0 };
	mktar_add(&layers[1].blob, &(struct mktar)MK_FILE("ok", "1"));
	mktar_add(&layers[1].blob, &(struct mktar)MK_FILE("../bad", "1"));
	mktar_add(&layers[1].blob, &(struct mktar)MK_FILE("ok2", "1"));
	while (layers[1].blob.len < 30000000)
		mktar_end(&layers[1].blob);
	ok(run(layers, &stats, &e) && e.kind == ERR_FORMAT, "a bad entry");
	is(e.msg, "layer 2 of 3: '../bad': '..' in the name of an entry",
	   "the message names layer and entry");
	str_clear(&layers[1].blob);
	layers[1].blob = was;
	was = (struct str){ 0 };
}

static void test_nothing(void)
{
	AUTO(place) struct place p = place_new();
	struct unpack_stats stats;
	struct stat st = { 0 };
	struct err e = { 0 };

	ok(!unpack_sources(p.root, NULL, 0, &stats, &e), "no layers: %s", e.msg);
	fstatat(p.fd, "root", &st, 0);
	is_num(st.st_mode & 07777, 0755, "mode of the empty root");
	struct str none = { 0 };
	struct place_source from = { .bytes = &none, .step = 1 };
	struct layer_source to = {
		.name = "layer",
		.read = place_read,
		.ctx = &from,
		.diff_hex = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca4"
			    "95991b7852b855",
	};

	ok(!unpack_sources(p.root, &to, 1, &stats, &e), "a layer of no bytes");
}

/* In a child: the signal leaves its mark on the process. */
static void test_signal(struct layer layers[3])
{
	pid_t pid = fork();
	int status = 0;

	if (pid == 0) {
		struct unpack_stats stats;
		struct err e = { 0 };

		intr_init();
		raise(SIGTERM);
		int rc = run(layers, &stats, &e);

		_exit(rc && e.kind == ERR_INTR && e.code == SIGTERM ? 0 : 1);
	}
	waitpid(pid, &status, 0);
	is_num(status, 0, "a signal stops it");
}

/* In a child with a limit: true if it ends as EXPECTED, a part of the error's
 * message, or NULL for success. */
static void test_limit(struct layer layers[3], int which, rlim_t most,
		       const char *expected, const char *what)
{
	const struct rlimit limit = { most, most };
	pid_t pid = fork();
	int status = 0;

	if (pid == 0) {
		struct unpack_stats stats;
		struct err e = { 0 };

		intr_init(); /* ignores SIGXFSZ */
		setrlimit((__rlimit_resource_t)which, &limit);
		int rc = run(layers, &stats, &e);

		_exit(expected ? !rc || e.kind != ERR_SYS ||
					 !strstr(e.msg, expected)
			       : rc);
	}
	waitpid(pid, &status, 0);
	is_num(status, 0, what);
}

/* The write that passes the limit fails as on a full disk. Files of layer 1
 * hold their names: d0/f10 is the first of six bytes. */
static void test_limits(struct layer layers[3])
{
	for (int j = 0; j < 3; j++)
		layers[j].fault = (struct fault){ 0 };
	test_limit(layers, RLIMIT_FSIZE, 5000000,
		   "layer 1 of 3: 'big': can't write 'big': File too large",
		   "a full disk stops it");
	test_limit(layers, RLIMIT_FSIZE, 5,
		   "layer 1 of 3: 'd0/f10': can't write 'f10': File too large",
		   "of small files the first that fails is named");
	test_limit(layers, RLIMIT_NOFILE, 40, NULL, "few descriptors will do");
}

int main(void)
{
	struct layer layers[3] = { 0 };

	for (int i = 0; i < 3; i++)
		layer_make(&layers[i], i);
	test_good(layers);
	test_faults(layers);
	test_waiting(layers);
	test_writer(layers);
	test_nothing();
	test_signal(layers);
	test_limits(layers);
	for (int i = 0; i < 3; i++) {
		str_clear(&layers[i].plain);
		str_clear(&layers[i].blob);
	}
	return tap_done();
}
