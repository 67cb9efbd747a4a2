/* t_sqfsread.c - tests of layer/sqfsread.c and what it is made of: images that
 * lie.
 * SPDX-License-Identifier: Apache-2.0
 *
 * That images of ours are read as they were meant is t_sqfswrite's to test.
 * Here they are made byte by byte (sqfslies.h) or spoilt.
 */
#include "config.h"

#include "spoilt.h"
#include "sqfslies.h"
#include "sqfstest.h"

/* Read the image BYTES, from somewhere in a file. */
static void read_bytes(const struct str *bytes, struct strlist *out,
		       struct err *e)
{
	autofd int fd = memory();

	if (pwrite(fd, bytes->p, bytes->len, 512) != (ssize_t)bytes->len)
		abort();
	AUTO(sqfsread)
	struct sqfsread *s = sqfsread_new(fd, 512, bytes->len, e);

	if (s)
		read_all(s, out, e);
	if (s && !e->kind) {
		AUTO(str) struct str text = { 0 };
		struct err ignored = { 0 };

		/* It must only not crash. */
		if (sqfsread_file(s, "a", 1000, &text, &ignored))
			return;
	}
}

static void test_lies(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(lies); i++) {
		AUTO(strlist) struct strlist lines = { 0 };
		AUTO(image) struct image m = { 0 };
		AUTO(str) struct str bytes = { 0 };
		struct err e = { 0 };
		const char *p;

		lies[i].make(&m);
		assemble(&m, &bytes);
		read_bytes(&bytes, &lines, &e);
		p = strstr(e.msg, "squashfs image: ");
		is(p              ? p + 16
		   : lines.n == 2 ? lines.v[1]
				  : e.msg,
		   lies[i].text, lies[i].what);
	}
}

static void test_content(void)
{
	static const struct {
		const char *path;
		size_t max;
		enum err_kind kind;
		const char *text;
	} cases[] = {
		{ "a", 100, ERR_NONE, "fragment" },
		{ "/a/", 8, ERR_NONE, "fragment" },
		{ "a", 7, ERR_LIMIT, NULL },
		{ "b", 100, ERR_NOTFOUND, NULL },
		{ "a/b", 100, ERR_NOTFOUND, NULL },
		{ "", 100, ERR_NOTFOUND, NULL },
		{ ".", 100, ERR_NOTFOUND, NULL },
	};
	AUTO(image) struct image m = { 0 };
	AUTO(str) struct str bytes = { 0 };
	autofd int fd = memory();
	struct err e = { 0 };

	a_file(&m);
	assemble(&m, &bytes);
	if (pwrite(fd, bytes.p, bytes.len, 0) < 0)
		abort();
	AUTO(sqfsread) struct sqfsread *s = sqfsread_new(fd, 0, bytes.len, &e);

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO(str) struct str text = { 0 };

		e = (struct err){ 0 };
		str_add(&text, ">");
		if (!sqfsread_file(s, cases[i].path, cases[i].max, &text, &e))
			is(text.p + 1, cases[i].text, cases[i].path);
		is_num(e.kind, cases[i].kind, cases[i].path);
	}
}

/* A file of blocks of one byte and holes, in turns. */
static void test_extents(void)
{
	enum { BLOCKS = 2 * ENTRY_EXTENTS_MAX + 100 };
	AUTO(image) struct image m = { 0 };
	AUTO(str) struct str bytes = { 0 };
	autofd int fd = memory();
	struct err e = { 0 };
	struct entry x;

	file_ext(&m, 96, (uint64_t)BLOCKS * 4096, 1, UINT32_MAX);
	for (size_t i = 0; i < BLOCKS; i += 2) {
		str_addc(&m.data, 'x');
		put(&m.inodes, 0x1000001, 4);
		put(&m.inodes, 0, 4);
	}
	only(&m, 0, 2);
	assemble(&m, &bytes);
	if (pwrite(fd, bytes.p, bytes.len, 0) < 0)
		abort();
	AUTO(sqfsread) struct sqfsread *s = sqfsread_new(fd, 0, bytes.len, &e);
	struct entries r = sqfsread_entries(s);

	ok(r.next(r.ctx, &x, &e) == 1 && r.next(r.ctx, &x, &e) == 1,
	   "many extents: %s", e.msg);
	is_num((long long)x.n_extents, ENTRY_EXTENTS_MAX, "as many as can be");
	const struct extent *last = &x.extents[x.n_extents - 1];

	is_num((long long)(last->at + last->n), (long long)x.size,
	       "the last one reaches to the end");
	is_num((long long)last->at, (ENTRY_EXTENTS_MAX - 1) * 8192LL,
	       "and begins where it should");
}

/* The image says that it has another compressor. */
static void compressor(struct str *bytes, char id, const char *message)
{
	AUTO(strlist) struct strlist lines = { 0 };
	struct err e = { 0 };

	bytes->p[20] = id;
	read_bytes(bytes, &lines, &e);
	is(e.msg, message, "a compressor that can't be");
	is_num(e.kind, ERR_UNSUPPORTED, "its kind");
}

static void test_socket(void)
{
	AUTO(image) struct image m = { 0 };
	AUTO(str) struct str bytes = { 0 };
	autofd int fd = memory();
	struct err e = { 0 };
	struct entry x;
	uint64_t ref = inode(&m, 7, 0);

	put(&m.inodes, 1, 4);
	only(&m, ref, 7);
	assemble(&m, &bytes);
	if (pwrite(fd, bytes.p, bytes.len, 0) < 0)
		abort();
	AUTO(sqfsread) struct sqfsread *s = sqfsread_new(fd, 0, bytes.len, &e);
	struct entries r = sqfsread_entries(s);

	ok(r.next(r.ctx, &x, &e) == 1 && r.next(r.ctx, &x, &e) == 0,
	   "a socket is no entry");
	is_num((long long)sqfsread_sockets(s), 1, "it is counted");
}

/* Three names of a file that says that it has two; one byte of memory less than
 * the first name takes. */
static void test_links(void)
{
	AUTO(image) struct image m = { 0 };
	AUTO(str) struct str bytes = { 0 };
	AUTO(strlist) struct strlist lines = { 0 };
	AUTO(strlist) struct strlist few = { 0 };
	autofd int fd = memory();
	struct err e = { 0 };

	file_ext(&m, 0, 0, 2, UINT32_MAX);
	header(&m, 3);
	for (const char *p = "abc"; *p; p++)
		name(&m, p, 1, 0, 2);
	m.root = dir(&m, 0, m.names.len);
	assemble(&m, &bytes);
	read_bytes(&bytes, &lines, &e);
	autostr char *got = strlist_join(&lines, "|");

	is(e.msg, "", "links");
	ok(lines.n == 4 && lines.v[1][0] == 'f' && !strcmp(lines.v[2], "h b=a") &&
		   lines.v[3][0] == 'f',
	   "a link for each that there can be: %s", got);
	if (pwrite(fd, bytes.p, bytes.len, 0) < 0)
		abort();
	AUTO(sqfsread) struct sqfsread *s = sqfsread_new(fd, 0, bytes.len, &e);

	sqfsread_limit(s, 1);
	read_all(s, &few, &e);
	is(e.msg,
	   "'a': squashfs image: more than 1 bytes in the names of files that "
	   "have others",
	   "no memory for names");
	is_num(e.kind, ERR_LIMIT, "it is a limit");
}

/* Errors of a listing say whose it is. */
static void test_listing(void)
{
	AUTO(image) struct image m = { 0 };
	AUTO(str) struct str bytes = { 0 };
	AUTO(strlist) struct strlist lines = { 0 };
	struct err e = { 0 };
	uint64_t sub;
	size_t at;

	header(&m, 2);
	name(&m, "b", 1, 0, 2);
	name(&m, "a", 1, 0, 2);
	file(&m, 0, UINT32_MAX, 0, 0);
	sub = dir(&m, 0, m.names.len);
	at = m.names.len;
	header(&m, 1);
	name(&m, "sub", 3, sub, 1);
	m.root = dir(&m, at, m.names.len - at);
	assemble(&m, &bytes);
	read_bytes(&bytes, &lines, &e);
	is(e.msg, "'sub': squashfs image: a directory has 'a' behind 'b'",
	   "the directory is named");
}

static void test_start(void)
{
	AUTO(image) struct image m = { 0 };
	AUTO(str) struct str bytes = { 0 };
	size_t n_bad = 0;

	a_file(&m);
	assemble(&m, &bytes);
	for (size_t n = 0; n < bytes.len; n++) {
		AUTO(strlist) struct strlist lines = { 0 };
		struct str some = { bytes.p, n, 0 };
		struct err e = { 0 };

		read_bytes(&some, &lines, &e);
		n_bad += e.kind == ERR_FORMAT && !lines.n;
	}
	is_num((long long)n_bad, (long long)bytes.len,
	       "cut anywhere it is no image");
	/* lzo is one that libsquashfs does not have. */
	compressor(&bytes, 3,
		   "squashfs image: its compressor 'lzo' is not built in");
	compressor(&bytes, 2,
		   "squashfs image: its compressor 'lzma' is not supported; "
		   "unpack it with unsquashfs");
}

/* What entries were given is inside of the tree, whatever was spoilt. A line
 * begins with a type and a name. */
static void check_inside(const struct strlist *lines, const char *what,
			 size_t at)
{
	for (size_t i = 0; i < lines->n; i++) {
		const char *name = strchr(lines->v[i], ' ');

		if (!name || name[1] == '/' || strstr(name, " ../") ||
		    strstr(name, "/../") || strstr(name, "//"))
			ok(false, "%s: byte %zu: %s", what, at, lines->v[i]);
	}
}

/* What a byte is changed by, one bit or more at a time. */
static const unsigned char values[] = { 0x01, 0x80, 0xff, 0x10, 0x7f };

/* Every byte of the image to other values: there is an end to it, with an error
 * or without. */
static void spoil(struct str *bytes, size_t at, const char *what,
		  size_t *n_good, size_t *n_bad)
{
	char old = bytes->p[at];

	for (size_t k = 0; k < ARRAY_SIZE(values); k++) {
		AUTO(strlist) struct strlist lines = { 0 };
		struct err e = { 0 };

		bytes->p[at] = (char)(old ^ values[k]);
		read_bytes(bytes, &lines, &e);
		++*(e.kind ? n_bad : n_good);
		check_inside(&lines, what, at);
		if (e.kind && e.kind != ERR_FORMAT &&
		    e.kind != ERR_UNSUPPORTED && e.kind != ERR_LIMIT)
			ok(false, "%s: byte %zu: %s", what, at, e.msg);
		bytes->p[at] = old;
	}
}

static void test_spoilt_by_hand(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(lies); i++) {
		AUTO(image) struct image m = { 0 };
		AUTO(str) struct str bytes = { 0 };
		size_t n_good = 0, n_bad = 0;

		lies[i].make(&m);
		assemble(&m, &bytes);
		for (size_t at = 0; at < bytes.len; at++)
			spoil(&bytes, at, lies[i].what, &n_good, &n_bad);
		/* Places of tables, if nothing else. */
		ok(n_bad > 5 * 40, "%s: %zu good, %zu bad",
		   lies[i].what, n_good, n_bad);
	}
}

// clang-format off
static const struct item items[] = {
	{ 'd', "a", .mode = 0755, .xattrs = "user.x=1" },
	{ 'f', "a/f", "hello", .mode = 0644, .xattrs = "user.x=2" },
	{ 'f', "a/long", NULL, 20000, 2, 0644 },
	{ 'f', "hole", NULL, 50000, 7, 0644, .extents = { { 9000, 20 } } },
	{ 's', "link", "a/f", .mode = 0777 },
	{ 'h', "z-f", "a/f" },
	{ 'p', "fifo", .mode = 0620, .uid = 5 },
	{ 'c', "null", .mode = 0666, .major = 1, .minor = 3 },
};
// clang-format on

int main(void)
{
	AUTO(strlist) struct strlist all = { 0 };

	sqfswrite_compressors(&all);
	if (!all.n) {
		struct err e = { 0 };

		ok(!sqfsread_new(-1, 0, 0, &e) && e.kind == ERR_UNSUPPORTED,
		   "%s", e.msg);
		return tap_done();
	}
	test_lies();
	test_content();
	test_socket();
	test_links();
	test_listing();
	test_extents();
	test_start();
	test_spoilt_by_hand();
	spoilt_images(items, ARRAY_SIZE(items), spoil, ARRAY_SIZE(values));
	return tap_done();
}
