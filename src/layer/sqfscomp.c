/* sqfscomp.c - the compressors that squashfs images are written with.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "layer/sqfscomp.h"

#include "base/mem.h"
#include "layer/sqfsfile.h"

#include <errno.h>
#include <sqfs/block.h>
#include <sqfs/error.h>
#include <stdatomic.h>
#include <string.h>

static const struct {
	const char *name;
	SQFS_COMPRESSOR id;
	int level; /* the default; 0: it has no levels */
	int max;
} compressors[] = {
	// clang-format off
	{ "zstd", SQFS_COMP_ZSTD, 3, 22 },
	{ "lz4",  SQFS_COMP_LZ4,  0, 0 },
	{ "gzip", SQFS_COMP_GZIP, 9, 9 },
	{ "xz",   SQFS_COMP_XZ,   6, 9 },
	// clang-format on
};

/* Stands before a compressor of the library. */
struct front {
	sqfs_compressor_t base; /* first: what the library is given */
	sqfs_compressor_t *real;
	atomic_bool *failed; /* of the first one, for all its copies */
	atomic_bool own;
	sqfs_compressor_t for_tables; /* of the first one, if it is another */
};

static sqfs_s32 do_block(sqfs_compressor_t *base, const sqfs_u8 *in,
			 sqfs_u32 size, sqfs_u8 *out, sqfs_u32 room)
{
	struct front *f = (struct front *)base;
	sqfs_s32 n = f->real->do_block(f->real, in, size, out, room);

	if (n >= 0)
		return n;
	atomic_store(f->failed, true);
	return 0; /* as if it were not worth it */
}

static sqfs_s32 leave(sqfs_compressor_t *c, const sqfs_u8 *in, sqfs_u32 size,
		      sqfs_u8 *out, sqfs_u32 room)
{
	(void)c;
	(void)in;
	(void)size;
	(void)out;
	(void)room;
	return 0; /* not worth it */
}

static void get_configuration(const sqfs_compressor_t *base,
			      sqfs_compressor_config_t *config)
{
	const struct front *f = (const struct front *)base;

	f->real->get_configuration(f->real, config);
}

static int write_options(sqfs_compressor_t *base, sqfs_file_t *file)
{
	struct front *f = (struct front *)base;

	return f->real->write_options(f->real, file);
}

static int read_options(sqfs_compressor_t *base, sqfs_file_t *file)
{
	struct front *f = (struct front *)base;

	return f->real->read_options(f->real, file);
}

static void destroy(sqfs_object_t *base)
{
	struct front *f = (struct front *)base;

	sqfsfile_destroy(f->real);
	free(f);
}

static sqfs_object_t *copy(const sqfs_object_t *base)
{
	const struct front *from = (const struct front *)base;
	struct front *f = xcalloc(1, sizeof(*f));

	f->base = from->base;
	f->failed = from->failed;
	f->real = sqfs_copy(from->real);
	if (f->real)
		return &f->base.base;
	free(f);
	return NULL;
}

static sqfs_compressor_t *real(SQFS_COMPRESSOR id, uint32_t block, int level)
{
	sqfs_compressor_config_t c;
	sqfs_compressor_t *out = NULL;

	if (sqfs_compressor_config_init(&c, id, block, 0))
		return NULL;
	if (level)
		c.level = (uint32_t)level;
	return sqfs_compressor_create(&c, &out) ? NULL : out;
}

void sqfscomp_names(struct strlist *out)
{
	for (size_t i = 0; i < ARRAY_SIZE(compressors); i++) {
		sqfs_compressor_t *c = real(compressors[i].id,
					    SQFS_META_BLOCK_SIZE, 0);

		if (c)
			strlist_add(out, compressors[i].name);
		sqfsfile_destroy(c);
	}
}

static void unknown(const char *name, struct err *e)
{
	AUTO(strlist) struct strlist all = { 0 };

	sqfscomp_names(&all);
	autostr char *text = strlist_join(&all, ", ");

	err_set(e, ERR_UNSUPPORTED,
		"compressor '%s' is not built in; there are: %s", name, text);
}

static int check_level(size_t i, int level, struct err *e)
{
	if (level && !compressors[i].max)
		return err_set(e, ERR_USAGE, "%s has no compression levels",
			       compressors[i].name);
	if (level < 0 || level > compressors[i].max)
		return err_set(e, ERR_USAGE,
			       "expected a compression level from 1 to %d for "
			       "%s, found %d",
			       compressors[i].max, compressors[i].name, level);
	return 0;
}

sqfs_compressor_t *sqfscomp_new(const char *name, int level, uint32_t block,
				SQFS_COMPRESSOR *id, struct err *e)
{
	sqfs_compressor_t *c;
	struct front *f;
	size_t i = 0;

	while (i < ARRAY_SIZE(compressors) &&
	       strcmp(compressors[i].name, name) != 0)
		i++;
	if (i < ARRAY_SIZE(compressors) && check_level(i, level, e))
		return NULL;
	c = i == ARRAY_SIZE(compressors)
		    ? NULL
		    : real(compressors[i].id, block,
			   level ? level : compressors[i].level);
	if (!c) {
		unknown(name, e);
		return NULL;
	}
	f = xcalloc(1, sizeof(*f));
	f->base = (sqfs_compressor_t){
		.base = { .destroy = destroy, .copy = copy },
		.get_configuration = get_configuration,
		.write_options = write_options,
		.read_options = read_options,
		.do_block = do_block,
	};
	f->real = c;
	f->failed = &f->own;
	/* The library (1.2.0) takes what LZ4 has made of a few bytes even if
	 * that is more, and unsquashfs then says that the file system is
	 * corrupt. */
	if (compressors[i].id == SQFS_COMP_LZ4)
		f->for_tables.do_block = leave;
	*id = compressors[i].id;
	return &f->base;
}

int sqfscomp_check(const sqfs_compressor_t *c, struct err *e)
{
	const struct front *f = (const struct front *)c;

	if (!atomic_load(f->failed))
		return 0;
	return err_sysno(e, ENOMEM, "can't compress a block of the squashfs "
				    "image");
}

sqfs_compressor_t *sqfscomp_for_tables(sqfs_compressor_t *c)
{
	struct front *f = (struct front *)c;

	return f->for_tables.do_block ? &f->for_tables : c;
}
