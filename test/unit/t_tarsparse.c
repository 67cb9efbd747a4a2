/* t_tarsparse.c - tests of layer/tarread.c: sparse files in their three forms.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "layer/tarread.h"

#include "tartest.h"

#define LATIN1 "\xe4\xff\x80z" /* no UTF-8 */

static void test_old_sparse(void)
{
	static const struct mktar m = { .type = 'S', .name = "s" };
	AUTO(str) struct str s = { 0 };
	size_t at = mktar_header(&s, &m, 5);
	char *h = s.p + at;

	memcpy(h + 257, "ustar  ", 8);
	memcpy(h + 386,
	       "00000001000\0"
	       "00000000003\0",
	       24);
	memcpy(h + 410,
	       "00000010000\0"
	       "00000000002\0",
	       24);
	memcpy(h + 483, "00000020000", 12);
	mktar_checksum(h);
	str_add(&s, "abcde");
	mktar_pad(&s);
	mktar_end(&s);
	reads_as(&s, "f:s=[512]abc[3581]de[4094]", "sparse, old GNU");
}

/* A size in GNU's header, and no map. */
static void test_old_size(void)
{
	static const struct mktar m = MK_FILE("x", NULL);
	AUTO(str) struct str s = { 0 };
	size_t at = mktar_header(&s, &m, 5);

	memcpy(s.p + at + 257, "ustar  ", 8);
	memcpy(s.p + at + 483, "77777777777", 12);
	mktar_checksum(s.p + at);
	str_add(&s, "abcde");
	mktar_pad(&s);
	mktar_end(&s);
	refuses(&s, "content that ends at 5, not at 8589934591",
		"a size without a map, old GNU");
}

static void test_sparse_10(void)
{
	static const struct mktar pax = MK_PAX(
		"GNU.sparse.major=1\nGNU.sparse.minor=0\n"
		"GNU.sparse.name=" LATIN1 "\nGNU.sparse.realsize=1006\n");
	static const struct mktar m = MK_FILE("x", NULL);
	static const struct mktar after = MK_FILE("after", "");
	AUTO(str) struct str body = { 0 };
	AUTO(str) struct str s = { 0 };

	str_add(&body, "2\n1\n3\n1000\n2\n");
	mktar_pad(&body);
	str_add(&body, "abcde");
	mktar_add(&s, &pax);
	mktar_bytes(&s, &m, body.p, body.len);
	mktar_add(&s, &after);
	mktar_end(&s);
	reads_as(&s,
		 "f:" LATIN1 "=[1]abc[996]de[4] f:after=", "sparse, PAX 1.0");
}

/* A file that is one hole, and one that says it is sparse and is not. */
static void test_sparse_known(void)
{
	static const struct mktar pax =
		MK_PAX("GNU.sparse.major=1\nGNU.sparse.minor=0\n"
		       "GNU.sparse.name=x\nGNU.sparse.realsize=5\n");
	static const struct mktar m = MK_FILE("x", NULL);
	static const struct {
		const char *map;
		const char *data;
		bool is_sparse;
		size_t n_extents;
	} maps[] = {
		{ "0\n", "", true, 0 },
		{ "1\n5\n0\n", "", true, 0 },
		{ "1\n0\n5\n", "abcde", false, 0 },
		{ "1\n1\n2\n", "bc", true, 1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(maps); i++) {
		AUTO(str) struct str body = { 0 };
		AUTO(str) struct str s = { 0 };
		struct bytes b = { .s = &s, .step = 10240 };
		AUTO(tarread) struct tarread *r = tarread_new(next, &b);
		AUTO(str) struct str got = { 0 };
		struct err e = { 0 };
		struct entry x;

		str_add(&body, maps[i].map);
		mktar_pad(&body);
		str_add(&body, maps[i].data);
		mktar_add(&s, &pax);
		mktar_bytes(&s, &m, body.p, body.len);
		mktar_end(&s);
		ok(tarread_next(r, &x, &e) == 1 &&
			   x.is_sparse == maps[i].is_sparse &&
			   x.n_extents == maps[i].n_extents,
		   "extents of map %zu: %s", i, e.msg);
		ok(!show_data(r, &x, &got, &e), "its content: %s", e.msg);
		is_num((long long)x.size, 5, "its size");
		free(b.piece);
	}
}

/* --- headers that never end */

#define MIB (1u << 20)

/* HEAD, then BODY again and again. */
struct endless {
	struct str head;
	struct str body;
	uint64_t given;
};

static int give(void *ctx, const void **p, size_t *n, struct err *e)
{
	struct endless *x = ctx;
	const struct str *s = x->given ? &x->body : &x->head;

	if (x->given > 64 * MIB)
		return err_set(e, ERR_NET, "it wants more than 64 MiB");
	*p = s->p;
	*n = s->len;
	x->given += s->len;
	return 0;
}

static void stops(struct endless *x, const char *what)
{
	AUTO(tarread) struct tarread *r = tarread_new(give, x);
	struct err e = { 0 };
	struct entry out;

	is_num(tarread_next(r, &out, &e), -1, what);
	is_num(e.kind, ERR_LIMIT, "is a limit");
	is(e.msg,
	   "an entry with more than 8388608 bytes of headers, the map of a "
	   "sparse file included",
	   "and says which");
	ok(x->given <= 9 * MIB, "of %llu bytes",
	   (unsigned long long)x->given);
	str_clear(&x->head);
	str_clear(&x->body);
}

static void endless_map(const char *start, const char *line, const char *what)
{
	static const struct mktar pax =
		MK_PAX("GNU.sparse.major=1\nGNU.sparse.minor=0\n"
		       "GNU.sparse.name=x\nGNU.sparse.realsize=5\n");
	static const struct mktar m = MK_FILE("x", NULL);
	struct endless x = { .given = 0 };

	mktar_add(&x.head, &pax);
	mktar_header(&x.head, &m, UINT64_C(1) << 32);
	str_add(&x.head, start);
	while (x.body.len < 65536)
		str_add(&x.body, line);
	stops(&x, what);
}

/* Blocks that say that another one follows. */
static void endless_extensions(void)
{
	static const struct mktar m = { .type = 'S', .name = "s" };
	struct endless x = { .given = 0 };

	mktar_header(&x.head, &m, 5);
	memcpy(x.head.p + 257, "ustar  ", 8);
	memcpy(x.head.p + 386,
	       "00000001000\0"
	       "00000000000\0",
	       24);
	x.head.p[482] = 1;
	mktar_checksum(x.head.p);
	for (int i = 0; i < 128; i++) {
		memset(str_reserve(&x.body, 512), 0, 513);
		x.body.p[x.body.len + 504] = 1;
		x.body.len += 512;
	}
	stops(&x, "extensions of GNU's old map");
}

static void test_endless(void)
{
	endless_map("#", "#\n", "a map of nothing but comments");
	endless_map("100000000\n", "0\n0\n", "a map of zeros");
	endless_extensions();
}

int main(void)
{
	test_old_sparse();
	test_old_size();
	test_sparse_10();
	test_sparse_known();
	test_endless();
	return tap_done();
}
