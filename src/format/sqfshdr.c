/* sqfshdr.c - the superblock of a squashfs 4.0 file system.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "format/sqfshdr.h"

#include "format/bytes.h"

#include <string.h>

#define META 8192       /* bytes in a block of a table, before compression */
#define XATTR_HEADER 16 /* bytes in front of the index of that table */

static const char *const compressors[] = { NULL, "gzip", "lzma", "lzo",
					   "xz", "lz4",  "zstd" };

const char *sqfshdr_compressor(unsigned int id)
{
	return id < ARRAY_SIZE(compressors) ? compressors[id] : NULL;
}

/* The last two are of Squashfs with LZMA, from before version 4. */
bool sqfshdr_is(const void *p, size_t n)
{
	return n >= 4 && (!memcmp(p, "hsqs", 4) || !memcmp(p, "sqsh", 4) ||
			  !memcmp(p, "shsq", 4) || !memcmp(p, "qshs", 4));
}

static int check_start(const unsigned char *p, size_t n, struct err *e)
{
	unsigned int major, minor;

	if (n < SQFSHDR_BYTES)
		return err_set(e, ERR_FORMAT, "expected %d bytes, found %zu",
			       SQFSHDR_BYTES, n);
	if (!sqfshdr_is(p, n))
		return err_set(e, ERR_FORMAT,
			       "magic: expected 'hsqs', found '%.4s'", p);
	if (memcmp(p, "hsqs", 4) != 0)
		return err_set(e, ERR_UNSUPPORTED,
			       "magic: '%.4s' is of version 3 or older; only "
			       "version 4.0 can be read",
			       p);
	major = bytes_get16(p + 28);
	minor = bytes_get16(p + 30);
	if (major != 4 || minor)
		return err_set(e, ERR_UNSUPPORTED,
			       "version %u.%u; only version 4.0 can be read",
			       major, minor);
	if (!sqfshdr_compressor(bytes_get16(p + 20)))
		return err_set(e, ERR_UNSUPPORTED,
			       "unknown compressor %u; expected 1 to %zu",
			       bytes_get16(p + 20),
			       ARRAY_SIZE(compressors) - 1);
	return 0;
}

static int check_counts(const struct sqfshdr *h, unsigned int log,
			struct err *e)
{
	if (h->block_size < SQFSHDR_BLOCK_MIN ||
	    h->block_size > SQFSHDR_BLOCK_MAX ||
	    h->block_size & (h->block_size - 1))
		return err_set(e, ERR_FORMAT,
			       "block size: expected a power of two from %d to "
			       "%u, found %u",
			       SQFSHDR_BLOCK_MIN, SQFSHDR_BLOCK_MAX,
			       h->block_size);
	if (log > 20 || h->block_size != 1u << log)
		return err_set(e, ERR_FORMAT,
			       "block size: expected 2 to the power of %u, "
			       "found %u",
			       log, h->block_size);
	if (!h->n_inodes || !h->n_ids)
		return err_set(e, ERR_FORMAT, "%s: expected one, found none",
			       h->n_inodes ? "ids" : "inodes");
	return 0;
}

static int check_size(const struct sqfshdr *h, uint64_t available,
		      struct err *e)
{
	if (h->size <= SQFSHDR_BYTES || h->size > INT64_MAX)
		return err_set(e, ERR_FORMAT,
			       "bytes used: expected more than %d, found %lld",
			       SQFSHDR_BYTES, (long long)(int64_t)h->size);
	if (h->size > available)
		return err_set(e, ERR_FORMAT,
			       "is truncated: expected %llu bytes, found %llu",
			       (unsigned long long)h->size,
			       (unsigned long long)available);
	return 0;
}

/* One table: N items of SIZE, for each META of which the index that begins at
 * AT has eight bytes. The index of one ends before the next begins, and before
 * END, where the last one ended: tables are looked at from the last one. */
static int check_table(const char *what, uint64_t at, uint64_t n, uint64_t size,
		       uint64_t *end, struct err *e)
{
	uint64_t need = (n * size + META - 1) / META * 8;

	if (at < SQFSHDR_BYTES || at > *end || need > *end - at)
		return err_set(e, ERR_FORMAT,
			       "%s table: expected %llu bytes between %d and "
			       "%llu, found it at %llu",
			       what, (unsigned long long)need, SQFSHDR_BYTES,
			       (unsigned long long)*end,
			       (unsigned long long)at);
	*end = at;
	return 0;
}

/* As the kernel checks them (fs/squashfs/super.c), which goes from the end of
 * the file, too. Of the table of xattrs only the header is known. */
static int check_tables(const struct sqfshdr *h, struct err *e)
{
	uint64_t end = h->size;

	if (h->xattrs_at != SQFSHDR_NONE &&
	    check_table("xattr", h->xattrs_at, XATTR_HEADER / 8, META, &end, e))
		return -1;
	if (check_table("id", h->ids_at, h->n_ids, 4, &end, e))
		return -1;
	if (h->export_at != SQFSHDR_NONE &&
	    check_table("export", h->export_at, h->n_inodes, 8, &end, e))
		return -1;
	if (h->n_fragments && check_table("fragment", h->fragments_at,
					  h->n_fragments, 16, &end, e))
		return -1;
	if (check_table("directory", h->directories_at, 0, 0, &end, e) ||
	    check_table("inode", h->inodes_at, 1, 1, &end, e))
		return -1;
	return 0;
}

static int check_root(const struct sqfshdr *h, struct err *e)
{
	uint64_t size = h->directories_at - h->inodes_at;

	if (h->root >> 16 < size && (h->root & 0xffff) < META)
		return 0;
	return err_set(
		e, ERR_FORMAT,
		"root inode: expected it in a table of %llu bytes, found "
		"it at %llu, %llu",
		(unsigned long long)size, (unsigned long long)(h->root >> 16),
		(unsigned long long)(h->root & 0xffff));
}

int sqfshdr_parse(const void *bytes, size_t n, uint64_t available,
		  struct sqfshdr *out, struct err *e)
{
	const unsigned char *p = bytes;
	struct sqfshdr h;

	*out = (struct sqfshdr){ 0 };
	if (check_start(p, n, e))
		return err_ctx(e, "squashfs");
	h = (struct sqfshdr){
		.n_inodes = bytes_get32(p + 4),
		.modified = bytes_get32(p + 8),
		.block_size = bytes_get32(p + 12),
		.n_fragments = bytes_get32(p + 16),
		.compressor = bytes_get16(p + 20),
		.n_ids = bytes_get16(p + 26),
		.root = bytes_get64(p + 32),
		.size = bytes_get64(p + 40),
		.ids_at = bytes_get64(p + 48),
		.xattrs_at = bytes_get64(p + 56),
		.inodes_at = bytes_get64(p + 64),
		.directories_at = bytes_get64(p + 72),
		.fragments_at = bytes_get64(p + 80),
		.export_at = bytes_get64(p + 88),
	};
	if (check_counts(&h, bytes_get16(p + 22), e) ||
	    check_size(&h, available, e) || check_tables(&h, e) ||
	    check_root(&h, e))
		return err_ctx(e, "squashfs");
	*out = h;
	return 0;
}
