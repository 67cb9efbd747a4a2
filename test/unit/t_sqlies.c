/* t_sqlies.c - tests of squash/: images that lie, and images that are spoilt.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Those of sqfslies.h, read at random. What can't be is an error where it is
 * met; what is only unusual (another order, another type) is given out, since
 * a server that has no memory can't know. In no case is there a crash, an
 * endless loop, or a byte from outside of the image.
 */
#include "config.h"

#include "spoilt.h"
#include "sqfslies.h"
#include "sqtest.h"

/* What is read where it is no error; "*" stands for more of the like. */
#define ROOT "d . 755 0:0 77 0+0 0:0 |"
#define FILE_OF(n) "f " n " 755 0:0 77 0+0 0:0 "
#define LINK_OF(n, to) "s " n ">" to " 755 0:0 77 0+0 0:0 "
#define DIR_OF(n) "d " n " 755 0:0 77 0+0 0:0 "

// clang-format off
static const struct {
	const char *what;
	const char *lines;
} found[] = {
	{ "a file", ROOT "f a 755 0:0 77 8+3882 0:0 " },
	{ "an attribute", ROOT FILE_OF("a") "user.n=v" },
	{ "a name twice",
	  ROOT LINK_OF("a", "t") "|! a: not found|" FILE_OF("a") },
	{ "a link and a directory of one name",
	  ROOT LINK_OF("a", "/") "|! a: not found|" DIR_OF("a") "|"
	  FILE_OF("a/evil") },
	{ "names in another order",
	  ROOT FILE_OF("b") "|! a: not found|" FILE_OF("a") },
	{ "a directory in itself",
	  ROOT DIR_OF("a") "|" DIR_OF("a/a") "|" DIR_OF("a/a/a") "|*" },
	{ "a directory of two names", ROOT DIR_OF("a") "|" DIR_OF("b") },
	{ "another type",
	  ROOT "! a: another type or number|" LINK_OF("a", "t") },
	{ "a link that is said to be a directory",
	  ROOT "! a: another type or number|" LINK_OF("a", "/") },
	{ "the root is a file",
	  "! can't read image 'image': squashfs: its root is no directory" },
	{ "a block in the tables", ROOT "f a 755 0:0 77 10+1529 0:0 " },
	{ "too many sets", ROOT FILE_OF("a") "user.n=v" },
};

/* Where the names themselves are bad; else it is what is behind them. */
static const char *const bad_lists[] = {
	"a slash in a name", "a name that climbs", "an absolute name", "..",
	".", "a NUL in a name", "a long name", "a name is cut",
	"a header for too many names", "names outside",
};
// clang-format on

static const char *expected(const char *what)
{
	for (size_t i = 0; i < ARRAY_SIZE(found); i++) {
		if (!strcmp(found[i].what, what))
			return found[i].lines;
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad_lists); i++) {
		if (!strcmp(bad_lists[i], what))
			return ROOT "! ./: EIO";
	}
	return ROOT "! a: EIO";
}

static void read_bytes(const struct str *bytes, struct strlist *out)
{
	autofd int fd = memory();

	if (pwrite(fd, bytes->p, bytes->len, 512) != (ssize_t)bytes->len)
		abort();
	tour_image(fd, 512, bytes->len, out);
}

static void test_lies(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(lies); i++) {
		AUTO(strlist) struct strlist lines = { 0 };
		AUTO(image) struct image m = { 0 };
		AUTO(str) struct str bytes = { 0 };

		lies[i].make(&m);
		assemble(&m, &bytes);
		read_bytes(&bytes, &lines);
		autostr char *got = strlist_join(&lines, "|");
		const char *want = expected(lies[i].what);
		const char *star = strchr(want, '*');

		if (star)
			ok(!strncmp(got, want, (size_t)(star - want)), "%s",
			   lies[i].what);
		else
			is(got, want, lies[i].what);
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

/* What a byte is changed by, one bit or more at a time. */
static const unsigned char values[] = { 0x01, 0x80, 0xff };

/* One byte of the image to other values: there is an end to it, with an error
 * or without. */
static void spoil(struct str *bytes, size_t at, const char *what,
		  size_t *n_good, size_t *n_bad)
{
	char old = bytes->p[at];

	for (size_t k = 0; k < ARRAY_SIZE(values); k++) {
		AUTO(strlist) struct strlist lines = { 0 };
		bool is_bad = false;

		bytes->p[at] = (char)(old ^ values[k]);
		read_bytes(bytes, &lines);
		for (size_t i = 0; i < lines.n; i++)
			is_bad = is_bad || lines.v[i][0] == '!';
		++*(is_bad ? n_bad : n_good);
		if (!lines.n)
			ok(false, "%s: byte %zu: nothing", what, at);
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
		ok(n_bad > 3 * 40, "%s: %zu good, %zu bad", lies[i].what,
		   n_good, n_bad);
	}
}

int main(void)
{
	test_lies();
	test_spoilt_by_hand();
	spoilt_images(items, ARRAY_SIZE(items), spoil, ARRAY_SIZE(values));
	return tap_done();
}
