/* sqfsread.c - a squashfs image as entries.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The way through the tree is a stack of places in directories. What was seen
 * is known by where its inode is.
 */
#include "config.h"

#include "layer/sqfsread.h"

#include "base/intr.h"
#include "base/mem.h"
#include "base/sip.h"
#include "layer/lookup.h"
#include "layer/sqfsblocks.h"
#include "layer/sqfsimage.h"
#include "layer/sqfslist.h"
#include "layer/sqfsxattr.h"
#include "layer/tree.h"

#include <string.h>

#define NAMES_FREE 65536 /* that need no room in the tables */

struct frame {
	struct sqfslist list;
	size_t path_len; /* of the directory's name, in path */
};

/* An inode that has had a name. */
struct seen {
	uint64_t ref;  /* + 1; 0: free */
	char *path;    /* the first; NULL for a directory, and when all came */
	uint32_t left; /* names that may still come */
	bool is_dir;
};

struct sqfsread {
	struct sqfsimage img;
	struct sqfsblocks *blocks;
	struct sqfsxattr *xattrs;
	struct str path;
	struct str target;
	struct str first; /* name of an inode that has another one now */
	struct frame *frames;
	size_t n, cap;
	bool has_root; /* it was given */
	uint64_t n_names;
	struct seen *seen; /* a hash table, of 2 ** bits */
	size_t n_seen;
	size_t path_bytes; /* in their paths */
	size_t limit;      /* of that */
	unsigned bits;
	uint64_t seed;
	bool is_file; /* the entry has content */
	uint64_t n_sockets;
};

struct sqfsread *sqfsread_new(int fd, uint64_t at, uint64_t size, struct err *e)
{
	AUTO(sqfsread) struct sqfsread *r = xcalloc(1, sizeof(*r));

	r->seed = sip_key().word[0] | 1;
	r->bits = 10;
	r->limit = SQFSREAD_BYTES_MAX;
	r->seen = xcalloc((size_t)1 << r->bits, sizeof(*r->seen));
	if (sqfsimage_open(&r->img, fd, at, size, e))
		return NULL;
	r->blocks = sqfsblocks_new(&r->img);
	r->xattrs = sqfsxattr_new(&r->img, e);
	return r->xattrs ? TAKE(r) : NULL;
}

void sqfsread_free(struct sqfsread *r)
{
	if (r->xattrs)
		sqfsxattr_free(r->xattrs);
	if (r->blocks)
		sqfsblocks_free(r->blocks);
	sqfsimage_close(&r->img);
	for (size_t i = 0; i < (size_t)1 << r->bits; i++)
		free(r->seen[i].path);
	free(r->seen);
	free(r->frames);
	str_clear(&r->path);
	str_clear(&r->target);
	str_clear(&r->first);
	free(r);
}

/* Multiply-shift hashing with an odd factor that the image can't know. */
static struct seen *slot(const struct sqfsread *r, uint64_t ref)
{
	size_t mask = ((size_t)1 << r->bits) - 1;
	size_t i = (size_t)((ref * r->seed) >> (64 - r->bits));

	while (r->seen[i].ref && r->seen[i].ref != ref)
		i = (i + 1) & mask;
	return &r->seen[i];
}

static void grow(struct sqfsread *r)
{
	struct seen *old = r->seen;
	size_t n = (size_t)1 << r->bits++;

	r->seen = xcalloc(2 * n, sizeof(*r->seen));
	for (size_t i = 0; i < n; i++)
		if (old[i].ref)
			*slot(r, old[i].ref) = old[i];
	free(old);
}

/* The place of the inode at REF; it is new if its ref is 0. */
static struct seen *place(struct sqfsread *r, uint64_t ref)
{
	if (r->n_seen * 2 >= (size_t)1 << r->bits)
		grow(r);
	return slot(r, ref + 1);
}

/* The directory at REF: was there one before? */
static bool see_dir(struct sqfsread *r, uint64_t ref)
{
	struct seen *s = place(r, ref);

	if (s->ref)
		return true;
	s->ref = ref + 1;
	s->is_dir = true;
	r->n_seen++;
	return false;
}

/* A name, which is in path, of the inode at REF that has LINKS. *FIRST: the
 * first of its names, ours until the next call, or NULL if this is it. With the
 * last one it is forgotten, as seen.c does. */
static int see(struct sqfsread *r, uint64_t ref, uint32_t links,
	       const char **first, struct err *e)
{
	struct seen *s = place(r, ref);

	*first = NULL;
	if (s->ref && s->path) {
		r->first.len = 0;
		str_add(&r->first, s->path);
		*first = r->first.p;
		if (--s->left)
			return 0;
		r->path_bytes -= strlen(s->path) + 1;
		free(TAKE(s->path));
		return 0;
	}
	if (s->is_dir)
		return sqfsimage_bad(e, "a directory has two types");
	r->path_bytes += r->path.len + 1;
	if (r->path_bytes > r->limit)
		return err_set(e, ERR_LIMIT,
			       "squashfs image: more than %zu bytes in the "
			       "names of files that have others",
			       r->limit);
	r->n_seen += !s->ref;
	s->ref = ref + 1;
	s->path = xstrdup(r->path.p);
	s->left = links - 1;
	return 0;
}

static int enter(struct sqfsread *r, const struct sqfsimage_inode *dir,
		 uint64_t ref, struct err *e)
{
	if (see_dir(r, ref))
		return sqfsimage_bad(e, "a directory has two names");
	if (r->n > TREE_DEPTH_MAX)
		return err_set(e, ERR_LIMIT,
			       "squashfs image: more than %d directories in "
			       "one another",
			       TREE_DEPTH_MAX);
	r->frames = mem_grow(r->frames, &r->cap, r->n + 1, sizeof(*r->frames));
	r->frames[r->n].path_len = r->path.len;
	sqfslist_start(&r->frames[r->n++].list, dir);
	return 0;
}

static int count(struct sqfsread *r, struct err *e)
{
	const struct sqfshdr *h = &r->img.hdr;

	/* An inode and a name take some bytes, however well compressed. An
	 * image whose directories share lists would never end. */
	if (++r->n_names - NAMES_FREE < INT64_MAX &&
	    r->n_names - NAMES_FREE > h->ids_at - h->inodes_at)
		return sqfsimage_bad(e, "it has more names than there is room "
					"for in its tables");
	return intr_check(e);
}

static int set_file(struct sqfsread *r, struct entry *out,
		    const struct sqfsimage_inode *i, struct err *e)
{
	if (sqfsblocks_open(r->blocks, i, e))
		return -1;
	r->is_file = true;
	out->size = i->size;
	out->is_sparse =
		sqfsblocks_extents(r->blocks, &out->extents, &out->n_extents);
	return 0;
}

/* OUT is I, of the name that is in path; FIRST is another one, or NULL. */
static int set_entry(struct sqfsread *r, struct entry *out,
		     const struct sqfsimage_inode *i, const char *first,
		     struct err *e)
{
	*out = (struct entry){
		.type = first ? ENTRY_HARDLINK : i->type,
		.name = r->path.p,
		.link = (char *)"",
		.mode = i->mode,
		.uid = i->uid,
		.gid = i->gid,
		.mtime = { .tv_sec = i->mtime },
	};
	if (first)
		out->link = (char *)first;
	if (i->type == ENTRY_SYMLINK && !first)
		out->link = r->target.p;
	/* As the kernel's new_decode_dev(). */
	if (i->type == ENTRY_CHAR || i->type == ENTRY_BLOCK) {
		out->major = i->device >> 8 & 0xfff;
		out->minor = (i->device & 0xff) | (i->device >> 12 & 0xfff00);
	}
	if (sqfsxattr_open(r->xattrs, first ? SQFSIMAGE_NONE : i->xattrs,
			   &out->has_xattrs, e))
		return -1;
	return out->type == ENTRY_FILE ? set_file(r, out, i, e) : 0;
}

static int root(struct sqfsread *r, struct entry *out, struct err *e)
{
	struct sqfsimage_inode i;

	r->has_root = true;
	if (sqfsimage_inode(&r->img, r->img.hdr.root, &i, &r->target, e))
		return -1;
	if (i.type != ENTRY_DIR)
		return sqfsimage_bad(e, "its root is no directory");
	str_add(&r->path, "");
	if (enter(r, &i, r->img.hdr.root, e))
		return -1;
	str_add(&r->path, ".");
	return set_entry(r, out, &i, NULL, e) ? -1 : 1;
}

/* The entry of NAME: 1, or 0 if it is nothing that an entry can be. */
static int take(struct sqfsread *r, const struct sqfsimage_name *name,
		struct entry *out, struct err *e)
{
	struct sqfsimage_inode i;
	const char *first = NULL;

	if (sqfsimage_named(&r->img, name, &i, &r->target, e))
		return -1;
	if (i.type == ENTRY_DIR) {
		if (enter(r, &i, name->ref, e))
			return -1;
	} else if (i.n_links > 1 &&
		   see(r, name->ref, i.n_links, &first, e)) {
		return -1;
	}
	/* A socket is something that runs: no image can hold one. */
	if (i.is_socket) {
		r->n_sockets++;
		return 0;
	}
	return set_entry(r, out, &i, first, e) ? -1 : 1;
}

static int step(struct sqfsread *r, struct frame *f, struct entry *out,
		struct err *e)
{
	struct sqfsimage_name name;
	int got;

	r->path.len = f->path_len;
	r->path.p[r->path.len] = '\0';
	got = sqfslist_next(&f->list, &r->img, &name, e);
	if (got < 0)
		return err_ctx(e, "'%s'", f->path_len ? r->path.p : ".");
	if (!got) {
		r->n--;
		return 0;
	}
	if (f->path_len)
		str_addc(&r->path, '/');
	str_add(&r->path, name.text);
	if (r->path.len > LOOKUP_PATH_MAX)
		return err_set(e, ERR_LIMIT,
			       "squashfs image: a path of more than %d bytes",
			       LOOKUP_PATH_MAX);
	if (count(r, e))
		return -1;
	got = take(r, &name, out, e);
	return got < 0 ? err_ctx(e, "'%s'", r->path.p) : got;
}

static int next(void *ctx, struct entry *out, struct err *e)
{
	struct sqfsread *r = ctx;
	int got = 0;

	r->is_file = false;
	if (!r->has_root)
		return root(r, out, e);
	while (r->n && !got)
		got = step(r, &r->frames[r->n - 1], out, e);
	return got;
}

static int data(void *ctx, const void **p, size_t *n, uint64_t *offset,
		struct err *e)
{
	struct sqfsread *r = ctx;

	if (!r->is_file)
		return 0;
	return sqfsblocks_next(r->blocks, p, n, offset, e);
}

static bool xattr(void *ctx, const char **name, const void **value,
		  size_t *size)
{
	struct sqfsread *r = ctx;

	return sqfsxattr_next(r->xattrs, name, value, size);
}

struct entries sqfsread_entries(struct sqfsread *r)
{
	return (struct entries){
		.next = next,
		.data = data,
		.xattr = xattr,
		.ctx = r,
	};
}

void sqfsread_limit(struct sqfsread *r, size_t bytes)
{
	r->limit = bytes;
}

uint64_t sqfsread_sockets(const struct sqfsread *r)
{
	return r->n_sockets;
}

/* The inode of the N bytes at NAME in DIR: 1, or 0 if there is none. */
static int find(struct sqfsread *r, struct sqfsimage_inode *dir,
		const char *name, size_t n, struct err *e)
{
	struct sqfsimage_name found;
	struct sqfslist l;
	AUTO(str) struct str target = { 0 };
	int got;

	sqfslist_start(&l, dir);
	while ((got = sqfslist_next(&l, &r->img, &found, e)) > 0) {
		if (strlen(found.text) != n || memcmp(found.text, name, n))
			continue;
		if (sqfsimage_named(&r->img, &found, dir, &target, e))
			return -1;
		return 1;
	}
	return got;
}

static int find_path(struct sqfsread *r, const char *path,
		     struct sqfsimage_inode *i, struct err *e)
{
	AUTO(str) struct str target = { 0 };

	if (sqfsimage_inode(&r->img, r->img.hdr.root, i, &target, e))
		return -1;
	while (*path) {
		size_t n = strcspn(path, "/");
		int got = i->type != ENTRY_DIR ? 0
			  : n                  ? find(r, i, path, n, e)
					       : 1;

		if (got <= 0)
			return got;
		path += n;
		path += *path == '/';
	}
	return i->type == ENTRY_FILE;
}

int sqfsread_file(struct sqfsread *r, const char *path, size_t max,
		  struct str *out, struct err *e)
{
	AUTO(sqfsblocks) struct sqfsblocks *b = sqfsblocks_new(&r->img);
	struct sqfsimage_inode i;
	size_t start = out->len;
	int got = find_path(r, path, &i, e);
	uint64_t offset;
	const void *p;
	size_t n;

	if (got < 0)
		return -1;
	if (!got)
		return err_set(e, ERR_NOTFOUND, "no file '%s' in the image",
			       path);
	if (i.size > max)
		return err_set(e, ERR_LIMIT,
			       "'%s' is longer than the limit of %zu bytes",
			       path, max);
	if (sqfsblocks_open(b, &i, e))
		return -1;
	memset(str_reserve(out, (size_t)i.size), 0, (size_t)i.size + 1);
	while ((got = sqfsblocks_next(b, &p, &n, &offset, e)) > 0)
		memcpy(out->p + start + offset, p, n);
	if (got < 0)
		return -1;
	out->len = start + (size_t)i.size;
	return 0;
}
