/* sqfsinode.c - inodes of a squashfs image that is written.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "layer/sqfsinode.h"

#include "base/intr.h"
#include "base/mem.h"
#include "layer/sqfsids.h"
#include "layer/sqfssets.h"

#include <endian.h>
#include <sqfs/error.h>
#include <sqfs/meta_writer.h>
#include <string.h>
#include <sys/stat.h>

struct sqfsinode {
	const struct sqfsinode_job *job;
	sqfs_meta_writer_t *inodes;
	struct sqfssets *sets;
	struct sqfsids *ids;
};

static int failed(const struct sqfsinode *w, int code, struct err *e)
{
	return sqfsfile_fail(w->job->file, code, e);
}

void sqfsinode_free(struct sqfsinode *w)
{
	sqfsfile_destroy(w->inodes);
	if (w->sets)
		sqfssets_free(w->sets);
	if (w->ids)
		sqfsids_free(w->ids);
	free(w);
}

struct sqfsinode *sqfsinode_new(const struct sqfsinode_job *job, struct err *e)
{
	AUTO(sqfsinode) struct sqfsinode *w = xcalloc(1, sizeof(*w));

	w->job = job;
	w->ids = sqfsids_new();
	w->sets = sqfssets_new(job->xattrs, e);
	if (!w->sets)
		return NULL;
	w->inodes =
		sqfs_meta_writer_create(&job->file->base, job->compressor, 0);
	if (w->inodes)
		return TAKE(w);
	failed(w, SQFS_ERROR_ALLOC, e);
	return NULL;
}

static uint32_t clamp(struct sqfsinode *w, int64_t s)
{
	if (s >= 0 && s <= UINT32_MAX)
		return (uint32_t)s;
	++*w->job->times;
	return s < 0 ? 0 : UINT32_MAX;
}

/* What all inodes have: I is of a basic type, complete but for this. */
static int common(struct sqfsinode *w, const struct inode *in,
		  sqfs_inode_generic_t *i, uint32_t number, uint32_t xattrs,
		  struct err *e)
{
	uint16_t uid, gid;
	int code;

	if (sqfsids_index(w->ids, in ? in->uid : 0, &uid, e) ||
	    sqfsids_index(w->ids, in ? in->gid : 0, &gid, e))
		return -1;
	code = xattrs == SQFSSETS_NONE ? 0
				       : sqfs_inode_set_xattr_index(i, xattrs);
	if (code)
		return failed(w, code, e);
	i->base.mode = in ? in->mode & 07777 : 0755;
	i->base.uid_idx = uid;
	i->base.gid_idx = gid;
	i->base.mod_time = clamp(w, in ? in->mtime_s : w->job->mtime);
	*w->job->fractions += in && in->mtime_ns;
	i->base.inode_number = number;
	return 0;
}

uint64_t sqfsinode_ref(const struct sqfsinode *w)
{
	uint64_t block;
	uint32_t offset;

	sqfs_meta_writer_get_position(w->inodes, &block, &offset);
	return block << 16 | offset;
}

static int store(struct sqfsinode *w, const sqfs_inode_generic_t *i,
		 struct err *e)
{
	int code = sqfs_meta_writer_write_inode(w->inodes, i);

	return code ? failed(w, code, e) : 0;
}

/* The sizes of blocks go behind the inode. The library would have them all on
 * the stack. */
static int store_blocks(struct sqfsinode *w, const uint32_t *sizes, size_t n,
			struct err *e)
{
	uint32_t some[1024];

	for (size_t i = 0; i < n;) {
		size_t k = 0;
		int code;

		while (k < ARRAY_SIZE(some) && i < n)
			some[k++] = htole32(sizes[i++]);
		code = sqfs_meta_writer_append(w->inodes, some,
					       k * sizeof(*some));
		if (code)
			return failed(w, code, e);
	}
	return 0;
}

/* N holes in place of blocks. */
static int store_holes(struct sqfsinode *w, uint64_t n, struct err *e)
{
	static const uint32_t none[1024];

	while (n) {
		size_t k = n < ARRAY_SIZE(none) ? (size_t)n : ARRAY_SIZE(none);

		if (intr_check(e) || store_blocks(w, none, k, e))
			return -1;
		n -= k;
	}
	return 0;
}

/* The list of the N blocks of C. */
static int store_list(struct sqfsinode *w, const struct sqfsinode_content *c,
		      uint64_t n, struct err *e)
{
	uint64_t at = 0;

	for (; c; c = c->next) {
		size_t k = sqfs_inode_get_file_block_count(c->file);

		if (store_holes(w, c->block - at, e) ||
		    store_blocks(w, c->file->extra, k, e))
			return -1;
		at = c->block + k;
	}
	return store_holes(w, n - at, e);
}

/* Bytes of a file of SIZE that are in holes: THERE are not. The kernel makes
 * st_blocks of it, as of a number without a sign; like mksquashfs we keep it
 * below the size. */
static uint64_t sparse(uint64_t size, uint64_t there)
{
	return size && !there ? size - 1 : size - there;
}

/* C's parts as one inode OUT, but for its list of blocks; *N is how many. */
static void join(const struct sqfsinode *w, const struct inode *in,
		 const struct sqfsinode_content *c, sqfs_inode_generic_t *out,
		 uint64_t *n)
{
	uint32_t size = w->job->super->block_size;
	sqfs_inode_file_ext_t *f = &out->data.file_ext;
	uint64_t there = 0; /* bytes */

	*n = in->size / size;
	*out = (sqfs_inode_generic_t){ .base.type = SQFS_INODE_FILE };
	sqfs_inode_make_extended(out);
	f->file_size = in->size;
	f->fragment_idx = f->fragment_offset = UINT32_MAX;
	for (; c; c = c->next) {
		size_t k = sqfs_inode_get_file_block_count(c->file);
		sqfs_u64 start;

		/* The last part has it. */
		sqfs_inode_get_frag_location(c->file, &f->fragment_idx,
					     &f->fragment_offset);
		sqfs_inode_get_file_block_start(c->file, &start);
		for (size_t i = 0; i < k; i++) {
			if (!c->file->extra[i])
				continue;
			if (!there)
				f->blocks_start = start;
			there += size;
		}
	}
	if (f->fragment_idx != UINT32_MAX)
		there += in->size % size;
	else if (in->size % size)
		++*n;
	f->sparse = sparse(in->size, there);
}

static void set_tail(sqfs_inode_generic_t *i, const struct inode *in,
		     const struct sqfsinode_content *c)
{
	sqfs_inode_set_frag_location(i, c->tail.index, c->tail.offset);
	sqfs_inode_set_file_size(i, in->size);
}

static int store_file(struct sqfsinode *w, const struct inode *in,
		      uint32_t number, struct err *e)
{
	static const struct sqfsinode_content none;
	const struct sqfsinode_content *c = in->content ? in->content : &none;
	sqfs_inode_generic_t own = { .base.type = SQFS_INODE_FILE };
	sqfs_inode_generic_t *i = c->file ? c->file : &own;
	uint64_t n = sqfs_inode_get_file_block_count(i);
	uint32_t xattrs;

	if (!c->file && !c->is_sparse && !c->is_tail && in->size)
		return err_set(e, ERR_FORMAT,
			       "a file of %llu bytes has no content",
			       (unsigned long long)in->size);
	if (c->is_tail)
		set_tail(i, in, c);
	else if (i == &own)
		sqfs_inode_set_frag_location(i, UINT32_MAX, UINT32_MAX);
	if (c->is_sparse)
		join(w, in, c, i = &own, &n);
	if (sqfssets_index(w->sets, in, &xattrs, e) ||
	    common(w, in, i, number, xattrs, e))
		return -1;
	if (in->n_links > 1) {
		sqfs_inode_make_extended(i);
		i->data.file_ext.nlink = in->n_links;
	}
	/* The list is ours to write. */
	uint32_t used = i->payload_bytes_used;
	int failed_first;

	i->payload_bytes_used = 0;
	failed_first = store(w, i, e);
	i->payload_bytes_used = used;
	if (failed_first)
		return -1;
	return c->file ? store_list(w, c, n, e) : store_holes(w, n, e);
}

/* A device's number as squashfs has it, as the kernel's new_encode_dev(). */
static uint32_t device(const struct inode *in)
{
	return (in->minor & 0xff) | (in->major & 0xfff) << 8 |
	       (in->minor & 0xfff00) << 12;
}

/* A device, fifo or symlink. */
static int store_other(struct sqfsinode *w, const struct node *n,
		       const struct inode *in, uint32_t number, struct err *e)
{
	const char *target = in->type == ENTRY_SYMLINK ? tree_target(n) : "";
	size_t len = strlen(target);
	autostr void *p = xcalloc(1, sizeof(sqfs_inode_generic_t) + len);
	sqfs_inode_generic_t *i = p;
	uint32_t xattrs;

	switch (in->type) {
	case ENTRY_SYMLINK:
		i->base.type = SQFS_INODE_SLINK;
		i->data.slink.nlink = in->n_links;
		i->data.slink.target_size = (uint32_t)len;
		memcpy(i->extra, target, len);
		break;
	case ENTRY_FIFO:
		i->base.type = SQFS_INODE_FIFO;
		i->data.ipc.nlink = in->n_links;
		break;
	default:
		i->base.type = in->type == ENTRY_CHAR ? SQFS_INODE_CDEV
						      : SQFS_INODE_BDEV;
		i->data.dev.nlink = in->n_links;
		i->data.dev.devno = device(in);
		break;
	}
	if (sqfssets_index(w->sets, in, &xattrs, e) ||
	    common(w, in, i, number, xattrs, e))
		return -1;
	return store(w, i, e);
}

int sqfsinode_write(struct sqfsinode *w, const struct node *n,
		    const struct inode *in, uint32_t number, struct err *e)
{
	return in->type == ENTRY_FILE ? store_file(w, in, number, e)
				      : store_other(w, n, in, number, e);
}

int sqfsinode_dir(struct sqfsinode *w, const struct inode *in,
		  const struct sqfsinode_dir *d, struct err *e)
{
	sqfs_inode_generic_t *i;
	uint32_t xattrs;
	int failed_too;

	if (sqfssets_index(w->sets, in, &xattrs, e))
		return -1;
	i = sqfs_dir_writer_create_inode(d->listing, 0, xattrs, d->parent);
	if (!i)
		return failed(w, SQFS_ERROR_ALLOC, e);
	if (i->base.type == SQFS_INODE_DIR)
		i->data.dir.nlink = d->n_dirs + 2;
	else
		i->data.dir_ext.nlink = d->n_dirs + 2;
	failed_too = common(w, in, i, d->number, xattrs, e) || store(w, i, e);
	sqfs_free(i);
	return failed_too ? -1 : 0;
}

int sqfsinode_end(struct sqfsinode *w, struct err *e)
{
	int code = sqfs_meta_writer_flush(w->inodes);

	return code ? failed(w, code, e) : 0;
}

int sqfsinode_tables(struct sqfsinode *w, struct err *e)
{
	const struct sqfsinode_job *job = w->job;

	if (sqfsids_write(w->ids, job->file, job->for_tables, job->super, e) ||
	    sqfssets_write(w->sets, job->file, job->for_tables, job->super, e))
		return -1;
	return 0;
}
