/* mksqfs.h - a squashfs image byte by byte, without compression, so that it can
 * say anything.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TEST_MKSQFS_H
#define TEST_MKSQFS_H

#include "base/str.h"
#include "le.h"

/* An image under construction. Tables are one block each,
 * but that of inodes. */
struct image {
	struct str data, inodes, names, fragments, sets, pairs;
	uint32_t n_fragments, n_sets;
	uint64_t root;
	uint32_t n_ids;
};

static void put(struct str *s, uint64_t v, size_t n)
{
	unsigned char bytes[8];

	le_put(bytes, n, v);
	str_addn(s, (const char *)bytes, n);
}

static void image_clear(struct image *m)
{
	str_clear(&m->data);
	str_clear(&m->inodes);
	str_clear(&m->names);
	str_clear(&m->fragments);
	str_clear(&m->sets);
	str_clear(&m->pairs);
}
AUTO_DEFINE(image, struct image, image_clear)

/* The common part of an inode; its reference. */
static uint64_t inode(struct image *m, unsigned type, unsigned owner)
{
	uint64_t ref = m->inodes.len;

	put(&m->inodes, type, 2);
	put(&m->inodes, 0755, 2);
	put(&m->inodes, owner, 2);
	put(&m->inodes, 0, 2);
	put(&m->inodes, 77, 4);
	put(&m->inodes, ref + 1, 4);
	return ref;
}

/* A file: its tail is in a fragment unless that is UINT32_MAX. */
static uint64_t file(struct image *m, uint64_t start, uint32_t fragment,
		     uint32_t offset, uint32_t size)
{
	uint64_t ref = inode(m, 2, 0);

	put(&m->inodes, start, 4);
	put(&m->inodes, fragment, 4);
	put(&m->inodes, offset, 4);
	put(&m->inodes, size, 4);
	return ref;
}

static uint64_t file_ext(struct image *m, uint64_t start, uint64_t size,
			 uint32_t links, uint32_t set)
{
	uint64_t ref = inode(m, 9, 0);

	put(&m->inodes, start, 8);
	put(&m->inodes, size, 8);
	put(&m->inodes, 0, 8);
	put(&m->inodes, links, 4);
	put(&m->inodes, UINT32_MAX, 4);
	put(&m->inodes, 0, 4);
	put(&m->inodes, set, 4);
	return ref;
}

static uint64_t symlink_to(struct image *m, const char *target, uint32_t n)
{
	uint64_t ref = inode(m, 3, 0);

	put(&m->inodes, 1, 4);
	put(&m->inodes, n, 4);
	str_add(&m->inodes, target);
	return ref;
}

/* A directory whose names stand at AT, LEN bytes of them. */
static uint64_t dir(struct image *m, size_t at, size_t len)
{
	uint64_t ref = inode(m, 8, 0);

	put(&m->inodes, 2, 4);
	put(&m->inodes, len + 3, 4);
	put(&m->inodes, 0, 4);
	put(&m->inodes, 1, 4);
	put(&m->inodes, 0, 2);
	put(&m->inodes, at, 2);
	put(&m->inodes, UINT32_MAX, 4);
	return ref;
}

/* A header for N names. */
static void header(struct image *m, uint32_t n)
{
	put(&m->names, n - 1, 4);
	put(&m->names, 0, 4);
	put(&m->names, 1, 4);
}

static void name(struct image *m, const char *text, size_t n, uint64_t ref,
		 unsigned type)
{
	put(&m->names, ref, 2);
	put(&m->names, ref, 2);
	put(&m->names, type, 2);
	put(&m->names, n - 1, 2);
	str_addn(&m->names, text, n);
}

static void plain_block(struct str *out, const struct str *s)
{
	put(out, s->len | 0x8000, 2);
	str_addn(out, s->p, s->len);
}

/* S as a table of many blocks. */
static void plain_blocks(struct str *out, const struct str *s)
{
	for (size_t at = 0; at < s->len; at += 8192) {
		size_t left = s->len - at;
		struct str some = { s->p + at, left < 8192 ? left : 8192, 0 };

		plain_block(out, &some);
	}
}

/* The reference of the inode at AT. */
static uint64_t ref_of(uint64_t at)
{
	return at / 8192 * 8194 << 16 | at % 8192;
}

/* The whole image. */
static void assemble(const struct image *m, struct str *out)
{
	static const char owners[1024];
	size_t at;

	str_add(out, "hsqs");
	put(out, 100, 4);
	put(out, 5, 4);
	put(out, 4096, 4);
	put(out, m->n_fragments, 4);
	put(out, 6, 2);
	put(out, 12, 2);
	put(out, 0, 2);
	put(out, m->n_ids ? m->n_ids : 2, 2);
	put(out, 4, 2);
	put(out, 0, 2);
	put(out, ref_of(m->root), 8);
	for (int i = 0; i < 7; i++)
		put(out, UINT64_MAX, 8);
	str_addn(out, m->data.p, m->data.len);
	le_put(out->p + 64, 8, out->len);
	plain_blocks(out, &m->inodes);
	le_put(out->p + 72, 8, out->len);
	plain_block(out, &m->names);
	if (m->n_fragments) {
		at = out->len;
		plain_block(out, &m->fragments);
		le_put(out->p + 80, 8, out->len);
		put(out, at, 8);
	}
	at = out->len;
	put(out, 0x8008, 2);
	str_addn(out, owners, 8);
	le_put(out->p + 48, 8, out->len);
	put(out, at, 8);
	if (m->n_sets) {
		uint64_t pairs = out->len;

		plain_block(out, &m->pairs);
		at = out->len;
		plain_block(out, &m->sets);
		le_put(out->p + 56, 8, out->len);
		put(out, pairs, 8);
		put(out, m->n_sets, 4);
		put(out, 0, 4);
		put(out, at, 8);
	}
	le_put(out->p + 40, 8, out->len);
}

#endif
