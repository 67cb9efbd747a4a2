/* sqfstree.c - the names and inodes of a tree in memory to the tables of a
 * squashfs image.
 * SPDX-License-Identifier: Apache-2.0
 *
 * An inode is written before the directories that name it. So directories are
 * done from the leaves on; of one directory, first those in it, then everything
 * else, so that what it lists stands together.
 */
#include "config.h"

#include "layer/sqfstree.h"

#include "base/intr.h"
#include "base/mem.h"
#include "layer/inode.h"

#include <sqfs/dir_writer.h>
#include <sqfs/error.h>
#include <sqfs/meta_writer.h>
#include <string.h>
#include <sys/stat.h>

/* A name that is to be listed: what it stands for was written. */
struct written {
	const struct node *node;
	uint64_t ref;
	uint32_t number;
	uint16_t type; /* S_IFMT */
};

/* A directory under way. */
struct frame {
	struct node *dir;
	struct node *next; /* to look at: a directory? */
	size_t first;      /* of its directories, in written */
	uint32_t number;
};

struct writer {
	const struct sqfsinode_job *job;
	struct sqfsinode *inodes;
	sqfs_meta_writer_t *listings;
	sqfs_dir_writer_t *dirs;
	uint32_t n_inodes;
	struct frame *frames;
	size_t n_frames, cap_frames;
	struct written *written;
	size_t n_written, cap_written;
};

static void writer_clear(struct writer *w)
{
	if (w->inodes)
		sqfsinode_free(w->inodes);
	sqfsfile_destroy(w->dirs);
	sqfsfile_destroy(w->listings);
	free(w->frames);
	free(w->written);
}
AUTO_DEFINE(writer, struct writer, writer_clear)

static int failed(const struct writer *w, int code, struct err *e)
{
	return sqfsfile_fail(w->job->file, code, e);
}

static int writer_init(struct writer *w, const struct sqfsinode_job *job,
		       struct err *e)
{
	w->job = job;
	w->inodes = sqfsinode_new(job, e);
	if (!w->inodes)
		return -1;
	w->listings = sqfs_meta_writer_create(&job->file->base, job->compressor,
					      SQFS_META_WRITER_KEEP_IN_MEMORY);
	if (w->listings)
		w->dirs = sqfs_dir_writer_create(w->listings, 0);
	return w->dirs ? 0 : failed(w, SQFS_ERROR_ALLOC, e);
}

// clang-format off
static const uint16_t formats[] = {
	[ENTRY_FILE] = S_IFREG,
	[ENTRY_SYMLINK] = S_IFLNK,
	[ENTRY_FIFO] = S_IFIFO,
	[ENTRY_CHAR] = S_IFCHR,
	[ENTRY_BLOCK] = S_IFBLK,
};
// clang-format on

static void list(struct writer *w, const struct node *n, uint16_t type,
		 uint64_t ref, uint32_t number)
{
	w->written = mem_grow(w->written, &w->cap_written, w->n_written + 1,
			      sizeof(*w->written));
	w->written[w->n_written++] = (struct written){
		.node = n,
		.ref = ref,
		.number = number,
		.type = type,
	};
}

/* The inode of the name N, which is not a directory's, unless another name
 * brought it already. */
static int name(struct writer *w, struct node *n, struct err *e)
{
	struct inode *in = node_inode(n);
	struct sqfsinode_content *c = in->content;
	uint64_t ref = sqfsinode_ref(w->inodes);

	if (in->number) {
		list(w, n, formats[in->type], c->ref, in->number);
		return 0;
	}
	in->number = ++w->n_inodes;
	if (in->n_links > 1 && !c)
		c = in->content = w->job->content(w->job->ctx);
	if (c)
		c->ref = ref;
	list(w, n, formats[in->type], ref, in->number);
	return sqfsinode_write(w->inodes, n, in, in->number, e);
}

/* All names in the directory F in order: its directories are in WRITTEN from
 * FIRST on, the rest is written now. */
static int names(struct writer *w, const struct frame *f, struct err *e)
{
	size_t n_dirs = w->n_written - f->first;
	size_t n = 0;

	for (struct node *c = f->dir->dir->child; c; c = c->next) {
		if (intr_check(e))
			return -1;
		if (!c->dir && name(w, c, e))
			return -1;
		/* Directories are in the same order: each is next when its
		 * turn comes. */
		if (c->dir) {
			struct written d = w->written[f->first + n++];

			list(w, d.node, d.type, d.ref, d.number);
		}
	}
	if (n_dirs)
		memmove(w->written + f->first, w->written + f->first + n_dirs,
			(w->n_written - f->first - n_dirs) *
				sizeof(*w->written));
	w->n_written -= n_dirs;
	return 0;
}

/* The list of names of the directory F; they go from WRITTEN. */
static int listing(struct writer *w, const struct frame *f, uint32_t *n_dirs,
		   struct err *e)
{
	int code = sqfs_dir_writer_begin(w->dirs, 0);

	*n_dirs = 0;
	for (size_t i = f->first; i < w->n_written && !code; i++) {
		const struct written *x = &w->written[i];

		code = sqfs_dir_writer_add_entry(w->dirs, x->node->name,
						 x->number, x->ref, x->type);
		*n_dirs += x->type == S_IFDIR;
	}
	if (!code)
		code = sqfs_dir_writer_end(w->dirs);
	w->n_written = f->first;
	return code ? failed(w, code, e) : 0;
}

/* The format has 32 bits for a place in a table, and for the bytes of a
 * listing; the library would cut it. */
static int check_places(const struct writer *w, struct err *e)
{
	uint64_t block;
	uint32_t offset;

	sqfs_meta_writer_get_position(w->listings, &block, &offset);
	if (block <= UINT32_MAX &&
	    sqfsinode_ref(w->inodes) >> 16 <= UINT32_MAX &&
	    sqfs_dir_writer_get_size(w->dirs) < UINT32_MAX)
		return 0;
	return err_set(e, ERR_LIMIT,
		       "more names than a squashfs image can have");
}

/* F is the last frame, and the directories in it are written. */
static int directory(struct writer *w, struct frame *f, struct err *e)
{
	struct sqfsinode_dir d = {
		.listing = w->dirs,
		.number = f->number,
		.parent = f > w->frames ? f[-1].number : w->n_inodes + 1,
	};
	uint64_t ref;

	if (names(w, f, e) || listing(w, f, &d.n_dirs, e) ||
	    check_places(w, e))
		return -1;
	ref = sqfsinode_ref(w->inodes);
	list(w, f->dir, S_IFDIR, ref, f->number);
	return sqfsinode_dir(w->inodes, node_inode(f->dir), &d, e);
}

static void enter(struct writer *w, struct node *dir)
{
	w->frames = mem_grow(w->frames, &w->cap_frames, w->n_frames + 1,
			     sizeof(*w->frames));
	w->frames[w->n_frames++] = (struct frame){
		.dir = dir,
		.next = dir->dir->child,
		.first = w->n_written,
		.number = ++w->n_inodes,
	};
}

/* The inode table, and the directories in memory. */
static int all(struct writer *w, struct tree *t, struct err *e)
{
	enter(w, tree_root(t));
	while (w->n_frames) {
		struct frame *f = &w->frames[w->n_frames - 1];
		struct node *n = f->next;

		if (n) {
			f->next = n->next;
			if (n->dir)
				enter(w, n);
			continue;
		}
		if (directory(w, f, e))
			return -1;
		w->n_frames--;
	}
	w->job->super->root_inode_ref = w->written[0].ref;
	w->job->super->inode_count = w->n_inodes;
	return 0;
}

int sqfstree_write(const struct sqfsinode_job *job, struct tree *t,
		   int (*between)(void *ctx, struct err *e), struct err *e)
{
	AUTO(writer) struct writer w = { 0 };
	int code;

	if (tree_count(t) >= UINT32_MAX)
		return err_set(e, ERR_LIMIT,
			       "more names than a squashfs image can have");
	if (writer_init(&w, job, e))
		return -1;
	job->super->inode_table_start = job->file->size;
	if (all(&w, t, e) || sqfsinode_end(w.inodes, e))
		return -1;
	code = sqfs_meta_writer_flush(w.listings);
	job->super->directory_table_start = job->file->size;
	if (!code)
		code = sqfs_meta_write_write_to_file(w.listings);
	if (code)
		return failed(&w, code, e);
	return between(job->ctx, e) || sqfsinode_tables(w.inodes, e) ? -1 : 0;
}
