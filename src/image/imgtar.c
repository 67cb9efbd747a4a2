/* imgtar.c - kind: a root file system in a tar archive.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "image/imgtar.h"

#include "base/io.h"
#include "base/mem.h"
#include "base/path.h"
#include "format/json.h"
#include "image/chmeta.h"
#include "image/outfile.h"
#include "image/standin.h"
#include "layer/tarwrite.h"

#include <unistd.h>

#define BLOCK 512

struct archive {
	int fd;
	struct source *source;
	char *name;
	struct layer_source input;
	struct stack_layers layers;
};

static ssize_t read_file(void *ctx, void *p, size_t n, struct err *e)
{
	struct archive *a = ctx;
	ssize_t got = io_read(a->fd, p, n, a->name, e);

	if (got > 0)
		atomic_fetch_add(&a->source->done, (uint64_t)got);
	return got;
}

static int rewind_file(void *ctx, struct err *e)
{
	const struct archive *a = ctx;

	if (lseek(a->fd, 0, SEEK_SET) < 0)
		return err_sys(e, "can't read '%s' again", a->name);
	return 0;
}

/* A file that is looked for. */
struct wanted {
	const char *path;
	struct str *out;
	char *link; /* what it is another name of, or NULL */
};

struct search {
	struct wanted *v;
	size_t n;
};

static void search_clear(struct search *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->v[i].link);
	free(s->v);
}

AUTO_DEFINE(search, struct search, search_clear)

static int read_wanted(struct wanted *w, const struct entries *r, struct err *e)
{
	uint64_t offset;
	const void *p;
	size_t n;
	int rc;

	while ((rc = r->data(r->ctx, &p, &n, &offset, e)) > 0) {
		if (w->out->len + n > JSON_BYTES_MAX)
			return err_set(e, ERR_LIMIT,
				       "'%s' is longer than the limit of %zu "
				       "bytes",
				       w->path, (size_t)JSON_BYTES_MAX);
		str_addn(w->out, p, n);
	}
	return rc;
}

/* An entry that may be looked for, maybe more than once. The last of a name
 * counts. */
static int look_at(const struct search *s, const struct entry *entry,
		   const struct entries *r, struct err *e)
{
	const char *name = path_inside(entry->name);
	const struct str *got = NULL;

	for (size_t i = 0; i < s->n; i++) {
		struct wanted *w = &s->v[i];

		if (!str_eq(name, w->path))
			continue;
		free(w->link);
		w->link = entry->type == ENTRY_HARDLINK
				  ? xstrdup(path_inside(entry->link))
				  : NULL;
		str_clear(w->out);
		if (entry->type == ENTRY_FILE && got)
			str_addn(w->out, got->p, got->len);
		else if (entry->type == ENTRY_FILE && read_wanted(w, r, e))
			return -1;
		got = w->out;
	}
	return 0;
}

static int find_files(void *arg, size_t i, const struct entries *r,
		      struct err *e)
{
	struct entry entry;
	int rc;

	(void)i;
	while ((rc = r->next(r->ctx, &entry, e)) > 0)
		if (look_at(arg, &entry, r, e))
			return -1;
	return rc;
}

/* What is there under another name, of which the archive has to be gone through
 * once more: it came before. False: there is none. */
static bool want_links(struct search *again, const struct search *s)
{
	again->v = xcalloc(s->n, sizeof(*again->v));
	for (size_t i = 0; i < s->n; i++)
		if (s->v[i].link)
			again->v[again->n++] = (struct wanted){
				.path = s->v[i].link,
				.out = s->v[i].out,
			};
	return again->n > 0;
}

static int read_files(void *ctx, const char *const *paths, size_t n,
		      struct str *out, struct err *e)
{
	struct archive *a = ctx;
	const struct stack *s = &a->layers.stack;
	AUTO(search) struct search all = { .v = xcalloc(n, sizeof(*all.v)) };
	AUTO(search) struct search again = { 0 };

	for (; all.n < n; all.n++)
		all.v[all.n] = (struct wanted){
			.path = paths[all.n],
			.out = &out[all.n],
		};
	if (s->walk(s->ctx, STACK_UP, NULL, find_files, &all, e))
		return -1;
	if (!want_links(&again, &all))
		return 0;
	return s->walk(s->ctx, STACK_UP, NULL, find_files, &again, e);
}

static void close_archive(void *ctx)
{
	struct archive *a = ctx;

	stack_layers_clear(&a->layers);
	if (a->fd >= 0)
		close(a->fd);
	free(a->name);
	free(a);
}

static int open_file(struct archive *a, const struct name *n, uint64_t *size,
		     struct err *e)
{
	a->fd = standin_file(n->path, size, e);
	if (a->fd < 0)
		return -1;
	if (!*size)
		return err_set(e, ERR_FORMAT,
			       "%s: expected a tar archive, found nothing",
			       n->text);
	return 0;
}

int imgtar_open(struct source *s, const struct name *n,
		const struct source_opts *o, struct err *e)
{
	struct archive *a = xcalloc(1, sizeof(*a));
	uint64_t size;

	(void)o; /* nothing of it is of use here */
	a->fd = -1;
	a->source = s;
	a->name = xstrdup(n->path);
	s->shown = xstrdup(n->text);
	s->close = close_archive;
	s->ctx = a;
	if (open_file(a, n, &size, e))
		return -1;
	a->input = (struct layer_source){
		.size = size,
		.read = read_file,
		.rewind = rewind_file,
		.ctx = a,
	};
	stack_layers_init(&a->layers, &a->input, 1);
	s->stack = a->layers.stack;
	s->stack.rule = LOOKUP_FLAT;
	s->size = size;
	s->is_inside = true;
	s->read_files = read_files;
	return 0;
}

/* An archive has as many bytes as its files at least; compressed nobody
 * knows. */
static int count(void *ctx, struct node *n, struct err *e)
{
	const struct inode *i = node_inode(n);
	uint64_t *sum = ctx;

	(void)e;
	*sum += BLOCK;
	if (i && i->n_links && i->type == ENTRY_FILE) /* each name's share */
		*sum += i->held / i->n_links;
	return 0;
}

static int check_room(const struct target *t, struct merge *m,
		      enum encode_kind kind, struct err *e)
{
	uint64_t sum = 0;

	if (kind != ENCODE_NONE)
		return 0;
	if (tree_each(merge_tree(m), count, &sum, e))
		return -1;
	return dest_check_room(&t->dest, sum, e);
}

int imgtar_write(struct target *t, struct source *s, struct err *e)
{
	AUTO(outfile) struct outfile out = OUTFILE_INIT;
	AUTO(chmeta) struct chmeta ch = { 0 };
	enum encode_kind kind;

	if (pack_stream(&t->pack, t->name.path, ENCODE_NONE, &kind, e))
		return -1;
	chmeta_init(&ch, s, t->pack.time_s);
	AUTO(merge) struct merge *m = merge_new(ch.stack);
	AUTO(tarwrite) struct tarwrite *w = tarwrite_new(outfile_write, &out);

	if (outfile_open(&out, &t->dest, e) ||
	    outfile_encode(&out, &t->pack, kind, e) ||
	    merge_read(m, NULL, NULL, e) || check_room(t, m, kind, e) ||
	    tarwrite_merge(w, m, e) || tarwrite_end(w, e))
		return -1;
	return outfile_publish(&out, 0666, e);
}
