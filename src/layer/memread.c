/* memread.c - entries that are kept in memory until somebody reads them.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "layer/memread.h"

#include "base/mem.h"

struct item {
	enum entry_type type;
	mode_t mode;
	char *path;
	char *link;
	void *content;
	size_t n;
};

struct memread {
	struct item *items;
	size_t n;
	size_t cap;
	size_t at; /* the next to be given */
	int64_t mtime;
	char *name;    /* copies of the one given, for it may be changed */
	char *link;    /* in place */
	bool is_given; /* its content is */
};

struct memread *memread_new(int64_t mtime)
{
	struct memread *m = xcalloc(1, sizeof(*m));

	m->mtime = mtime;
	return m;
}

void memread_free(struct memread *m)
{
	for (size_t i = 0; i < m->n; i++) {
		free(m->items[i].path);
		free(m->items[i].link);
		free(m->items[i].content);
	}
	free(m->items);
	free(m->name);
	free(m->link);
	free(m);
}

static struct item *add(struct memread *m, enum entry_type type,
			const char *path, mode_t mode)
{
	m->items = mem_grow(m->items, &m->cap, m->n + 1, sizeof(*m->items));
	struct item *item = &m->items[m->n++];

	*item = (struct item){
		.type = type,
		.mode = mode,
		.path = xstrdup(path),
	};
	return item;
}

void memread_dir(struct memread *m, const char *path, mode_t mode)
{
	add(m, ENTRY_DIR, path, mode);
}

void memread_file(struct memread *m, const char *path, mode_t mode,
		  const void *p, size_t n)
{
	struct item *item = add(m, ENTRY_FILE, path, mode);

	item->content = xmemdup(p, n);
	item->n = n;
}

void memread_symlink(struct memread *m, const char *path, const char *target)
{
	add(m, ENTRY_SYMLINK, path, 0777)->link = xstrdup(target);
}

static int next(void *ctx, struct entry *out, struct err *e)
{
	struct memread *m = ctx;

	(void)e;
	if (m->at == m->n)
		return 0;
	const struct item *item = &m->items[m->at++];

	free(m->name);
	free(m->link);
	m->name = xstrdup(item->path);
	m->link = xstrdup(item->link ? item->link : "");
	m->is_given = false;
	*out = (struct entry){
		.type = item->type,
		.name = m->name,
		.link = m->link,
		.size = item->n,
		.mode = item->mode,
		.mtime = { .tv_sec = (time_t)m->mtime },
	};
	return 1;
}

static int data(void *ctx, const void **p, size_t *n, uint64_t *offset,
		struct err *e)
{
	struct memread *m = ctx;

	(void)e;
	if (m->is_given || !m->items[m->at - 1].n)
		return 0;
	m->is_given = true;
	*p = m->items[m->at - 1].content;
	*n = m->items[m->at - 1].n;
	*offset = 0;
	return 1;
}

struct entries memread_entries(struct memread *m)
{
	m->at = 0;
	return (struct entries){ next, data, entry_no_xattr, m };
}
