/* sqfswrite.c - a merged tree to a squashfs image.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "layer/sqfswrite.h"

#include "base/intr.h"
#include "base/mem.h"
#include "layer/sqfscomp.h"
#include "layer/sqfsfile.h"
#include "layer/sqfsruns.h"
#include "layer/sqfstails.h"
#include "layer/sqfstree.h"

#include <sqfs/block.h>
#include <sqfs/block_processor.h>
#include <sqfs/error.h>
#include <sqfs/super.h>
#include <string.h>

#define ALIGN 4096            /* of an image's size, for loop devices */
#define BACKLOG (24u << 20)   /* bytes of blocks that are waiting or done */
#define BLOCKS_MAX (1u << 24) /* of a file: 2 TiB with blocks of 128 KiB */
#define CHUNK 1024            /* contents that are allocated at once */
/* A part of a file costs some 140 bytes, a block of zeros four. Behind so many
 * parts of all files only holes of so many blocks end one. */
#define PARTS_MAX (1u << 18)
#define HOLE_LONG (1u << 16)

struct chunk {
	struct chunk *next;
	size_t n;
	struct sqfsinode_content v[CHUNK];
};

struct sqfswrite {
	struct sqfsfile file;
	sqfs_super_t super;
	int64_t mtime;
	struct sqfswrite_stats stats;
	sqfs_compressor_t *compressor;
	sqfs_block_writer_t *blocks;
	sqfs_frag_table_t *fragments;
	sqfs_block_processor_t *data;
	struct sqfstails *tails;
	unsigned char *tail; /* of the file under way: up to a block */
	unsigned backlog;
	uint32_t n_parts; /* but the first of each file */
	struct chunk *chunks;
};

void sqfswrite_compressors(struct strlist *out)
{
	sqfscomp_names(out);
}

/* What stands in front of the blocks. The superblock is written again when it
 * is known. */
static int start(struct sqfswrite *w, struct err *e)
{
	int n = sqfs_super_write(&w->super, &w->file.base);

	if (!n)
		n = w->compressor->write_options(w->compressor, &w->file.base);
	if (n < 0)
		return sqfsfile_fail(&w->file, n, e);
	if (n > 0)
		w->super.flags |= SQFS_FLAG_COMPRESSOR_OPTIONS;
	return 0;
}

static int start_threads(struct sqfswrite *w, unsigned threads, struct err *e)
{
	uint32_t block = w->super.block_size;
	sqfs_block_processor_desc_t d = {
		.size = sizeof(d),
		.max_block_size = block,
		.num_workers = threads,
		.cmp = w->compressor,
	};
	int code;

	mem_keep(); /* a few hundred blocks */
	w->backlog = BACKLOG / block;
	if (w->backlog < threads + 2)
		w->backlog = threads + 2;
	d.max_backlog = w->backlog;
	w->fragments = sqfs_frag_table_create(0);
	if (!w->fragments)
		return sqfsfile_fail(&w->file, SQFS_ERROR_ALLOC, e);
	d.wr = w->blocks = sqfsruns_new(&w->file, w->fragments);
	code = sqfs_block_processor_create_ex(&d, &w->data);
	if (code == SQFS_ERROR_INTERNAL)
		return err_set(e, ERR_SYS, "can't start %u threads", threads);
	if (code)
		return sqfsfile_fail(&w->file, code, e);
	w->tails = sqfstails_new(block, w->data, w->fragments);
	w->tail = xmalloc(block);
	return 0;
}

struct sqfswrite *sqfswrite_new(int fd, uint64_t at,
				const struct sqfswrite_opts *o, struct err *e)
{
	AUTO(sqfswrite) struct sqfswrite *w = xcalloc(1, sizeof(*w));
	uint32_t block = o->block ? o->block : SQFS_DEFAULT_BLOCK_SIZE;
	SQFS_COMPRESSOR id;

	sqfsfile_init(&w->file, fd, at, 0);
	w->mtime = o->mtime;
	if (block < SQFS_MIN_BLOCK_SIZE || block > SQFS_MAX_BLOCK_SIZE ||
	    (block & (block - 1))) {
		err_set(e, ERR_USAGE,
			"expected a block size that is a power of two from "
			"4096 to 1048576, found %u",
			block);
		return NULL;
	}
	w->compressor = sqfscomp_new(o->compressor, o->level, block, &id, e);
	if (!w->compressor)
		return NULL;
	sqfs_super_init(&w->super, block, 0, id);
	if (start(w, e) || start_threads(w, o->threads ? o->threads : 1, e))
		return NULL;
	return TAKE(w);
}

/* The library frees what is queued only when it has gone through: with each
 * error that is one block. */
static void drain(struct sqfswrite *w)
{
	if (!w->file.error.kind)
		err_set(&w->file.error, ERR_INTR, "given up");
	for (unsigned i = 0; i < 4 * w->backlog; i++)
		if (!sqfs_block_processor_sync(w->data))
			return;
}

void sqfswrite_free(struct sqfswrite *w)
{
	struct chunk *next;

	if (w->data)
		drain(w);
	sqfsfile_destroy(w->data);
	sqfsfile_destroy(w->fragments);
	sqfsfile_destroy(w->blocks);
	sqfsfile_destroy(w->compressor);
	if (w->tails)
		sqfstails_free(w->tails);
	free(w->tail);
	for (struct chunk *c = w->chunks; c; c = next) {
		next = c->next;
		for (size_t i = 0; i < c->n; i++)
			sqfs_free(c->v[i].file);
		free(c);
	}
	free(w);
}

static struct sqfsinode_content *new_content(void *ctx)
{
	struct sqfswrite *w = ctx;
	struct chunk *c = w->chunks;

	if (!c || c->n == CHUNK) {
		c = xcalloc(1, sizeof(*c));
		c->next = w->chunks;
		w->chunks = c;
	}
	return &c->v[c->n++];
}

/* A file on its way. */
struct filling {
	struct sqfswrite *w;
	const struct entry *entry;
	struct sqfsinode_content *content;
	struct sqfsinode_content *part; /* that is open; NULL: only a tail */
	uint64_t end;                   /* of what is done */
	uint64_t cut;                   /* behind the last whole block */
	size_t n_tail;                  /* bytes of what is there behind it */
};

static int begin_part(struct filling *f, struct sqfsinode_content *part,
		      struct err *e)
{
	struct sqfswrite *w = f->w;
	/* Parts must follow one another in the image. */
	uint32_t flags = f->entry->is_sparse ? SQFS_BLK_DONT_DEDUPLICATE : 0;
	int code = sqfs_block_processor_begin_file(w->data, &part->file, NULL,
						   flags);

	part->block = f->end / w->super.block_size;
	f->part = part;
	return code ? sqfsfile_fail(&w->file, code, e) : 0;
}

static int end_part(struct filling *f, struct err *e)
{
	struct sqfswrite *w = f->w;
	int code = sqfs_block_processor_end_file(w->data);

	return code ? sqfsfile_fail(&w->file, code, e) : 0;
}

/* To the open part: up to the last whole block, the rest to the tail. */
static int append(struct filling *f, const void *p, size_t n, struct err *e)
{
	struct sqfswrite *w = f->w;
	uint64_t room = f->end < f->cut ? f->cut - f->end : 0;
	size_t k = n < room ? n : (size_t)room;
	int code = k ? sqfs_block_processor_append(w->data, p, k) : 0;

	if (code)
		return sqfsfile_fail(&w->file, code, e);
	f->end += n;
	if (n > k)
		memcpy(w->tail + f->n_tail, (const char *)p + k, n - k);
	f->n_tail += n - k;
	return 0;
}

static int zeros(struct filling *f, uint64_t n, struct err *e)
{
	static const char some[64 << 10];

	while (n) {
		size_t k = n < sizeof(some) ? (size_t)n : sizeof(some);

		if (intr_check(e) || append(f, some, k, e))
			return -1;
		n -= k;
	}
	return 0;
}

/* A hole up to TO. In a file that is known to have some, the blocks that are
 * all hole are not even made: one part ends before them, another begins
 * behind. */
static int hole(struct filling *f, uint64_t to, struct err *e)
{
	uint32_t block = f->w->super.block_size;
	uint64_t first = (f->end + block - 1) / block * block;
	uint64_t last = to == f->entry->size ? to : to / block * block;
	struct sqfsinode_content *next;

	if (!f->entry->is_sparse || first >= last ||
	    (f->w->n_parts >= PARTS_MAX && (last - first) / block < HOLE_LONG))
		return zeros(f, to - f->end, e);
	if (zeros(f, first - f->end, e) || end_part(f, e))
		return -1;
	f->w->n_parts++;
	next = new_content(f->w);
	f->part->next = next;
	f->end = last;
	return begin_part(f, next, e) || zeros(f, to - last, e) ? -1 : 0;
}

static int pieces(struct filling *f, const struct entries *r, struct err *e)
{
	const struct entry *entry = f->entry;
	uint64_t at;
	const void *p;
	size_t n;
	int got;

	while ((got = r->data(r->ctx, &p, &n, &at, e)) > 0) {
		if (intr_check(e))
			return -1;
		if (at < f->end || at > entry->size || n > entry->size - at)
			return err_set(e, ERR_FORMAT,
				       "content outside of its %llu bytes",
				       (unsigned long long)entry->size);
		if (hole(f, at, e) || append(f, p, n, e))
			return -1;
	}
	return got < 0 ? -1 : hole(f, entry->size, e);
}

static bool is_zero(const unsigned char *p, size_t n)
{
	return !n || (!*p && !memcmp(p, p + 1, n - 1));
}

/* Of a file that is only a tail: the library need not know of it. */
static int end_tail(struct filling *f, struct err *e)
{
	struct sqfswrite *w = f->w;
	struct sqfsinode_content *c = f->content;
	int code = sqfstails_put(w->tails, w->tail, f->n_tail, &c->tail.index,
				 &c->tail.offset);

	c->is_tail = true;
	return code ? sqfsfile_fail(&w->file, code, e) : 0;
}

/* The tail, and the last part's end. A tail of zeros is a hole, which the
 * library makes. */
static int end_parts(struct filling *f, bool is_hole, struct err *e)
{
	struct sqfswrite *w = f->w;
	uint32_t index = UINT32_MAX, offset = UINT32_MAX;
	int code = 0;

	if (is_hole && f->n_tail)
		code = sqfs_block_processor_append(w->data, w->tail, f->n_tail);
	if (!code)
		code = sqfs_block_processor_end_file(w->data);
	if (!code && !is_hole)
		code = sqfstails_put(w->tails, w->tail, f->n_tail, &index,
				     &offset);
	if (code)
		return sqfsfile_fail(&w->file, code, e);
	sqfs_inode_set_frag_location(f->part->file, index, offset);
	sqfs_inode_set_file_size(f->part->file, f->entry->size);
	return 0;
}

/* All content came. */
static int end_content(struct filling *f, struct err *e)
{
	bool is_hole = is_zero(f->w->tail, f->n_tail);

	if (!f->part && !is_hole)
		return end_tail(f, e);
	if (!f->part && begin_part(f, f->content, e))
		return -1;
	return end_parts(f, is_hole, e);
}

int sqfswrite_put(void *ctx, const struct entry *entry, const struct entries *r,
		  void **handle, struct err *e)
{
	struct sqfswrite *w = ctx;
	struct filling f = {
		.w = w,
		.entry = entry,
		.cut = entry->size / w->super.block_size * w->super.block_size,
	};

	if (entry->size / w->super.block_size >= BLOCKS_MAX)
		return err_set(e, ERR_LIMIT,
			       "%llu bytes are more than the limit of %llu "
			       "for a file in a squashfs image with blocks of "
			       "%u bytes",
			       (unsigned long long)entry->size,
			       (unsigned long long)BLOCKS_MAX *
				       w->super.block_size,
			       w->super.block_size);
	f.content = new_content(w);
	f.content->is_sparse = entry->is_sparse;
	if ((f.cut || entry->is_sparse) && begin_part(&f, f.content, e))
		return -1;
	if (pieces(&f, r, e) || end_content(&f, e) ||
	    sqfscomp_check(w->compressor, e))
		return -1;
	*handle = f.content;
	return 0;
}

static int write_fragments(void *ctx, struct err *e)
{
	struct sqfswrite *w = ctx;
	int code = sqfs_frag_table_write(w->fragments, &w->file.base, &w->super,
					 sqfscomp_for_tables(w->compressor));

	return code ? sqfsfile_fail(&w->file, code, e) : 0;
}

/* The superblock, and zeros behind the image up to a whole page. */
static int end(struct sqfswrite *w, uint64_t *size, struct err *e)
{
	static const char none[ALIGN];
	uint64_t used = w->file.size;
	size_t more = (ALIGN - used % ALIGN) % ALIGN;
	int code;

	w->super.bytes_used = used;
	w->super.modification_time = w->mtime < 0 ? 0
				     : w->mtime > UINT32_MAX
					     ? UINT32_MAX
					     : (uint32_t)w->mtime;
	code = sqfs_super_write(&w->super, &w->file.base);
	if (!code)
		code = w->file.base.write_at(&w->file.base, used, none, more);
	if (code)
		return sqfsfile_fail(&w->file, code, e);
	*size = w->file.size;
	/* Blocks that turned out to be there already may have been behind. */
	if (ftruncate(w->file.fd, (off_t)(w->file.at + *size)))
		return err_sys(e, "can't cut the squashfs image to its size");
	return 0;
}

int sqfswrite_finish(struct sqfswrite *w, struct tree *t, uint64_t *size,
		     struct sqfswrite_stats *stats, struct err *e)
{
	struct sqfsinode_job job = {
		.file = &w->file,
		.compressor = w->compressor,
		.for_tables = sqfscomp_for_tables(w->compressor),
		.super = &w->super,
		.mtime = w->mtime,
		.times = &w->stats.times,
		.fractions = &w->stats.fractions,
		.xattrs = &w->stats.xattrs,
		.content = new_content,
		.ctx = w,
	};
	int code = sqfstails_end(w->tails);

	if (!code)
		code = sqfs_block_processor_finish(w->data);
	if (code)
		return sqfsfile_fail(&w->file, code, e);
	if (sqfstree_write(&job, t, write_fragments, e) ||
	    sqfscomp_check(w->compressor, e) || end(w, size, e))
		return -1;
	*stats = w->stats;
	return 0;
}
