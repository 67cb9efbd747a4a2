/* sqfile.c - a squashfs image that is read at random, by many threads at once.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "squash/sqfile.h"

#include "base/mem.h"
#include "format/bytes.h"
#include "squash/sqimage.h"
#include "squash/sqmeta.h"

#include <string.h>

#define META_SLOTS 4096 /* 32 MiB, if there is that much */
#define META_SHARDS 64
#define DATA_BYTES (32u << 20)
#define DATA_SLOTS_MIN 32
#define DATA_SHARDS 4
#define DIR_TYPE 1 /* of an inode */
#define DIR_TYPE_EXTENDED 8
#define IDS_PER_BLOCK (SQREAD_META / 4)
#define IMAGE_MAX (UINT64_C(1) << 48) /* bytes: struct step of sqblocks.c */

static int read_header(struct sqfile *f, struct err *e)
{
	unsigned char bytes[SQFSHDR_BYTES];
	size_t n = f->read.size < sizeof(bytes) ? (size_t)f->read.size
						: sizeof(bytes);

	if (sqread_bytes(&f->read, 0, bytes, n))
		return err_set(e, ERR_FORMAT,
			       "the superblock can't be read: expected %zu "
			       "bytes at %llu",
			       n, (unsigned long long)f->read.offset);
	if (sqfshdr_parse(bytes, n, f->read.size, &f->header, e))
		return -1;
	if (f->header.size > IMAGE_MAX)
		return err_set(e, ERR_LIMIT,
			       "squashfs: expected at most %llu bytes, found "
			       "%llu",
			       (unsigned long long)IMAGE_MAX,
			       (unsigned long long)f->header.size);
	f->read.size = f->header.size;
	f->read.block_size = f->header.block_size;
	return 0;
}

static int prepare(struct sqfile *f, struct err *e)
{
	size_t block = f->header.block_size;
	size_t n = DATA_BYTES / block;

	/* For the compressed bytes: a table's block has two before it. */
	f->read.codec =
		sqcodec_open(sqfshdr_compressor(f->header.compressor), 0,
			     block > SQREAD_META ? block : SQREAD_META + 2, e);
	if (!f->read.codec)
		return -1;
	f->read.meta = sqcache_new(SQREAD_META, META_SLOTS, META_SHARDS);
	f->read.data = sqcache_new(
		block, n < DATA_SLOTS_MIN ? DATA_SLOTS_MIN : n, DATA_SHARDS);
	return 0;
}

/* One block of owners, from FIRST on. */
static int read_id_block(struct sqfile *f, uint32_t first)
{
	uint32_t n = f->header.n_ids - first;
	unsigned char bytes[SQREAD_META];
	struct sqmeta m;
	int error = sqmeta_init_item(&m, &f->read, f->header.ids_at, first, 4);

	if (n > IDS_PER_BLOCK)
		n = IDS_PER_BLOCK;
	if (!error)
		error = sqmeta_copy(&m, bytes, n * 4);
	sqmeta_clear(&m);
	for (uint32_t i = 0; !error && i < n; i++)
		f->ids[first + i] = bytes_get32(bytes + i * 4);
	return error;
}

static int read_ids(struct sqfile *f, struct err *e)
{
	int error = 0;

	f->ids = xcalloc(f->header.n_ids, sizeof(*f->ids));
	for (uint32_t i = 0; !error && i < f->header.n_ids; i += IDS_PER_BLOCK)
		error = read_id_block(f, i);
	if (error)
		return err_set(e, ERR_FORMAT,
			       "squashfs: the table of owners is damaged");
	return 0;
}

static int read_xattrs(struct sqfile *f, struct err *e)
{
	unsigned char bytes[16];

	if (f->header.xattrs_at == SQFSHDR_NONE)
		return 0;
	if (sqread_bytes(&f->read, f->header.xattrs_at, bytes, sizeof(bytes)))
		return err_set(e, ERR_FORMAT,
			       "squashfs: the table of attributes is damaged");
	f->xattrs_at = bytes_get64(bytes);
	f->n_sets = bytes_get32(bytes + 8);
	return 0;
}

/* The root is a directory: a mount of anything else fails less clearly. */
static int check_root(struct sqfile *f, struct err *e)
{
	uint64_t at = f->header.inodes_at + (f->header.root >> 16);
	const unsigned char *p;
	unsigned type = 0;
	struct sqmeta m;
	int error = sqmeta_init(&m, &f->read, at, f->header.root & 0xffff);

	if (!error)
		error = sqmeta_take(&m, 2, &p);
	if (!error)
		type = bytes_get16(p);
	sqmeta_clear(&m);
	if (error)
		return err_set(e, ERR_FORMAT,
			       "squashfs: the root's inode is damaged");
	if (type == DIR_TYPE || type == DIR_TYPE_EXTENDED)
		return 0;
	return err_set(e, ERR_FORMAT, "squashfs: its root is no directory");
}

int sqfile_open(struct sqfile **out, int fd, uint64_t offset, uint64_t size,
		const char *name, struct err *e)
{
	AUTO(sqfile) struct sqfile *f = xcalloc(1, sizeof(*f));

	f->read.fd = fd;
	f->read.offset = offset;
	f->read.size = size;
	if (read_header(f, e) || prepare(f, e) || read_ids(f, e) ||
	    read_xattrs(f, e) || check_root(f, e))
		return err_ctx(e, "can't read image '%s'", name);
	*out = TAKE(f);
	return 0;
}

void sqfile_close(struct sqfile *f)
{
	if (!f)
		return;
	sqcache_free(f->read.meta);
	sqcache_free(f->read.data);
	sqcodec_close(f->read.codec);
	free(f->ids);
	free(f);
}

const struct sqfshdr *sqfile_header(const struct sqfile *f)
{
	return &f->header;
}

bool sqfile_has_xattrs(const struct sqfile *f)
{
	return f->n_sets;
}
