/* sqfslies.h - images that lie, each in its own way, and what is said of them.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TEST_SQFSLIES_H
#define TEST_SQFSLIES_H

#include "mksqfs.h"

#include <string.h>

/* One name "a" in the root for REF of TYPE, with TEXT of N bytes instead of "a"
 * if it is given. */
static void only(struct image *m, uint64_t ref, unsigned type)
{
	header(m, 1);
	name(m, "a", 1, ref, type);
	m->root = dir(m, 0, m->names.len);
}

static void named(struct image *m, const char *text, size_t n)
{
	uint64_t ref = file(m, 0, UINT32_MAX, 0, 0);

	header(m, 1);
	name(m, text, n, ref, 2);
	m->root = dir(m, 0, m->names.len);
}

static void a_file(struct image *m)
{
	str_add(&m->data, "hello, fragment");
	m->n_fragments = 1;
	put(&m->fragments, 96, 8);
	put(&m->fragments, m->data.len | 0x1000000, 4);
	put(&m->fragments, 0, 4);
	only(m, file(m, 96, 0, 7, 8), 2);
}

static void a_pair(struct image *m)
{
	m->n_sets = 1;
	put(&m->sets, 0, 8);
	put(&m->sets, 1, 4);
	put(&m->sets, 13, 4);
	put(&m->pairs, 0, 2);
	put(&m->pairs, 1, 2);
	str_add(&m->pairs, "n");
	put(&m->pairs, 1, 4);
	str_add(&m->pairs, "v");
	only(m, file_ext(m, 0, 0, 1, 0), 2);
}

static void slash(struct image *m)
{
	named(m, "x/y", 3);
}

static void climbing(struct image *m)
{
	named(m, "../../evil", 10);
}

static void absolute(struct image *m)
{
	named(m, "/evil", 5);
}

static void dot_dot(struct image *m)
{
	named(m, "..", 2);
}

static void dot(struct image *m)
{
	named(m, ".", 1);
}

static void nul(struct image *m)
{
	named(m, "x\0y", 3);
}

static void long_name(struct image *m)
{
	char text[256];

	memset(text, 'x', sizeof(text));
	named(m, text, 256);
}

static void twice(struct image *m)
{
	uint64_t ref = file(m, 0, UINT32_MAX, 0, 0);
	uint64_t link = symlink_to(m, "t", 1);

	header(m, 2);
	name(m, "a", 1, link, 3);
	name(m, "a", 1, ref, 2);
	m->root = dir(m, 0, m->names.len);
}

/* What would be written through a link if names were only put together. */
static void link_and_dir(struct image *m)
{
	uint64_t inside = file(m, 0, UINT32_MAX, 0, 0);
	uint64_t link = symlink_to(m, "/", 1);
	uint64_t below;
	size_t at;

	header(m, 1);
	name(m, "evil", 4, inside, 2);
	below = dir(m, 0, m->names.len);
	at = m->names.len;
	header(m, 2);
	name(m, "a", 1, link, 3);
	name(m, "a", 1, below, 1);
	m->root = dir(m, at, m->names.len - at);
}

static void descending(struct image *m)
{
	uint64_t ref = file(m, 0, UINT32_MAX, 0, 0);

	header(m, 2);
	name(m, "b", 1, ref, 2);
	name(m, "a", 1, ref, 2);
	m->root = dir(m, 0, m->names.len);
}

static void itself(struct image *m)
{
	only(m, 0, 1);
}

static void two_names(struct image *m)
{
	uint64_t ref = dir(m, 0, 0);

	header(m, 2);
	name(m, "a", 1, ref, 1);
	name(m, "b", 1, ref, 1);
	m->root = dir(m, 0, m->names.len);
}

static void another_type(struct image *m)
{
	only(m, symlink_to(m, "t", 1), 2);
}

static void link_as_dir(struct image *m)
{
	only(m, symlink_to(m, "/", 1), 1);
}

static void root_is_file(struct image *m)
{
	m->root = file(m, 0, UINT32_MAX, 0, 0);
	header(m, 1);
}

static void cut_name(struct image *m)
{
	named(m, "abcdef", 6);
	m->root = dir(m, 0, m->names.len - 3);
}

static void huge_header(struct image *m)
{
	uint64_t ref = file(m, 0, UINT32_MAX, 0, 0);

	header(m, 0);
	name(m, "a", 1, ref, 2);
	m->root = dir(m, 0, m->names.len);
}

static void names_outside(struct image *m)
{
	named(m, "a", 1);
	m->root = dir(m, 8000, 60000);
}

static void inode_outside(struct image *m)
{
	only(m, 5000, 2);
}

static void bad_type(struct image *m)
{
	only(m, inode(m, 15, 0), 2);
}

static void bad_owner(struct image *m)
{
	inode(m, 2, 9);
	only(m, 0, 2);
}

static void long_symlink(struct image *m)
{
	only(m, symlink_to(m, "t", 0xfffffff0), 3);
}

static void empty_symlink(struct image *m)
{
	only(m, symlink_to(m, "", 0), 3);
}

static void huge_file(struct image *m)
{
	only(m, file_ext(m, 96, UINT64_C(1) << 62, 1, UINT32_MAX), 2);
}

static void negative_file(struct image *m)
{
	only(m, file_ext(m, 96, UINT64_MAX, 1, UINT32_MAX), 2);
}

static void many_blocks(struct image *m)
{
	only(m, file(m, 96, UINT32_MAX, 0, 0x400000), 2);
}

static void block_outside(struct image *m)
{
	uint64_t ref = file(m, 4000000000, UINT32_MAX, 0, 10);

	put(&m->inodes, 10 | 0x1000000, 4);
	only(m, ref, 2);
}

static void block_in_table(struct image *m)
{
	uint64_t ref = file(m, 96, UINT32_MAX, 0, 10);

	put(&m->inodes, 10 | 0x1000000, 4);
	only(m, ref, 2);
}

static void short_block(struct image *m)
{
	uint64_t ref = file(m, 96, UINT32_MAX, 0, 10);

	str_add(&m->data, "0123456789");
	put(&m->inodes, 9 | 0x1000000, 4);
	only(m, ref, 2);
}

static void big_block(struct image *m)
{
	uint64_t ref = file(m, 96, UINT32_MAX, 0, 10);

	put(&m->inodes, 0xffffff, 4);
	only(m, ref, 2);
}

static void garbage_block(struct image *m)
{
	uint64_t ref = file(m, 96, UINT32_MAX, 0, 10);

	str_add(&m->data, "0123456789");
	put(&m->inodes, 10, 4);
	only(m, ref, 2);
}

static void fragment_number(struct image *m)
{
	only(m, file(m, 96, 1, 0, 8), 2);
}

static void fragment_past_end(struct image *m)
{
	a_file(m);
	m->names.len = 0;
	only(m, file(m, 96, 0, 8, 8), 2);
}

static void fragment_offset(struct image *m)
{
	a_file(m);
	m->names.len = 0;
	only(m, file(m, 96, 0, 0xfffffffe, 8), 2);
}

static void set_number(struct image *m)
{
	a_pair(m);
	m->names.len = 0;
	only(m, file_ext(m, 0, 0, 1, 1), 2);
}

static void many_sets(struct image *m)
{
	a_pair(m);
	m->n_sets = UINT32_MAX;
}

static void many_pairs(struct image *m)
{
	a_pair(m);
	m->sets.p[8] = m->sets.p[9] = m->sets.p[10] = m->sets.p[11] = -1;
}

static void huge_value(struct image *m)
{
	a_pair(m);
	memset(m->pairs.p + 5, 0xff, 4);
}

static void pair_elsewhere(struct image *m)
{
	a_pair(m);
	m->pairs.p[1] = 1;
	put(&m->pairs, 0xffffffffff, 8);
}

// clang-format off
static const struct {
	const char *what;
	void (*make)(struct image *m);
	const char *text; /* of the error, or the line for "a" */
} lies[] = {
	{ "a file", a_file, "f a 755 0:0 77 8+3882 0:0 " },
	{ "an attribute", a_pair, "f a 755 0:0 77 0+0 0:0 user.n=v" },
	{ "a slash in a name", slash, "a name that can't be: 'x/y'" },
	{ "a name that climbs", climbing, "a name that can't be: '../../evil'" },
	{ "an absolute name", absolute, "a name that can't be: '/evil'" },
	{ "..", dot_dot, "a name that can't be: '..'" },
	{ ".", dot, "a name that can't be: '.'" },
	{ "a NUL in a name", nul, "a name that can't be: 'x'" },
	{ "a long name", long_name, "a name of 256 bytes" },
	{ "a name twice", twice, "a directory has 'a' behind 'a'" },
	{ "a link and a directory of one name", link_and_dir,
	  "a directory has 'a' behind 'a'" },
	{ "names in another order", descending,
	  "a directory has 'a' behind 'b'" },
	{ "a directory in itself", itself, "a directory has two names" },
	{ "a directory of two names", two_names, "a directory has two names" },
	{ "another type", another_type,
	  "directory and inode disagree about its type" },
	{ "a link that is said to be a directory", link_as_dir,
	  "directory and inode disagree about its type" },
	{ "the root is a file", root_is_file, "its root is no directory" },
	{ "a name is cut", cut_name,
	  "a directory ends in the middle of a name" },
	{ "a header for too many names", huge_header,
	  "expected a directory header for up to 256 names, found one for "
	  "4294967296" },
	{ "names outside", names_outside,
	  "it points outside of itself or of a table" },
	{ "an inode outside", inode_outside,
	  "it points outside of itself or of a table" },
	{ "an unknown type", bad_type, "an inode of unknown type 15" },
	{ "an unknown owner", bad_owner, "owner 9 of 2" },
	{ "a long symlink", long_symlink,
	  "expected a symlink of 1 to 4095 bytes, found one of 4294967280" },
	{ "an empty symlink", empty_symlink,
	  "expected a symlink of 1 to 4095 bytes, found one of 0" },
	{ "a huge file", huge_file,
	  "a file of 1125899906842624 blocks, which it can't have" },
	{ "a negative file", negative_file,
	  "a file of 18446744073709551615 bytes" },
	{ "more blocks than are listed", many_blocks,
	  "it points outside of itself or of a table" },
	{ "a block outside", block_outside, "a block outside of it" },
	{ "a block in the tables", block_in_table, "a block outside of it" },
	{ "a short block", short_block,
	  "expected a block of 10 bytes, found 9" },
	{ "a big block", big_block, "a block outside of it" },
	{ "garbage in a block", garbage_block,
	  "a block can't be decompressed" },
	{ "a fragment that isn't there", fragment_number, "fragment 1 of 0" },
	{ "the end of a fragment", fragment_past_end,
	  "the end of a file is outside of its fragment" },
	{ "behind a fragment", fragment_offset,
	  "the end of a file is outside of its fragment" },
	{ "a set that isn't there", set_number, "set 1 of 1 of attributes" },
	{ "too many sets", many_sets,
	  "4294967295 sets of attributes, which it can't have" },
	{ "too many pairs", many_pairs,
	  "an attribute with a name of 0 bytes" },
	{ "a huge value", huge_value, "an attribute of 4294967295 bytes" },
	{ "a value elsewhere", pair_elsewhere,
	  "it points outside of itself or of a table" },
};
// clang-format on

#endif
