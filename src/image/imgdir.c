/* imgdir.c - kind: a directory.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "image/imgdir.h"

#include "base/dir.h"
#include "base/io.h"
#include "base/log.h"
#include "base/mem.h"
#include "format/json.h"
#include "image/flatten.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

struct tree {
	int fd;
	enum dirread_owner owner;
	struct dirread_stats stats; /* of the last walk */
};

static int walk(void *ctx, enum stack_order order, const bool *want,
		stack_give *give, void *arg, struct err *e)
{
	static const char *const skip[] = { "ch/image", NULL };
	struct tree *t = ctx;

	(void)order; /* there is one */
	if (want && !want[0])
		return 0;
	t->stats = (struct dirread_stats){ 0 };
	AUTO(dirread)
	struct dirread *r = dirread_new(t->fd, t->owner, skip, &t->stats);
	struct entries entries = dirread_entries(r);

	return give(arg, 0, &entries, e);
}

static int read_file(int root, const char *path, struct str *out, struct err *e)
{
	autostr char *shown = str_fmt("/%s", path);
	struct err why = { 0 };
	struct stat st;
	autofd int fd = dir_open_beneath(root, path, O_RDONLY | O_NONBLOCK, 0,
					 &why);

	if (fd < 0 && why.kind == ERR_SYS) { /* it is there */
		*e = why;
		return -1;
	}
	if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode))
		return 0;
	return io_read_all(fd, JSON_BYTES_MAX, shown, out, e);
}

static int read_files(void *ctx, const char *const *paths, size_t n,
		      struct str *out, struct err *e)
{
	const struct tree *t = ctx;

	for (size_t i = 0; i < n; i++)
		if (read_file(t->fd, paths[i], &out[i], e))
			return -1;
	return 0;
}

static void report(void *ctx)
{
	const struct tree *t = ctx;

	if (t->stats.sockets)
		log_note("%llu socket%s left out",
			 (unsigned long long)t->stats.sockets,
			 t->stats.sockets == 1 ? " is" : "s are");
	if (t->stats.mounts)
		log_note("%llu directories are other file systems and were "
			 "left empty",
			 (unsigned long long)t->stats.mounts);
}

static void close_tree(void *ctx)
{
	struct tree *t = ctx;

	close(t->fd);
	free(t);
}

int imgdir_open(struct source *s, const struct name *n,
		const struct source_opts *o, struct err *e)
{
	autofd int fd = dir_open(n->path, e);
	struct tree *t;
	bool is_empty;

	if (fd < 0 || dir_is_empty(fd, &is_empty, e))
		return -1;
	if (is_empty)
		return err_set(e, ERR_UNSUPPORTED,
			       "'%s' is empty, which is no image", n->path);
	t = xcalloc(1, sizeof(*t));
	t->fd = TAKE_FD(fd);
	t->owner = o->owner;
	s->shown = str_fmt("%s", n->text);
	s->stack = (struct stack){
		.n = 1,
		.rule = LOOKUP_FLAT,
		.walk = walk,
		.ctx = t,
	};
	s->is_inside = true;
	s->read_files = read_files;
	s->report = report;
	s->close = close_tree;
	s->ctx = t;
	return 0;
}

int imgdir_write(struct target *t, struct source *s, struct err *e)
{
	struct flatten f = {
		.stack = &s->stack,
		.name = s->shown,
		.manifest = s->root < 0 ? NULL : s->image.digest.text,
		.config = &s->config,
		.config_text = &s->config_text,
		.tell_all = true,
	};
	uint64_t bytes;

	if (s->is_inside || !s->config_text.len)
		f.config = NULL;
	if (s->measure && (s->measure(s->ctx, &bytes, e) ||
			   dest_check_room(&t->dest, bytes, e)))
		return -1;
	return flatten(t->dest.parent, &t->dest, &f, e);
}
