/* t_tarplain.c - whatever is read of an archive without libarchive is what
 * libarchive reads.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "layer/tarplain.h"

#include "base/auto.h"
#include "layer/tarlib.h"
#include "tartest.h"

/* As entries.next, .data and .xattr, for both. */
static int lib_next(void *ctx, struct entry *x, struct err *e)
{
	return tarlib_next(ctx, x, e);
}

static int lib_data(void *ctx, const void **p, size_t *n, uint64_t *at,
		    struct err *e)
{
	return tarlib_data(ctx, p, n, at, e);
}

static bool lib_xattr(void *ctx, const char **name, const void **value,
		      size_t *n)
{
	return tarlib_xattr(ctx, name, value, n);
}

static int add_content(const struct entries *r, struct str *out, struct err *e)
{
	const void *p;
	uint64_t at;
	size_t n;
	int got;

	while ((got = r->data(r->ctx, &p, &n, &at, e)) > 0) {
		str_addf(out, "[%llu]", (unsigned long long)at);
		str_addn(out, p, n);
	}
	return got;
}

/* All that is known of all entries, as text. */
static int describe(const struct entries *r, struct str *out, struct err *e)
{
	const char *name;
	const void *value;
	size_t n;
	struct entry x;
	int got;

	while ((got = r->next(r->ctx, &x, e)) > 0) {
		str_addf(out, "%c %s > %s %llu %o %u:%u %u:%u %lld.%ld %d ",
			 type_letters[x.type], x.name, x.link,
			 (unsigned long long)x.size, (unsigned)x.mode, x.uid,
			 x.gid, x.major, x.minor, (long long)x.mtime.tv_sec,
			 x.mtime.tv_nsec, x.is_sparse);
		while (r->xattr(r->ctx, &name, &value, &n))
			str_addf(out, "%s=%.*s ", name, (int)n,
				 (const char *)value);
		/* Content that is not asked for is passed over. */
		if (x.mtime.tv_sec % 2 == 0 && add_content(r, out, e))
			return -1;
		str_addc(out, '\n');
	}
	return got;
}

static int by_lib(const struct str *archive, struct str *out, struct err *e)
{
	struct bytes b = { .s = archive, .step = archive->len };
	AUTO(tarlib) struct tarlib *r = tarlib_new(TARLIB_BEGIN, next, &b);
	struct entries all = { lib_next, lib_data, lib_xattr, r };
	int rc = describe(&all, out, e);

	free(b.piece);
	return rc;
}

static int by_us(const struct str *archive, size_t step, struct str *out,
		 struct err *e)
{
	struct bytes b = { .s = archive, .step = step };
	AUTO(tarread) struct tarread *r = tarread_new(next, &b);
	struct entries all = tarread_entries(r);
	int rc = describe(&all, out, e);

	free(b.piece);
	return rc;
}

/* A difference is told. */
static bool is_same(const struct str *archive, size_t step)
{
	AUTO(str) struct str want = { 0 };
	AUTO(str) struct str got = { 0 };
	struct err we = { 0 };
	struct err ge = { 0 };
	int w = by_lib(archive, &want, &we);
	int g = by_us(archive, step, &got, &ge);

	if (w == g && we.kind == ge.kind &&
	    (w || (want.len == got.len &&
		   !memcmp(str_text(&want), str_text(&got), want.len))))
		return true;
	printf("# libarchive: %d %s %s\n# we: %d %s %s\n", w, we.msg,
	       str_text(&want), g, ge.msg, str_text(&got));
	return false;
}

/* In this order, with others before and behind, each changed somewhere. */
static const struct mktar plain[] = {
	{ '0', "dir/file", NULL, "content", 0, 0 },
	{ '0', "empty", NULL, NULL, 0, 1 },
	{ '1', "hard", "first", NULL, 0, 0 },
	{ '2', "sym", "../to", NULL, 0, 3 },
	{ '5', "dir/", NULL, NULL, 0, 1700000000 },
};

static void set_gnu(char *header)
{
	memcpy(header + 257, "ustar  ", 8);
	mktar_checksum(header);
}

static void set_prefix(char *header)
{
	memcpy(header + 345, "a/prefix", 8);
	mktar_checksum(header);
}

static bool is_plain(const char *header)
{
	struct tarplain t;
	struct entry x;

	return tarplain_read(header, &t, &x);
}

static void all_plain(void (*change)(char *header), const char *what)
{
	for (size_t i = 0; i < ARRAY_SIZE(plain); i++) {
		AUTO(str) struct str s = { 0 };

		mktar_add(&s, &plain[i]);
		if (change)
			change(s.p);
		ok(is_plain(s.p), "%s, '%s' is plain", what, plain[i].name);
	}
}

/* Every byte of a header to each of some values. */
static void mutate(const struct mktar *m, void (*change)(char *header),
		   const char *what)
{
	static const char values[] = { 0,   ' ', '0', '1',    '7',
				       '8', '/', 'x', '\x80', '\xff' };
	static const struct mktar first = MK_FILE("first", "1");
	static const struct mktar last = MK_FILE("last", "2");
	AUTO(str) struct str s = { 0 };
	unsigned n_plain = 0;
	bool same = true;

	mktar_add(&s, &first);
	size_t at = s.len;

	mktar_add(&s, m);
	mktar_add(&s, &last);
	if (change)
		change(s.p + at);
	for (size_t i = 0; i < TARPLAIN_BLOCK && same; i++) {
		char was[TARPLAIN_BLOCK];

		memcpy(was, s.p + at, sizeof(was));
		for (size_t k = 0; k < ARRAY_SIZE(values) && same; k++) {
			s.p[at + i] = values[k];
			if (i < 148 || i >= 156)
				mktar_checksum(s.p + at);
			n_plain += is_plain(s.p + at);
			same = is_same(&s, s.len);
			if (!same)
				printf("# byte %zu is %d\n", i, values[k]);
		}
		memcpy(s.p + at, was, sizeof(was));
	}
	ok(same, "%s, '%s', with each byte changed", what, m->name);
	ok(n_plain > 300, "%u of these are plain", n_plain);
}

/* Names without room for a NUL. */
static void full(void)
{
	static const struct mktar m = MK_SYM("x", "y");
	AUTO(str) struct str s = { 0 };

	mktar_add(&s, &m);
	memset(s.p, 'n', TARPLAIN_NAME);
	memset(s.p + 157, 'l', TARPLAIN_NAME);
	memset(s.p + 345, 'p', TARPLAIN_PREFIX);
	mktar_checksum(s.p);
	ok(is_plain(s.p) && is_same(&s, s.len), "names that fill their fields");
}

/* Plain ones between others, cut anywhere, by steps of many sizes. */
static void mixed(void)
{
	static const struct mktar all[] = {
		MK_FILE("a", "1"),
		MK_LONG("a long name"),
		MK_FILE("x", "22"),
		{ '1', "ignored", "a", "333", 0, 0 },
		MK_DIR("d/"),
		MK_PAX("path=pax\nSCHILY.xattr.user.a=b\nmtime=7.5\n"),
		MK_FILE("x", "4444"),
		MK_FILE("e", "55555"),
		MK_CHAR("c"),
		{ '1', "filled", "a", "666666", 0, 0 },
		{ '7', "f", NULL, "7777777", 0, 0 },
		MK_FILE("g", ""),
	};
	AUTO(str) struct str s = { 0 };
	bool same = true;

	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		mktar_add(&s, &all[i]);
	mktar_end(&s);
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++)
		ok(is_same(&s, steps[i]), "all kinds, by %zu", steps[i]);
	for (size_t len = s.len; s.len && same; s.len = --len)
		same = is_same(&s, 700);
	ok(same, "cut anywhere");
}

int main(void)
{
	static const struct {
		void (*change)(char *header);
		const char *what;
	} kinds[] = {
		{ NULL, "POSIX" },
		{ set_gnu, "GNU" },
		{ set_prefix, "prefix" },
	};

	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
		all_plain(kinds[k].change, kinds[k].what);
		for (size_t i = 0; i < ARRAY_SIZE(plain); i++)
			mutate(&plain[i], kinds[k].change, kinds[k].what);
	}
	full();
	mixed();
	return tap_done();
}
