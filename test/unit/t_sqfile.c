/* t_sqfile.c - tests of squash/: what layer/sqfswrite has written is read at
 * random, by one thread and by several.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/pool.h"
#include "rows.h"
#include "sqtest.h"

// clang-format off
static const struct item items[] = {
	ROWS,
	{ 'd', "sub", .mode = 0711 },
};

static const struct sqfswrite_opts ways[] = {
	{ "zstd", 0, 0, 1, 0 },
	{ "zstd", 19, 1 << 20, 2, 0 },
	{ "lz4", 0, 4096, 2, 0 },
	{ "gzip", 1, 65536, 2, 0 },
	{ "xz", 0, 1 << 17, 2, 0 },
};
// clang-format on

/* An image of items in a file, from somewhere in it on, and it open. */
struct sample {
	struct plant plant;
	struct sqfile *file;
	uint64_t size;
	int fd;
};

#define SAMPLE_AT 4096

static void sample_init(struct sample *s, const struct sqfswrite_opts *o,
			const struct item *list, size_t n)
{
	struct sqfswrite_stats stats = { 0 };
	struct err e = { 0 };

	*s = (struct sample){ .fd = memory() };
	plant_init(&s->plant);
	if (plant_write(&s->plant, s->fd, SAMPLE_AT, o, list, n, &s->size,
			&stats, &e) ||
	    sqfile_open(&s->file, s->fd, SAMPLE_AT, s->size, "image", &e))
		ok(false, "%s", e.msg);
}

static void sample_clear(struct sample *s)
{
	sqfile_close(s->file);
	plant_clear(&s->plant);
	close(s->fd);
}
AUTO_DEFINE(sample, struct sample, sample_clear)

/* The node at PATH, by one name after the other. */
static int find(struct sqfile *f, const char *path, struct sqnode *out)
{
	uint64_t ref = sqfile_header(f)->root;
	int error = sqnode_read(f, ref, out);

	while (!error && *path) {
		size_t n = strcspn(path, "/");

		error = sqdir_find(f, out, path, n, &ref);
		if (!error)
			error = sqnode_read(f, ref, out);
		path += n + (path[n] == '/');
	}
	return error;
}

static void test_ways(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		AUTO(strlist) struct strlist got = { 0 };
		AUTO(sample) struct sample s;

		sample_init(&s, &ways[i], items, ARRAY_SIZE(items));
		tour_image(s.fd, SAMPLE_AT, s.size, &got);
		strlist_sort(&got);
		strlist_sort(&s.plant.want);
		autostr char *a = strlist_join(&got, "\n");
		autostr char *b = strlist_join(&s.plant.want, "\n");

		is(a, b, ways[i].compressor);
	}
}

/* Parts of a file's bytes are what they should be. */
static bool part_is_right(struct sqfile *f, const struct sqnode *n,
			  const struct item *it, uint64_t at, size_t want)
{
	autostr unsigned char *buf = xmalloc(want + 1);
	size_t there = at >= n->size         ? 0
		       : n->size - at < want ? (size_t)(n->size - at)
					     : want;

	buf[there] = 'x';
	if (sqdata_read(f, n, at, buf, want) != (ssize_t)there ||
	    buf[there] != 'x')
		return false;
	for (size_t i = 0; i < there; i++) {
		uint64_t k = at + i;
		uint64_t from = k;
		bool is_data = !it->extents[0].n ||
			       (item_part(it, &from) && from == k);

		if (buf[i] != (is_data ? item_byte(it, k) : 0))
			return false;
	}
	return true;
}

static void test_parts(const struct sqfswrite_opts *o)
{
	static const struct item list[] = {
		{ 'f', "long", NULL, 1000001, 2, 0644 },
		{ 'f', "even", NULL, 524288, 3, 0644 },
		{ 'f', "tail", NULL, 3000, 4, 0644 },
		{ 'f', "hole", NULL, 900000, 9, 0640,
		  .extents = { { 100000, 300000 }, { 899990, 10 } } },
	};
	AUTO(sample) struct sample s;
	uint64_t random = 1;

	sample_init(&s, o, list, ARRAY_SIZE(list));
	for (size_t i = 0; i < ARRAY_SIZE(list); i++) {
		struct sqnode n;
		bool good = !find(s.file, list[i].name, &n);

		for (int k = 0; k < 300 && good; k++) {
			random = random * 6364136223846793005u + 1;
			good = part_is_right(s.file, &n, &list[i],
					     (random >> 33) % (n.size + 9),
					     (random >> 20) % 300000);
		}
		ok(good, "%s: parts of '%s'", o->compressor, list[i].name);
		ok(good && part_is_right(s.file, &n, &list[i], 0, n.size) &&
			   part_is_right(s.file, &n, &list[i], n.size - 1, 9) &&
			   part_is_right(s.file, &n, &list[i], UINT64_MAX, 9),
		   "%s: all of it, its end, behind it", o->compressor);
	}
}

/* So many blocks that their places stand in more than one page. */
static void test_large(void)
{
	static const struct item list[] = {
		{ 'f', "large", NULL, 5000000000, 7, 0644,
		  .extents = { { 10, 20 },
			       { 2147483640, 5000 },
			       { 4999999000, 1000 } } },
		{ 'f', "after", NULL, 9000000, 6, 0644 },
	};
	static const uint64_t places[] = {
		4999998000, 2147480000, 0,          4194304 - 10,
		2147483640, 4294967290, 2147483648, 3000000000,
	};
	struct sqfswrite_opts o = { "zstd", 0, 4096, 2, 0 };
	AUTO(sample) struct sample s;
	struct sqnode n;

	sample_init(&s, &o, list, ARRAY_SIZE(list));
	if (find(s.file, "large", &n)) {
		ok(false, "a large file");
		return;
	}
	is_num((long long)n.used, 20992, "what is in no hole");
	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		ok(part_is_right(s.file, &n, &list[0], places[i], 9000),
		   "a large file at %llu", (unsigned long long)places[i]);
	ok(!find(s.file, "after", &n) &&
		   part_is_right(s.file, &n, &list[1], 4194304 - 9, 9000) &&
		   part_is_right(s.file, &n, &list[1], 8999990, 10),
	   "blocks behind the first 1024");
}

/* Counts, and stops before the name number `stop`. */
struct count {
	struct sqfile *file;
	struct sqnode dir;
	uint64_t next;
	unsigned n, stop;
	char last[256];
	bool good;
};

static int count_name(void *ctx, const struct sqdir_entry *x)
{
	struct count *c = ctx;
	uint64_t ref;

	if (c->n == c->stop)
		return 1;
	c->n++;
	c->good = c->good && x->next > c->next &&
		  strlen(c->last) < sizeof(c->last) &&
		  (strncmp(c->last, x->name, x->len) < 0) &&
		  !sqdir_find(c->file, &c->dir, x->name, x->len, &ref) &&
		  ref == x->ref;
	c->next = x->next;
	memcpy(c->last, x->name, x->len);
	c->last[x->len] = 0;
	return 0;
}

/* N names, listed STEP at a time. */
static void check_list(struct count *c, unsigned n, unsigned step)
{
	int more = 1;

	while (more == 1 && c->good && c->n <= n) {
		c->stop = c->n + step;
		more = sqdir_list(c->file, &c->dir, c->next, count_name, c);
	}
	ok(c->good && !more && c->n == n, "%u names of %u, %u at a time", c->n,
	   n, step);
	is_num(sqdir_list(c->file, &c->dir, c->next, count_name, c), 0,
	       "and nothing behind them");
}

static void test_names(unsigned n, bool has_index)
{
	struct sqfswrite_opts o = { "zstd", 0, 0, 2, 0 };
	struct item *list = xcalloc(n, sizeof(*list));
	AUTO(sample) struct sample s;
	struct count c = { .good = true };
	uint64_t ref;

	for (unsigned i = 0; i < n; i++)
		list[i] = (struct item){ 'p', str_fmt("n%u", i * 7919),
					 .mode = 0600 };
	sample_init(&s, &o, list, n);
	c.file = s.file;
	ok(!find(s.file, "", &c.dir) && !c.dir.n_index != has_index,
	   "%u names with%s an index", n, has_index ? "" : "out");
	for (unsigned step = 1; step < 3000; step = step * 20 + 7) {
		struct count again = c;

		check_list(&again, n, step);
	}
	is_num(sqdir_find(s.file, &c.dir, "n", 1, &ref), -ENOENT,
	       "a name before all");
	is_num(sqdir_find(s.file, &c.dir, "n99999999999", 12, &ref), -ENOENT,
	       "one behind all");
	is_num(sqdir_find(s.file, &c.dir, "n7", 2, &ref), -ENOENT,
	       "one between");
	is_num(sqdir_find(s.file, &c.dir, "", 0, &ref), -ENOENT,
	       "an empty one");
	for (unsigned i = 0; i < n; i++)
		free((char *)list[i].name);
	free(list);
}

static void test_refusals(void)
{
	AUTO(sample) struct sample s;
	struct sqnode file, dir, link;
	char buf[100];
	uint64_t ref;

	sample_init(&s, &ways[0], items, ARRAY_SIZE(items));
	ok(!find(s.file, "bin/short", &file) && !find(s.file, "bin", &dir) &&
		   !find(s.file, "link", &link),
	   "a file, a directory, a link");
	is_num(sqdata_read(s.file, &dir, 0, buf, 9), -EISDIR, "reads no dir");
	is_num(sqdata_read(s.file, &link, 0, buf, 9), -EINVAL, "nor a link");
	is_num(sqdata_readlink(s.file, &file, buf, 9), -EINVAL,
	       "a file is no link");
	is_num(sqdata_readlink(s.file, &link, buf, 8), -ERANGE, "too small");
	is_num(sqdata_readlink(s.file, &link, buf, 9), 9, "just right");
	is_num(sqdir_find(s.file, &file, "x", 1, &ref), -ENOTDIR,
	       "a file has no names");
	is_num(sqdir_list(s.file, &file, 0, NULL, NULL), -ENOTDIR,
	       "nor a list of them");
	is_num(sqxattr_get(s.file, &file, "user.b", buf, 1), 1, "an attribute");
	is_num(sqxattr_get(s.file, &file, "security.capability", buf, 2),
	       -ERANGE, "too small");
	is_num(sqxattr_get(s.file, &file, "user.c", buf, 9), -ENODATA,
	       "no such attribute");
	is_num(sqxattr_get(s.file, &link, "user.c", buf, 9), -ENODATA,
	       "none at all");
	is_num(sqxattr_list(s.file, &link, buf, 9), 0, "an empty list");
	is_num(sqxattr_list(s.file, &file, buf, 20), -ERANGE, "a small list");
	is_num(sqxattr_list(s.file, &file, buf, 27), 27, "just right");
	ok(sqfile_has_xattrs(s.file), "the image has attributes");
}

/* The file is cut while it is read. */
static void test_cut(void)
{
	AUTO(sample) struct sample s;
	struct sqnode dir, n;
	char buf[100];
	uint64_t ref;

	sample_init(&s, &ways[0], items, ARRAY_SIZE(items));
	if (find(s.file, "bin", &dir) || ftruncate(s.fd, SAMPLE_AT + 100))
		abort();
	ok(!sqdir_find(s.file, &dir, "long", 4, &ref) &&
		   !sqnode_read(s.file, ref, &n),
	   "what is in memory is good");
	is_num(sqdata_read(s.file, &n, 0, buf, 9), -EIO, "what is not: EIO");
	is_num(sqdata_read(s.file, &n, 0, buf, 9), -EIO, "again");
}

/* All of the image by many threads at once, through one cache. */
static int tour_again(void *arg, struct err *e)
{
	struct sample *s = arg;

	for (int i = 0; i < 5; i++) {
		AUTO(strlist) struct strlist got = { 0 };

		tour_open(s->file, &got);
		strlist_sort(&got);
		autostr char *a = strlist_join(&got, "\n");
		autostr char *b = strlist_join(&s->plant.want, "\n");

		if (strcmp(a, b) != 0)
			return err_set(e, ERR_SYS, "%.900s", a);
	}
	return 0;
}

static void test_threads(void)
{
	AUTO(sample) struct sample s;
	AUTO(pool) struct pool *p = pool_new();
	struct err e = { 0 };
	int rc = 0;

	sample_init(&s, &ways[3], items, ARRAY_SIZE(items));
	strlist_sort(&s.plant.want);
	for (int i = 0; i < 4 && !rc; i++)
		rc = pool_start(p, tour_again, &s, &e);
	if (!rc)
		rc = pool_join(p, &e);
	ok(!rc, "four threads at once: %s", e.msg);
}

int main(void)
{
	test_ways();
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++)
		test_parts(&ways[i]);
	test_large();
	test_names(3, false);
	test_names(300, false);
	test_names(20000, true);
	test_refusals();
	test_cut();
	test_threads();
	return tap_done();
}
