/* items.c - what lies in a store, needed or not.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "image/items.h"

#include "base/dir.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/str.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define RECORD_MAX 65536 /* bytes of /ch/image */

const char *items_kind_text(enum item_kind kind)
{
	return kind == ITEM_BLOB ? "blob" : "tree";
}

char *items_place(enum item_kind kind, const struct digest *d)
{
	return str_fmt("%ss/%s", items_kind_text(kind), digest_algo(d));
}

/* One line "KEY = VALUE" of a record. */
static void read_line(const char *line, struct item *it)
{
	struct err ignored = { 0 };

	if (str_starts(line, "manifest = "))
		it->record =
			strcmp(line + strlen("manifest = "), it->digest.text)
				? ITEM_OTHER_RECORD
				: ITEM_RECORD;
	if (str_starts(line, "bytes = ") &&
	    num_parse(line + strlen("bytes = "), INT64_MAX, "bytes", &it->bytes,
		      &ignored))
		it->bytes = 0;
}

/* The root's own times are the image's, so the record's tell when the tree was
 * made. */
void items_read_record(int dir, const char *name, struct item *it)
{
	autostr char *path = str_fmt("%s/ch/image", name);
	AUTO(str) struct str text = { 0 };
	AUTO(strlist) struct strlist lines = { 0 };
	struct err ignored = { 0 }; /* then there is no record */
	struct stat st;
	autofd int fd =
		dir_open_beneath(dir, path, O_RDONLY | O_NONBLOCK, 0, &ignored);

	if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode) ||
	    io_read_all(fd, RECORD_MAX, path, &text, &ignored))
		return;
	it->time_s = st.st_mtime;
	strlist_split(&lines, str_text(&text), '\n', false);
	for (size_t i = 0; i < lines.n; i++)
		read_line(lines.v[i], it);
}

static void add_item(struct items *l, int dir, enum item_kind kind,
		     const struct digest *d)
{
	const char *name = digest_hex(d);
	struct item it = { .kind = kind, .digest = *d };
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW))
		return; /* gone since */
	it.time_s = st.st_mtime;
	if (kind == ITEM_BLOB) {
		it.is_odd = !S_ISREG(st.st_mode);
		it.bytes = it.is_odd ? 0 : (uint64_t)st.st_size;
	} else {
		it.is_odd = !S_ISDIR(st.st_mode);
		if (!it.is_odd)
			items_read_record(dir, name, &it);
	}
	l->v = mem_grow(l->v, &l->cap, l->n + 1, sizeof(*l->v));
	l->v[l->n++] = it;
}

/* Locks of those who unpack (convert.c). */
static bool is_lock(enum item_kind kind, const char *name)
{
	return kind == ITEM_TREE && str_starts(name, ".lock.");
}

/* The names come sorted, so the items do, too. */
static int load_place(const struct store *s, enum item_kind kind,
		      const char *algo, struct items *l, struct err *e)
{
	autostr char *place = str_fmt("%ss/%s", items_kind_text(kind), algo);
	AUTO(strlist) struct strlist names = { 0 };
	autofd int dir =
		dir_open_beneath(s->fd, place, O_RDONLY | O_DIRECTORY, 0, e);

	if (dir < 0 && e->kind == ERR_NOTFOUND && e->code == ENOENT) {
		*e = (struct err){ 0 };
		return 0;
	}
	if (dir < 0 || dir_list(dir, &names, e))
		return err_ctx(e, "store '%s': '%s'", s->path, place);
	for (size_t i = 0; i < names.n; i++) {
		autostr char *text = str_fmt("%s:%s", algo, names.v[i]);
		struct err ignored = { 0 };
		struct digest d;

		if (!digest_parse(text, &d, &ignored))
			add_item(l, dir, kind, &d);
		else if (!is_lock(kind, names.v[i]))
			strlist_addf(&l->strays, "%s/%s", place, names.v[i]);
	}
	return 0;
}

int items_load(const struct store *s, struct items *out, struct err *e)
{
	AUTO(items) struct items l = { 0 };

	*out = l;
	if (load_place(s, ITEM_BLOB, "sha256", &l, e) ||
	    load_place(s, ITEM_BLOB, "sha512", &l, e) ||
	    load_place(s, ITEM_TREE, "sha256", &l, e) ||
	    load_place(s, ITEM_TREE, "sha512", &l, e))
		return -1;
	*out = l;
	l = (struct items){ 0 };
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	return strcmp(x->digest.text, y->digest.text);
}

struct item *items_find(const struct items *l, enum item_kind kind,
			const struct digest *d)
{
	struct item key = { .kind = kind, .digest = *d };

	if (!l->n)
		return NULL;
	return bsearch(&key, l->v, l->n, sizeof(*l->v), compare);
}

void items_clear(struct items *l)
{
	free(l->v);
	strlist_clear(&l->strays);
	*l = (struct items){ 0 };
}
