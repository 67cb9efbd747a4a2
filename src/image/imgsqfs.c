/* imgsqfs.c - kind: a squashfs file.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "image/imgsqfs.h"

#include "base/io.h"
#include "base/log.h"
#include "base/mem.h"
#include "format/json.h"
#include "image/chmeta.h"
#include "image/outfile.h"
#include "image/standin.h"
#include "layer/merge.h"
#include "layer/sqfsread.h"
#include "layer/sqfswrite.h"

#include <unistd.h>

struct squash {
	int fd;
	uint64_t at, size;
	char *name;
	uint64_t sockets; /* left out */
};

static int walk(void *ctx, enum stack_order order, const bool *want,
		stack_give *give, void *arg, struct err *e)
{
	struct squash *q = ctx;
	int failed;

	(void)order; /* there is one */
	if (want && !want[0])
		return 0;
	AUTO(sqfsread)
	struct sqfsread *r = sqfsread_new(q->fd, q->at, q->size, e);

	if (!r)
		return -1;
	struct entries entries = sqfsread_entries(r);

	failed = give(arg, 0, &entries, e);
	q->sockets = sqfsread_sockets(r);
	return failed;
}

static int sum_entries(void *arg, size_t i, const struct entries *r,
		       struct err *e)
{
	uint64_t *sum = arg;
	struct entry entry;
	int rc;

	(void)i;
	while ((rc = r->next(r->ctx, &entry, e)) > 0)
		if (entry.type == ENTRY_FILE)
			*sum += entry_held(&entry);
	return rc;
}

static int measure(void *ctx, uint64_t *bytes, struct err *e)
{
	*bytes = 0;
	return walk(ctx, STACK_UP, NULL, sum_entries, bytes, e);
}

static int read_file(const struct squash *q, const char *path, size_t max,
		     struct str *out, struct err *e)
{
	AUTO(sqfsread)
	struct sqfsread *r = sqfsread_new(q->fd, q->at, q->size, e);

	if (!r)
		return -1;
	if (!sqfsread_file(r, path, max, out, e))
		return 0;
	if (e->kind != ERR_NOTFOUND)
		return err_ctx(e, "'/%s'", path);
	*e = (struct err){ 0 };
	return 0;
}

int imgsqfs_file(const struct source *s, const char *path, size_t max,
		 struct str *out, struct err *e)
{
	return read_file(s->ctx, path, max, out, e);
}

static int read_files(void *ctx, const char *const *paths, size_t n,
		      struct str *out, struct err *e)
{
	for (size_t i = 0; i < n; i++)
		if (read_file(ctx, paths[i], JSON_BYTES_MAX, &out[i], e))
			return -1;
	return 0;
}

static void report_left_out(void *ctx)
{
	const struct squash *q = ctx;

	if (q->sockets)
		log_note("%llu socket%s left out",
			 (unsigned long long)q->sockets,
			 q->sockets == 1 ? " is" : "s are");
}

static void close_squash(void *ctx)
{
	struct squash *q = ctx;

	close(q->fd);
	free(q->name);
	free(q);
}

int imgsqfs_open_at(struct source *s, int fd, uint64_t at, uint64_t size,
		    const char *name, struct err *e)
{
	struct squash *q = xcalloc(1, sizeof(*q));
	struct sqfsread *r;

	*q = (struct squash){
		.fd = fd,
		.at = at,
		.size = size,
		.name = xstrdup(name),
	};
	s->stack = (struct stack){
		.n = 1,
		.rule = LOOKUP_FLAT,
		.walk = walk,
		.ctx = q,
	};
	s->is_inside = true;
	s->read_files = read_files;
	s->report = report_left_out;
	s->measure = measure;
	s->close = close_squash;
	s->ctx = q;
	r = sqfsread_new(fd, at, size, e);
	if (!r)
		return err_ctx(e, "'%s'", name);
	sqfsread_free(r);
	return 0;
}

int imgsqfs_open(struct source *s, const struct name *n,
		 const struct source_opts *o, struct err *e)
{
	uint64_t size;
	int fd = standin_file(n->path, &size, e);

	(void)o; /* nothing of it is of use here */
	s->shown = xstrdup(n->text);
	return fd < 0 ? -1 : imgsqfs_open_at(s, fd, 0, size, n->path, e);
}

static void report(const struct sqfswrite_stats *s)
{
	if (s->times)
		log_note("times before 1970 or after 2106 are not kept in a "
			 "squashfs: %llu files",
			 (unsigned long long)s->times);
	/* So it is with nearly all files of a directory. */
	if (s->fractions)
		log_info(
			"only whole seconds are kept in a squashfs: %llu files",
			(unsigned long long)s->fractions);
	if (s->xattrs)
		log_note("attributes that a squashfs does not have are left "
			 "out: %llu",
			 (unsigned long long)s->xattrs);
}

int imgsqfs_pack(const struct stack *stack, const struct pack *p, int fd,
		 uint64_t at, uint64_t *size, struct err *e)
{
	const struct sqfswrite_opts o = {
		.compressor = p->compressor ? p->compressor : "zstd",
		.level = p->level,
		.block = p->block,
		.threads = p->threads,
		.mtime = p->time_s,
	};
	struct sqfswrite_stats stats = { 0 };
	AUTO(sqfswrite) struct sqfswrite *w = sqfswrite_new(fd, at, &o, e);

	if (!w)
		return -1;
	AUTO(merge) struct merge *m = merge_new(stack);

	if (merge_read(m, sqfswrite_put, w, e) ||
	    sqfswrite_finish(w, merge_tree(m), size, &stats, e))
		return -1;
	report(&stats);
	return 0;
}

int imgsqfs_write(struct target *t, struct source *s, struct err *e)
{
	AUTO(outfile) struct outfile out = OUTFILE_INIT;
	AUTO(chmeta) struct chmeta ch = { 0 };
	uint64_t size;

	chmeta_init(&ch, s, t->pack.time_s);
	if (outfile_open(&out, &t->dest, e) ||
	    imgsqfs_pack(ch.stack, &t->pack, out.fd, 0, &size, e))
		return -1;
	return outfile_publish(&out, 0666, e);
}
