/* sqfsimage.c - the tables of a squashfs image.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "layer/sqfsimage.h"

#include "base/mem.h"
#include "format/bytes.h"

#include <endian.h>
#include <sqfs/block.h>
#include <sqfs/dir.h>
#include <sqfs/error.h>
#include <sqfs/inode.h>
#include <sqfs/table.h>
#include <string.h>

#define TARGET_MAX 4095 /* bytes of a symlink: what Linux can read */
#define NAMES_EXTRA 3   /* a listing's size counts them for "." and ".." */

int sqfsimage_bad(struct err *e, const char *fmt, ...)
{
	va_list ap;
	AUTO(str) struct str text = { 0 };

	va_start(ap, fmt);
	str_addv(&text, fmt, ap);
	va_end(ap);
	return err_set(e, ERR_FORMAT, "squashfs image: %s", text.p);
}

int sqfsimage_get(struct sqfsimage *img, sqfs_meta_reader_t *m, void *p,
		  size_t n, struct err *e)
{
	int code = sqfs_meta_reader_read(m, p, n);

	return code ? sqfsfile_fail(&img->file, code, e) : 0;
}

int sqfsimage_seek(struct sqfsimage *img, sqfs_meta_reader_t *m,
		   struct sqfsimage_place at, struct err *e)
{
	int code = sqfs_meta_reader_seek(m, at.block, at.offset);

	return code ? sqfsfile_fail(&img->file, code, e) : 0;
}

struct sqfsimage_place sqfsimage_tell(sqfs_meta_reader_t *m)
{
	struct sqfsimage_place at;

	sqfs_meta_reader_get_position(m, &at.block, &at.offset);
	return at;
}

int sqfsimage_u64(struct sqfsimage *img, uint64_t at, uint64_t *out,
		  struct err *e)
{
	unsigned char raw[8];
	int code = img->file.base.read_at(&img->file.base, at, raw,
					  sizeof(raw));

	if (code)
		return sqfsfile_fail(&img->file, code, e);
	*out = bytes_get64(raw);
	return 0;
}

static int open_header(struct sqfsimage *img, uint64_t size, struct err *e)
{
	unsigned char raw[SQFSHDR_BYTES];
	size_t n = size < sizeof(raw) ? (size_t)size : sizeof(raw);
	int code = img->file.base.read_at(&img->file.base, 0, raw, n);

	if (code)
		return sqfsfile_fail(&img->file, code, e);
	if (sqfshdr_parse(raw, n, size, &img->hdr, e))
		return -1;
	/* What is behind is not the image's. */
	img->file.size = img->hdr.size;
	return 0;
}

static int open_compressor(struct sqfsimage *img, struct err *e)
{
	sqfs_compressor_config_t c;

	/* The library believes what a block's header says of its length, also
	 * where the stream ended before; what was in memory would be content.
	 * The kernel does not read such images either. */
	if (img->hdr.compressor == SQFS_COMP_LZMA)
		return err_set(e, ERR_UNSUPPORTED,
			       "squashfs image: its compressor 'lzma' is not "
			       "supported; unpack it with unsquashfs");
	if (sqfs_compressor_config_init(&c, img->hdr.compressor,
					img->hdr.block_size,
					SQFS_COMP_FLAG_UNCOMPRESS) ||
	    sqfs_compressor_create(&c, &img->decompressor))
		return err_set(e, ERR_UNSUPPORTED,
			       "squashfs image: its compressor '%s' is not "
			       "built in",
			       sqfshdr_compressor(img->hdr.compressor));
	return 0;
}

static int open_ids(struct sqfsimage *img, struct err *e)
{
	const struct sqfshdr *h = &img->hdr;
	void *p = NULL;
	int code = sqfs_read_table(&img->file.base, img->decompressor,
				   h->n_ids * sizeof(uint32_t), h->ids_at,
				   h->directories_at, h->ids_at, &p);

	if (code)
		return sqfsfile_fail(&img->file, code, e);
	img->ids = p;
	return 0;
}

static sqfs_meta_reader_t *reader(struct sqfsimage *img, uint64_t from,
				  uint64_t to)
{
	return sqfs_meta_reader_create(&img->file.base, img->decompressor, from,
				       to);
}

int sqfsimage_open(struct sqfsimage *img, int fd, uint64_t at, uint64_t size,
		   struct err *e)
{
	const struct sqfshdr *h = &img->hdr;

	*img = (struct sqfsimage){ 0 };
	sqfsfile_init(&img->file, fd, at, size);
	if (open_header(img, size, e) || open_compressor(img, e) ||
	    open_ids(img, e))
		return -1;
	img->inodes = reader(img, h->inodes_at, h->directories_at);
	img->blocks = reader(img, h->inodes_at, h->directories_at);
	img->listings = reader(img, h->directories_at, h->ids_at);
	img->fragments = reader(img, h->directories_at, h->ids_at);
	if (!img->inodes || !img->blocks || !img->listings || !img->fragments)
		return sqfsfile_fail(&img->file, SQFS_ERROR_ALLOC, e);
	return 0;
}

void sqfsimage_close(struct sqfsimage *img)
{
	sqfsfile_destroy(img->inodes);
	sqfsfile_destroy(img->blocks);
	sqfsfile_destroy(img->listings);
	sqfsfile_destroy(img->fragments);
	sqfsfile_destroy(img->decompressor);
	sqfs_free(img->ids);
}

/* A file: the sizes of its blocks stand behind. */
static void set_file(struct sqfsimage *img, struct sqfsimage_inode *i)
{
	uint32_t block = img->hdr.block_size;

	i->n_blocks = i->size / block;
	if (i->fragment == SQFSIMAGE_NONE && i->size % block)
		i->n_blocks++;
	i->sizes = sqfsimage_tell(img->inodes);
}

static int get_file(struct sqfsimage *img, struct sqfsimage_inode *i,
		    struct err *e)
{
	sqfs_inode_file_t f;

	if (sqfsimage_get(img, img->inodes, &f, sizeof(f), e))
		return -1;
	i->start = le32toh(f.blocks_start);
	i->size = le32toh(f.file_size);
	i->fragment = le32toh(f.fragment_index);
	i->fragment_offset = le32toh(f.fragment_offset);
	set_file(img, i);
	return 0;
}

static int get_file_ext(struct sqfsimage *img, struct sqfsimage_inode *i,
			struct err *e)
{
	sqfs_inode_file_ext_t f;

	if (sqfsimage_get(img, img->inodes, &f, sizeof(f), e))
		return -1;
	i->start = le64toh(f.blocks_start);
	i->size = le64toh(f.file_size);
	i->fragment = le32toh(f.fragment_idx);
	i->fragment_offset = le32toh(f.fragment_offset);
	i->n_links = le32toh(f.nlink);
	i->xattrs = le32toh(f.xattr_idx);
	if (i->size > INT64_MAX)
		return sqfsimage_bad(e, "a file of %llu bytes",
				     (unsigned long long)i->size);
	set_file(img, i);
	return 0;
}

static void set_dir(struct sqfsimage *img, struct sqfsimage_inode *i,
		    uint32_t block, uint32_t offset, uint32_t size)
{
	i->names.block = img->hdr.directories_at + block;
	i->names.offset = offset;
	i->names_size = size > NAMES_EXTRA ? size - NAMES_EXTRA : 0;
}

static int get_dir(struct sqfsimage *img, struct sqfsimage_inode *i,
		   struct err *e)
{
	sqfs_inode_dir_t d;

	if (sqfsimage_get(img, img->inodes, &d, sizeof(d), e))
		return -1;
	set_dir(img, i, le32toh(d.start_block), le16toh(d.offset),
		le16toh(d.size));
	return 0;
}

static int get_dir_ext(struct sqfsimage *img, struct sqfsimage_inode *i,
		       struct err *e)
{
	sqfs_inode_dir_ext_t d;

	if (sqfsimage_get(img, img->inodes, &d, sizeof(d), e))
		return -1;
	i->xattrs = le32toh(d.xattr_idx);
	set_dir(img, i, le32toh(d.start_block), le16toh(d.offset),
		le32toh(d.size));
	return 0;
}

static int get_symlink(struct sqfsimage *img, struct sqfsimage_inode *i,
		       bool ext, struct str *target, struct err *e)
{
	sqfs_inode_slink_t s;
	uint32_t xattrs;
	size_t n;

	if (sqfsimage_get(img, img->inodes, &s, sizeof(s), e))
		return -1;
	i->n_links = le32toh(s.nlink);
	n = le32toh(s.target_size);
	if (!n || n > TARGET_MAX)
		return sqfsimage_bad(e,
				     "expected a symlink of 1 to %d bytes, "
				     "found one of %zu",
				     TARGET_MAX, n);
	if (sqfsimage_get(img, img->inodes, str_reserve(target, n), n, e))
		return -1;
	target->p[n] = '\0';
	target->len = n;
	if (strlen(target->p) != n)
		return sqfsimage_bad(e, "a symlink with a NUL in it");
	if (!ext)
		return 0;
	if (sqfsimage_get(img, img->inodes, &xattrs, sizeof(xattrs), e))
		return -1;
	i->xattrs = le32toh(xattrs);
	return 0;
}

/* Links, for a device its number, for an extended inode its attributes. */
static int get_other(struct sqfsimage *img, struct sqfsimage_inode *i, bool ext,
		     struct err *e)
{
	bool is_device = i->type == ENTRY_CHAR || i->type == ENTRY_BLOCK;
	uint32_t v[3];
	size_t n = 0;

	if (sqfsimage_get(img, img->inodes, v,
			  sizeof(*v) * (1u + is_device + ext), e))
		return -1;
	i->n_links = le32toh(v[n++]);
	if (is_device)
		i->device = le32toh(v[n++]);
	if (ext)
		i->xattrs = le32toh(v[n]);
	return 0;
}

// clang-format off
static const enum entry_type types[] = {
	[SQFS_INODE_DIR] = ENTRY_DIR,
	[SQFS_INODE_FILE] = ENTRY_FILE,
	[SQFS_INODE_SLINK] = ENTRY_SYMLINK,
	[SQFS_INODE_BDEV] = ENTRY_BLOCK,
	[SQFS_INODE_CDEV] = ENTRY_CHAR,
	[SQFS_INODE_FIFO] = ENTRY_FIFO,
	[SQFS_INODE_SOCKET] = ENTRY_FIFO,
};
// clang-format on

static int get_common(struct sqfsimage *img, struct sqfsimage_inode *i,
		      unsigned *type, struct err *e)
{
	unsigned uid, gid;
	sqfs_inode_t base;

	if (sqfsimage_get(img, img->inodes, &base, sizeof(base), e))
		return -1;
	*type = le16toh(base.type);
	if (*type < SQFS_INODE_DIR || *type > SQFS_INODE_EXT_SOCKET)
		return sqfsimage_bad(e, "an inode of unknown type %u", *type);
	uid = le16toh(base.uid_idx);
	gid = le16toh(base.gid_idx);
	if (uid >= img->hdr.n_ids || gid >= img->hdr.n_ids)
		return sqfsimage_bad(e, "owner %u of %u", uid > gid ? uid : gid,
				     img->hdr.n_ids);
	*i = (struct sqfsimage_inode){
		.mode = le16toh(base.mode) & 07777,
		.uid = le32toh(img->ids[uid]),
		.gid = le32toh(img->ids[gid]),
		.mtime = le32toh(base.mod_time),
		.n_links = 1,
		.xattrs = SQFSIMAGE_NONE,
		.fragment = SQFSIMAGE_NONE,
	};
	return 0;
}

int sqfsimage_inode(struct sqfsimage *img, uint64_t ref,
		    struct sqfsimage_inode *out, struct str *target,
		    struct err *e)
{
	struct sqfsimage_place at = {
		.block = img->hdr.inodes_at + (ref >> 16),
		.offset = ref & 0xffff,
	};
	unsigned type;
	bool ext;

	target->len = 0;
	if (sqfsimage_seek(img, img->inodes, at, e) ||
	    get_common(img, out, &type, e))
		return -1;
	ext = type >= SQFS_INODE_EXT_DIR;
	if (ext)
		type -= SQFS_INODE_EXT_DIR - SQFS_INODE_DIR;
	out->type = types[type];
	out->is_socket = type == SQFS_INODE_SOCKET;
	switch (out->type) {
	case ENTRY_FILE:
		return ext ? get_file_ext(img, out, e) : get_file(img, out, e);
	case ENTRY_DIR:
		return ext ? get_dir_ext(img, out, e) : get_dir(img, out, e);
	case ENTRY_SYMLINK:
		return get_symlink(img, out, ext, target, e);
	default:
		return get_other(img, out, ext, e);
	}
}

int sqfsimage_named(struct sqfsimage *img, const struct sqfsimage_name *name,
		    struct sqfsimage_inode *out, struct str *target,
		    struct err *e)
{
	if (sqfsimage_inode(img, name->ref, out, target, e))
		return -1;
	if (out->type != types[name->type] ||
	    out->is_socket != (name->type == SQFS_INODE_SOCKET))
		return sqfsimage_bad(e, "directory and inode disagree about "
					"its type");
	return 0;
}

int sqfsimage_block(struct sqfsimage *img, uint64_t at, uint32_t size,
		    void *raw, void *out, size_t max, size_t *n, struct err *e)
{
	sqfs_compressor_t *c = img->decompressor;
	uint32_t stored = SQFS_ON_DISK_BLOCK_SIZE(size);
	bool is_plain = !SQFS_IS_BLOCK_COMPRESSED(size);
	int code;

	if (stored > (is_plain ? max : img->hdr.block_size))
		return sqfsimage_bad(e,
				     "a block of %u bytes, which is too "
				     "much",
				     stored);
	if (at < SQFSHDR_BYTES || at > img->hdr.inodes_at ||
	    stored > img->hdr.inodes_at - at)
		return sqfsimage_bad(e, "a block outside of it");
	code = img->file.base.read_at(&img->file.base, at, is_plain ? out : raw,
				      stored);
	if (!code && !is_plain)
		code = c->do_block(c, raw, stored, out, (sqfs_u32)max);
	if (code < 0)
		return sqfsfile_fail(&img->file, code, e);
	*n = is_plain ? stored : (size_t)code;
	return 0;
}
