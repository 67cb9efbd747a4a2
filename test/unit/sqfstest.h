/* sqfstest.h - trees of a few words each to squashfs images and back.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TEST_SQFSTEST_H
#define TEST_SQFSTEST_H

#include "base/mem.h"
#include "base/str.h"
#include "base/strlist.h"
#include "layer/inode.h"
#include "layer/sqfsread.h"
#include "layer/sqfswrite.h"
#include "layer/tree.h"
#include "tap.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sys/mman.h>

#define PIECE 100003 /* bytes that a source gives at once */

/* TYPE: 'd' directory, 'f' file, 's' symlink, 'p' fifo, 'c' and 'b' devices,
 * 'h' another name of what TEXT says. A file's content is TEXT or, if that is
 * NULL, SIZE bytes made from SEED, all of them or only those of EXTENTS (which
 * end with one of no bytes). XATTRS: "NAME=VALUE" with blanks between. */
struct item {
	char type;
	const char *name;
	const char *text;
	uint64_t size;
	unsigned seed;
	unsigned mode;
	uint32_t uid, gid, major, minor;
	int64_t mtime;
	const char *xattrs;
	struct extent extents[4];
};

/* A tree, what it owns, and the lines that reading it must give. */
struct plant {
	struct tree *tree;
	struct inode **inodes;
	size_t n, cap;
	struct strlist want;
};

/* A file's content as a source. */
struct content {
	const struct item *item;
	uint64_t at;
	uint64_t fail_at; /* 0: never */
	unsigned char piece[PIECE];
};

static int plant_gone(void *ctx, struct node *n, struct err *e)
{
	(void)ctx;
	(void)n;
	(void)e;
	return 0;
}

static const struct tree_ops plant_ops = { plant_gone, plant_gone, NULL };

static void plant_init(struct plant *p)
{
	*p = (struct plant){ .tree = tree_new(&plant_ops) };
}

static void plant_clear(struct plant *p)
{
	for (size_t i = 0; i < p->n; i++) {
		for (size_t k = 0; k < p->inodes[i]->n_xattrs; k++) {
			free(p->inodes[i]->xattrs[k].name);
			free(p->inodes[i]->xattrs[k].value);
		}
		free(p->inodes[i]->xattrs);
		free(p->inodes[i]);
	}
	free(p->inodes);
	strlist_clear(&p->want);
	tree_free(p->tree);
}
AUTO_DEFINE(plant, struct plant, plant_clear)

static uint64_t item_size(const struct item *it)
{
	return it->text ? strlen(it->text) : it->size;
}

static unsigned char item_byte(const struct item *it, uint64_t at)
{
	if (it->text)
		return (unsigned char)it->text[at];
	return (unsigned char)((at / 5 * 2654435761u >> 9) + it->seed + at % 3);
}

/* The part of the content from AT on that is there: N bytes, 0 at the end. */
static uint64_t item_part(const struct item *it, uint64_t *at)
{
	uint64_t size = item_size(it);

	if (!it->extents[0].n)
		return size - *at;
	for (size_t i = 0; i < 4 && it->extents[i].n; i++) {
		const struct extent *x = &it->extents[i];

		if (*at >= x->at + x->n)
			continue;
		if (*at < x->at)
			*at = x->at;
		return x->at + x->n - *at;
	}
	return 0;
}

static int content_data(void *ctx, const void **p, size_t *n, uint64_t *offset,
			struct err *e)
{
	struct content *c = ctx;
	uint64_t left = item_part(c->item, &c->at);

	if (c->fail_at && c->at >= c->fail_at)
		return err_set(e, ERR_NET, "the line is dead");
	if (!left)
		return 0;
	*n = left < PIECE ? (size_t)left : PIECE;
	*offset = c->at;
	for (size_t i = 0; i < *n; i++)
		c->piece[i] = item_byte(c->item, c->at + i);
	c->at += *n;
	*p = c->piece;
	return 1;
}

/* A sum that holes add nothing to and that does not depend on pieces. */
static uint64_t sum_of(uint64_t sum, const unsigned char *p, size_t n,
		       uint64_t at)
{
	for (size_t i = 0; i < n; i++)
		sum += p[i] * (at + i + 1);
	return sum;
}

static uint64_t item_sum(const struct item *it)
{
	uint64_t sum = 0;
	uint64_t at = 0;
	uint64_t n;

	while ((n = item_part(it, &at))) {
		for (uint64_t i = 0; i < n; i++, at++)
			sum += item_byte(it, at) * (at + 1);
	}
	return sum;
}

static struct node *plant_find(struct plant *p, const char *path,
			       const char **last)
{
	struct node *n = tree_root(p->tree);
	struct err e = { 0 };

	while (strchr(path, '/')) {
		size_t len = strcspn(path, "/");
		struct node *c = tree_child(p->tree, n, path, len);

		n = c ? c : tree_imply(p->tree, n, path, len, 1, &e);
		path += len + 1;
	}
	*last = path;
	return n;
}

static void plant_xattrs(struct inode *in, const char *text)
{
	AUTO(strlist) struct strlist l = { 0 };

	strlist_split(&l, text ? text : "", ' ', false);
	for (size_t i = 0; i < l.n; i++) {
		char *eq = strchr(l.v[i], '=');

		in->xattrs = xrealloc(in->xattrs, in->n_xattrs + 1,
				      sizeof(*in->xattrs));
		in->xattrs[in->n_xattrs++] = (struct inode_xattr){
			.name = xstrndup(l.v[i], (size_t)(eq - l.v[i])),
			.value = xmemdup(eq + 1, strlen(eq + 1) + 1),
			.size = strlen(eq + 1),
		};
	}
}

static const char plant_types[] = "fds?pcb"; /* by enum entry_type */

/* A line for an entry; LINK and XATTRS (separated by blanks) may be NULL. */
static char *plant_line(char type, const char *name, const char *link,
			const struct entry *x, uint64_t sum, const char *xattrs)
{
	AUTO(strlist) struct strlist l = { 0 };

	if (type == 'h')
		return str_fmt("h %s=%s", name, link);
	strlist_split(&l, xattrs ? xattrs : "", ' ', false);
	strlist_sort(&l);
	autostr char *sorted = strlist_join(&l, " ");

	return str_fmt("%c %s%s%s %o %u:%u %" PRId64 " %" PRIu64 "+%" PRIu64
		       " %u:%u %s",
		       type, name, type == 's' ? ">" : "",
		       type == 's' ? link : "", (unsigned)x->mode, x->uid,
		       x->gid, (int64_t)x->mtime.tv_sec, x->size, sum, x->major,
		       x->minor, sorted);
}

static struct inode *plant_inode(struct plant *p, const struct item *it)
{
	struct inode *in = xcalloc(1, sizeof(*in));

	in->type = (uint8_t)(strchr(plant_types, it->type) - plant_types);
	in->mode = (uint16_t)it->mode;
	in->n_links = 1;
	in->uid = it->uid;
	in->gid = it->gid;
	in->major = it->major;
	in->minor = it->minor;
	in->mtime_s = it->mtime;
	in->size = it->type == 'f' ? item_size(it) : 0;
	plant_xattrs(in, it->xattrs);
	p->inodes = mem_grow(p->inodes, &p->cap, p->n + 1, sizeof(*p->inodes));
	p->inodes[p->n++] = in;
	return in;
}

/* Write IT's content to W, unless W is NULL, and IT to the tree. */
static int plant_add(struct plant *p, struct sqfswrite *w,
		     const struct item *it, struct err *e)
{
	static const uint8_t nodes[] = { NODE_FILE,  NODE_DIR,  NODE_SYMLINK,
					 0,          NODE_FIFO, NODE_DEVICE,
					 NODE_DEVICE };
	autostr struct content *c = xcalloc(1, sizeof(*c));
	struct entries r = { .data = content_data, .ctx = c };
	struct entry x = { .name = (char *)it->name,
			   .mode = it->mode,
			   .uid = it->uid,
			   .gid = it->gid,
			   .major = it->major,
			   .minor = it->minor };
	const char *last;
	struct node *dir = plant_find(p, it->name, &last);
	struct node *n = dir;
	struct inode *in;
	bool fresh;

	if (it->type == 'h') {
		const char *old_last;
		struct node *d = plant_find(p, it->text, &old_last);
		struct node *old =
			tree_child(p->tree, d, old_last, strlen(old_last));

		if (tree_put(p->tree, dir, last, old->type,
			     old->type == NODE_SYMLINK ? tree_target(old)
						       : NULL,
			     1, &n, &fresh, e))
			return -1;
		n->data = old->data;
		node_inode(n)->n_links++;
		strlist_give(&p->want, plant_line('h', it->name, it->text, NULL,
						  0, NULL));
		return 0;
	}
	in = plant_inode(p, it);
	c->item = it;
	x.size = in->size;
	/* Every other file with holes is one that does not say so. */
	x.is_sparse = it->extents[0].n && it->seed;
	x.mtime.tv_sec = it->mtime < 0            ? 0
			 : it->mtime > UINT32_MAX ? UINT32_MAX
						  : it->mtime;
	if (strcmp(it->name, ".") != 0 &&
	    tree_put(p->tree, dir, last, nodes[in->type],
		     it->type == 's' ? it->text : NULL, 1, &n, &fresh, e))
		return -1;
	n->data = in;
	if (it->type == 'f' && in->size && w &&
	    sqfswrite_put(w, &x, &r, &in->content, e))
		return -1;
	strlist_give(&p->want, plant_line(it->type, it->name, it->text, &x,
					  it->type == 'f' ? item_sum(it) : 0,
					  it->xattrs));
	return 0;
}

/* All lines that reading gives, in order; what went wrong is the last one. */
static void read_all(struct sqfsread *s, struct strlist *out, struct err *e)
{
	struct entries r = sqfsread_entries(s);
	struct entry x;
	int got;

	while ((got = r.next(r.ctx, &x, e)) > 0) {
		AUTO(str) struct str xattrs = { 0 };
		uint64_t offset, sum = 0, end = 0;
		const char *name;
		const void *p;
		size_t n;

		while (r.xattr(r.ctx, &name, &p, &n))
			str_addf(&xattrs, "%s%s=%.*s", xattrs.len ? " " : "",
				 name, (int)n, (const char *)p);
		if (x.has_xattrs != (xattrs.len > 0))
			strlist_addf(out, "%s: has_xattrs is wrong", x.name);
		while ((got = r.data(r.ctx, &p, &n, &offset, e)) > 0) {
			if (offset < end || n > x.size - offset)
				strlist_addf(out, "%s: pieces overlap", x.name);
			end = offset + n;
			sum = sum_of(sum, p, n, offset);
		}
		if (got < 0)
			return;
		strlist_give(out,
			     plant_line(x.type == ENTRY_HARDLINK
						? 'h'
						: plant_types[x.type],
					x.name, x.link, &x, sum, xattrs.p));
	}
}

/* The image in FD is what P wants. */
__attribute__((unused)) static void plant_same(struct plant *p, int fd,
					       uint64_t at, uint64_t size,
					       const char *what)
{
	AUTO(strlist) struct strlist got = { 0 };
	struct err e = { 0 };
	AUTO(sqfsread) struct sqfsread *s = sqfsread_new(fd, at, size, &e);

	if (s)
		read_all(s, &got, &e);
	is(e.msg, "", what);
	strlist_sort(&got);
	strlist_sort(&p->want);
	autostr char *a = strlist_join(&got, "\n");
	autostr char *b = strlist_join(&p->want, "\n");

	if (got.n < 100)
		is(a, b, what);
	else
		ok(str_eq(a, b), "%s: %zu lines", what, got.n);
}

static int memory(void)
{
	int fd = memfd_create("image", MFD_CLOEXEC);

	if (fd < 0)
		abort();
	return fd;
}

/* N items to an image in FD from AT on. */
__attribute__((unused)) static int
plant_write(struct plant *p, int fd, uint64_t at,
	    const struct sqfswrite_opts *o, const struct item *items, size_t n,
	    uint64_t *size, struct sqfswrite_stats *stats, struct err *e)
{
	AUTO(sqfswrite) struct sqfswrite *w = sqfswrite_new(fd, at, o, e);

	if (!w)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (plant_add(p, w, &items[i], e))
			return -1;
	tree_sort(p->tree);
	return sqfswrite_finish(w, p->tree, size, stats, e);
}

#endif
