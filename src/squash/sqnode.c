/* sqnode.c - one inode of a squashfs image.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The layouts are those of the kernel's fs/squashfs/squashfs_fs.h; the first 16
 * bytes are the same in all of them.
 */
#include "config.h"

#include "squash/sqnode.h"

#include "format/bytes.h"
#include "squash/sqimage.h"
#include "squash/sqmeta.h"

#include <sys/stat.h>

#define BASE_BYTES 16
#define EXTENDED 7 /* types 8 to 14 are 1 to 7 with more fields */
#define SPECIAL_MODE 07777
#define DOTS_BYTES 3 /* of a directory's size, for "." and ".." not listed */

static int read_file(struct sqmeta *m, struct sqnode *n)
{
	const unsigned char *p;
	int error = sqmeta_take(m, 16, &p);

	if (error)
		return error;
	n->data = bytes_get32(p);
	n->fragment = bytes_get32(p + 4);
	n->tail = bytes_get32(p + 8);
	n->size = bytes_get32(p + 12);
	n->used = n->size;
	n->n_links = 1;
	return 0;
}

static int read_file_extended(struct sqmeta *m, struct sqnode *n)
{
	const unsigned char *p;
	int error = sqmeta_take(m, 40, &p);
	uint64_t holes;

	if (error)
		return error;
	n->data = bytes_get64(p);
	n->size = bytes_get64(p + 8);
	holes = bytes_get64(p + 16);
	n->n_links = bytes_get32(p + 24);
	n->fragment = bytes_get32(p + 28);
	n->tail = bytes_get32(p + 32);
	n->xattrs = bytes_get32(p + 36);
	n->used = holes < n->size ? n->size - holes : 0;
	return n->size > INT64_MAX ? -EIO : 0;
}

/* BLOCK counts from the table's start. */
static void set_names(struct sqnode *n, uint32_t size, uint32_t block,
		      uint32_t offset)
{
	n->size = size < DOTS_BYTES ? 0 : size - DOTS_BYTES;
	n->list = (struct sqplace){ block, offset };
}

static int read_dir(struct sqmeta *m, struct sqnode *n)
{
	const unsigned char *p;
	int error = sqmeta_take(m, 16, &p);

	if (error)
		return error;
	n->n_links = bytes_get32(p + 4);
	n->parent = bytes_get32(p + 12);
	set_names(n, bytes_get16(p + 8), bytes_get32(p), bytes_get16(p + 10));
	return 0;
}

static int read_dir_extended(struct sqmeta *m, struct sqnode *n)
{
	const unsigned char *p;
	int error = sqmeta_take(m, 24, &p);

	if (error)
		return error;
	n->n_links = bytes_get32(p);
	n->parent = bytes_get32(p + 12);
	n->n_index = bytes_get16(p + 16);
	n->xattrs = bytes_get32(p + 20);
	set_names(n, bytes_get32(p + 4), bytes_get32(p + 8),
		  bytes_get16(p + 18));
	return 0;
}

/* The target comes next; the attributes, if any, behind it. */
static int read_symlink(struct sqmeta *m, struct sqnode *n, bool extended)
{
	const unsigned char *p;
	int error = sqmeta_take(m, 8, &p);

	if (error)
		return error;
	n->n_links = bytes_get32(p);
	n->size = bytes_get32(p + 4);
	n->list = (struct sqplace){ m->at, (uint32_t)m->offset };
	if (!n->size || n->size > SQNODE_LINK_MAX)
		return -EIO;
	if (!extended)
		return 0;
	error = sqmeta_skip(m, n->size);
	if (!error)
		error = sqmeta_take(m, 4, &p);
	if (!error)
		n->xattrs = bytes_get32(p);
	return error;
}

static int read_special(struct sqmeta *m, struct sqnode *n, bool extended)
{
	bool is_device = S_ISBLK(n->mode) || S_ISCHR(n->mode);
	const unsigned char *p;
	int error =
		sqmeta_take(m, (is_device ? 8 : 4) + (extended ? 4 : 0), &p);

	if (error)
		return error;
	n->n_links = bytes_get32(p);
	p += 4;
	if (is_device) {
		uint32_t number = bytes_get32(p);

		/* The kernel's new_decode_dev. */
		n->major = number >> 8 & 0xfff;
		n->minor = (number & 0xff) | (number >> 12 & 0xfff00);
		p += 4;
	}
	if (extended)
		n->xattrs = bytes_get32(p);
	return 0;
}

/* What comes behind the first 16 bytes. */
static int read_rest(struct sqmeta *m, struct sqnode *n, bool extended)
{
	int error;

	switch (n->mode & S_IFMT) {
	case S_IFDIR:
		error = extended ? read_dir_extended(m, n) : read_dir(m, n);
		n->index = (struct sqplace){ m->at, (uint32_t)m->offset };
		return error;
	case S_IFREG:
		error = extended ? read_file_extended(m, n) : read_file(m, n);
		n->list = (struct sqplace){ m->at, (uint32_t)m->offset };
		return error;
	case S_IFLNK:
		return read_symlink(m, n, extended);
	default:
		return read_special(m, n, extended);
	}
}

static int read_node(const struct sqfile *f, struct sqmeta *m, struct sqnode *n)
{
	static const mode_t types[] = { S_IFDIR, S_IFREG, S_IFLNK, S_IFBLK,
					S_IFCHR, S_IFIFO, S_IFSOCK };
	unsigned type, uid, gid;
	const unsigned char *p;
	int error = sqmeta_take(m, BASE_BYTES, &p);

	if (error)
		return error;
	type = bytes_get16(p);
	uid = bytes_get16(p + 4);
	gid = bytes_get16(p + 6);
	if (!type || type > 2 * EXTENDED || uid >= f->header.n_ids ||
	    gid >= f->header.n_ids)
		return -EIO;
	n->mode = types[(type - 1) % EXTENDED] |
		  (bytes_get16(p + 2) & SPECIAL_MODE);
	n->uid = f->ids[uid];
	n->gid = f->ids[gid];
	n->mtime_s = bytes_get32(p + 8);
	n->number = bytes_get32(p + 12);
	return read_rest(m, n, type > EXTENDED);
}

int sqnode_read(struct sqfile *f, uint64_t ref, struct sqnode *out)
{
	struct sqmeta m;
	int error;

	*out = (struct sqnode){
		.ref = ref,
		.fragment = SQNODE_NONE,
		.xattrs = SQNODE_NONE,
	};
	if (ref >> 48 ||
	    ref >> 16 >= f->header.directories_at - f->header.inodes_at)
		return -EIO;
	error = sqmeta_init(&m, &f->read, f->header.inodes_at + (ref >> 16),
			    ref & 0xffff);
	if (error)
		return error;
	error = read_node(f, &m, out);
	sqmeta_clear(&m);
	if (S_ISDIR(out->mode))
		out->list.block += f->header.directories_at;
	return error;
}
