/* sqfshdr.h - the superblock of a squashfs 4.0 file system.
 * SPDX-License-Identifier: Apache-2.0
 *
 * As in the kernel's fs/squashfs/squashfs_fs.h: 96 bytes, little-endian.
 */
#ifndef FORMAT_SQFSHDR_H
#define FORMAT_SQFSHDR_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

#define SQFSHDR_BYTES 96
#define SQFSHDR_BLOCK_MIN 4096
#define SQFSHDR_BLOCK_MAX (1u << 20)
#define SQFSHDR_NONE UINT64_MAX /* the place of a table that is absent */

struct sqfshdr {
	uint32_t n_inodes, n_fragments;
	uint32_t modified;   /* seconds since 1970 */
	uint32_t block_size; /* bytes */
	uint16_t compressor; /* 1 to 6, see sqfshdr_compressor */
	uint16_t n_ids;
	uint64_t root; /* where in the inode table << 16, and in the block */
	uint64_t size; /* bytes used; files are often padded to 4096 */
	/* Tables, or SQFSHDR_NONE; the first three are always there. */
	uint64_t ids_at, inodes_at, directories_at;
	uint64_t fragments_at, export_at, xattrs_at;
};

/* Do these bytes begin like a squashfs of any version and byte order? Four are
 * enough. */
bool sqfshdr_is(const void *p, size_t n);

/* Read the superblock, the first N bytes of a file system for which there are
 * AVAILABLE bytes. Every table is inside of what is used, in the order in which
 * they are written, and as long as its count wants; so a reader is spared
 * lies about sizes, but not about what the tables hold. ERR_FORMAT;
 * ERR_UNSUPPORTED for another version or byte order and for an unknown
 * compressor. */
MUST_CHECK int sqfshdr_parse(const void *p, size_t n, uint64_t available,
			     struct sqfshdr *out, struct err *e);

/* "gzip", "lzma", "lzo", "xz", "lz4", "zstd"; NULL if there is no such ID. */
const char *sqfshdr_compressor(unsigned int id);

#endif
