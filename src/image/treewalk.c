/* treewalk.c - look at everything below a directory, following nothing.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "image/treewalk.h"

#include "base/dir.h"
#include "base/intr.h"
#include "base/mem.h"
#include "base/str.h"

#include <fcntl.h>
#include <string.h>

/* A directory being gone through. */
struct level {
	int fd;
	struct strlist names;
	size_t next;
	size_t len; /* of the path, with a slash */
};

struct walker {
	struct level *v;
	size_t n;
	size_t cap;
	struct str path;
	int (*visit)(void *ctx, const struct treewalk_entry *entry,
		     struct err *e);
	void *ctx;
};

static void pop(struct walker *w)
{
	struct level *l = &w->v[--w->n];

	close(l->fd);
	strlist_clear(&l->names);
}

static void walker_clear(struct walker *w)
{
	while (w->n)
		pop(w);
	free(w->v);
	str_clear(&w->path);
}
AUTO_DEFINE(walker, struct walker, walker_clear)

static int push(struct walker *w, int dir, const char *name, struct err *e)
{
	AUTO(strlist) struct strlist names = { 0 };
	autofd int fd = openat(dir, name,
			       O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0)
		return err_sys(e, "can't open '%s'", str_text(&w->path));
	if (w->n == TREEWALK_DEPTH)
		return err_set(e, ERR_LIMIT,
			       "'%.200s...': more than %d directories deep",
			       str_text(&w->path), TREEWALK_DEPTH);
	if (dir_list(fd, &names, e))
		return err_ctx(e, "'%s'", str_text(&w->path));
	str_addc(&w->path, '/');
	w->v = mem_grow(w->v, &w->cap, w->n + 1, sizeof(*w->v));
	w->v[w->n++] = (struct level){
		.fd = TAKE_FD(fd),
		.names = names,
		.len = w->path.len,
	};
	names = (struct strlist){ 0 };
	return 0;
}

/* One name, whose path is set; into it if it is a directory. */
static int step(struct walker *w, int dir, const char *name, struct err *e)
{
	struct stat st;
	struct treewalk_entry entry = { str_text(&w->path), dir, name, &st };
	int rc;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW)) {
		if (errno == ENOENT)
			return 0;
		return err_sys(e, "can't stat '%s'", str_text(&w->path));
	}
	rc = w->visit(w->ctx, &entry, e);
	if (rc < 0 || rc == TREEWALK_SKIP || !S_ISDIR(st.st_mode))
		return rc < 0 ? -1 : 0;
	return push(w, dir, name, e);
}

int treewalk(int dir, const char *name,
	     int (*visit)(void *ctx, const struct treewalk_entry *entry,
			  struct err *e),
	     void *ctx, struct err *e)
{
	AUTO(walker) struct walker w = { .visit = visit, .ctx = ctx };
	int rc;

	str_add(&w.path, name);
	rc = step(&w, dir, name, e);
	while (!rc && w.n) {
		struct level *l = &w.v[w.n - 1];
		autostr char *next = NULL;

		if (intr_check(e))
			return -1;
		if (l->next == l->names.n) {
			pop(&w);
			continue;
		}
		next = xstrdup(l->names.v[l->next++]);
		w.path.len = l->len;
		w.path.p[l->len] = '\0';
		str_add(&w.path, next);
		rc = step(&w, l->fd, next, e);
	}
	return rc;
}
