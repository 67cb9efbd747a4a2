/* sqfsimage.h - the tables of a squashfs image, as they are asked for, and its
 * inodes; part of sqfsread.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The structures are those of the kernel's fs/squashfs/squashfs_fs.h. From
 * libsquashfs come decompression, the blocks that tables are cut into, and the
 * table of owners, whose length was checked; all else is read here, because the
 * library takes sizes as they stand.
 * Errors that the image is to blame for begin with "squashfs image: ".
 */
#ifndef LAYER_SQFSIMAGE_H
#define LAYER_SQFSIMAGE_H

#include "base/err.h"
#include "base/str.h"
#include "format/sqfshdr.h"
#include "layer/entry.h"
#include "layer/sqfsfile.h"

#include <sqfs/compressor.h>
#include <sqfs/meta_reader.h>
#include <stdint.h>

#define SQFSIMAGE_NONE UINT32_MAX /* no fragment, no attributes */
#define SQFSIMAGE_NAME_MAX 255    /* bytes */
#define SQFSIMAGE_META 8192       /* bytes of a table's block */
#define SQFSIMAGE_IN_BLOCK 512    /* entries of 16 bytes in one */

/* A place in a table: of a block, and in it. */
struct sqfsimage_place {
	uint64_t block;
	size_t offset;
};

struct sqfsimage {
	struct sqfsfile file;
	struct sqfshdr hdr;
	sqfs_compressor_t *decompressor;
	sqfs_meta_reader_t *inodes;
	sqfs_meta_reader_t *blocks; /* of files, in the inode table, too */
	sqfs_meta_reader_t *listings;
	sqfs_meta_reader_t *fragments;
	uint32_t *ids;
};

struct sqfsimage_inode {
	enum entry_type type;
	bool is_socket;
	uint16_t mode; /* 07777 */
	uint32_t uid, gid;
	uint32_t mtime;
	uint32_t n_links;
	uint32_t device;
	uint32_t xattrs; /* number of a set */
	/* Of a file. */
	uint64_t size;
	uint64_t n_blocks;
	uint64_t start;
	uint32_t fragment, fragment_offset;
	struct sqfsimage_place sizes; /* of its blocks */
	/* Of a directory: its listing. */
	struct sqfsimage_place names;
	uint32_t names_size;
};

/* A name in a directory. */
struct sqfsimage_name {
	char text[SQFSIMAGE_NAME_MAX + 1];
	uint64_t ref;  /* of its inode */
	uint16_t type; /* a basic one */
};

/* See sqfsread_new. What is in IMG goes with sqfsimage_close, also after a
 * failure. */
MUST_CHECK int sqfsimage_open(struct sqfsimage *img, int fd, uint64_t at,
			      uint64_t size, struct err *e);
void sqfsimage_close(struct sqfsimage *img);

/* The inode at REF; TARGET (emptied) is what a symlink says. */
MUST_CHECK int sqfsimage_inode(struct sqfsimage *img, uint64_t ref,
			       struct sqfsimage_inode *out, struct str *target,
			       struct err *e);
/* The inode that NAME stands for, which is of its type. */
MUST_CHECK int sqfsimage_named(struct sqfsimage *img,
			       const struct sqfsimage_name *name,
			       struct sqfsimage_inode *out, struct str *target,
			       struct err *e);

/* Up to MAX bytes from the block of SIZE bytes at AT, as the format has sizes:
 * with a bit for "not compressed". RAW has room for a block. */
MUST_CHECK int sqfsimage_block(struct sqfsimage *img, uint64_t at,
			       uint32_t size, void *raw, void *out, size_t max,
			       size_t *n, struct err *e);

/* ERR_FORMAT: "squashfs image: ...". */
int sqfsimage_bad(struct err *e, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Read N bytes from M; the end of the table is an error. */
MUST_CHECK int sqfsimage_get(struct sqfsimage *img, sqfs_meta_reader_t *m,
			     void *p, size_t n, struct err *e);
MUST_CHECK int sqfsimage_seek(struct sqfsimage *img, sqfs_meta_reader_t *m,
			      struct sqfsimage_place at, struct err *e);
struct sqfsimage_place sqfsimage_tell(sqfs_meta_reader_t *m);
/* A little-endian number of eight bytes at AT in the image. */
MUST_CHECK int sqfsimage_u64(struct sqfsimage *img, uint64_t at, uint64_t *out,
			     struct err *e);

#endif
