/* gc.c - free what no name in the store needs.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "image/gc.h"

#include "base/dir.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/str.h"
#include "image/aside.h"
#include "image/leftover.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

static const struct {
	char letter;
	int64_t seconds;
} ages[] = {
	{ 'h', 3600 },
	{ 'd', 86400 },
	{ 'w', 7 * 86400 },
};

/* "7d" to seconds. */
static bool parse_age(const char *text, int64_t *out)
{
	struct err ignored = { 0 }; /* it is no age then */
	size_t n = strlen(text);
	autostr char *number = xstrndup(text, n ? n - 1 : 0);
	uint64_t count;

	for (size_t i = 0; i < ARRAY_SIZE(ages); i++) {
		if (!n || text[n - 1] != ages[i].letter)
			continue;
		if (num_parse(number, INT32_MAX, "", &count, &ignored))
			return false;
		*out = (int64_t)count * ages[i].seconds;
		return true;
	}
	return false;
}

int gc_parse_keep(const char *text, struct gc_opts *o, struct err *e)
{
	struct err ignored = { 0 }; /* ours says what is expected */

	if (parse_age(text, &o->keep_age_s))
		return 0;
	/* "30m" may be minutes or mebibytes, "30" anything. */
	if (*text && strchr("KMGTB", text[strlen(text) - 1]) &&
	    !num_parse_size(text, "", &o->keep_bytes, &ignored))
		return 0;
	return err_set(e, ERR_USAGE,
		       "--keep: expected a size (20G; K, M, G, T) or an age "
		       "(7d; h, d, w), found '%s'",
		       text);
}

static bool is_candidate(const struct gc_opts *o, const struct item *it,
			 bool is_busy)
{
	if (it->users || (is_busy && it->kind == ITEM_BLOB))
		return false;
	if (o->others && it->kind == ITEM_TREE &&
	    catalog_others_need(o->others, &it->digest))
		return false;
	for (size_t i = 0; o->only && i < o->n_only; i++)
		if (digest_eq(&o->only[i], &it->digest))
			return true;
	return !o->only;
}

/* Newest first. */
static int by_time(const void *a, const void *b)
{
	const struct item *x = *(const struct item *const *)a;
	const struct item *y = *(const struct item *const *)b;

	if (x->time_s != y->time_s)
		return x->time_s > y->time_s ? -1 : 1;
	return strcmp(x->digest.text, y->digest.text);
}

/* What no name needs and the options do not keep, N of them; caller frees. */
static const struct item **choose(const struct inventory *v,
				  const struct gc_opts *o, bool is_busy,
				  size_t *n)
{
	const struct item **all = xcalloc(v->items.n + 1, sizeof(*all));
	uint64_t bytes = 0;
	size_t count = 0;

	*n = 0;
	for (size_t i = 0; i < v->items.n; i++) {
		const struct item *it = &v->items.v[i];

		if (is_candidate(o, it, is_busy))
			all[count++] = it;
	}
	qsort(all, count, sizeof(*all), by_time);
	for (size_t i = 0; i < count; i++) {
		bytes += all[i]->bytes;
		if ((o->keep_bytes && bytes <= o->keep_bytes) ||
		    (o->keep_age_s &&
		     all[i]->time_s > o->now_s - o->keep_age_s))
			continue;
		all[(*n)++] = all[i];
	}
	return all;
}

static void would_remove(const struct item *it, struct gc_done *done,
			 struct str *list)
{
	autostr char *size = num_size_text(it->bytes);

	str_addf(list, "%s %s %s\n", items_kind_text(it->kind), it->digest.text,
		 size);
	if (it->kind == ITEM_BLOB)
		done->n_blobs++;
	else
		done->n_trees++;
	done->bytes += it->bytes;
}

/* Downloads that nobody goes on with, and leases of the dead. */
static int sweep(int tmpdir, const struct strlist *names,
		 const struct gc_opts *o, struct gc_done *done,
		 struct str *list, struct err *e)
{
	for (size_t i = 0; i < names->n; i++) {
		const char *name = names->v[i];
		enum leftover_kind kind = leftover_kind(name);
		bool is_partial = kind == LEFTOVER_PARTIAL;
		struct stat st;

		if ((kind != LEFTOVER_LEASE && !is_partial) ||
		    fstatat(tmpdir, name, &st, AT_SYMLINK_NOFOLLOW) ||
		    leftover_is_live(tmpdir, name, names, o->now_s))
			continue;
		if (o->keep_age_s && st.st_mtime > o->now_s - o->keep_age_s)
			continue;
		if (is_partial && o->dry_run)
			str_addf(list, "partial download %s\n", name);
		if (!o->dry_run && dir_remove(tmpdir, name, e))
			return -1;
		done->n_partial += is_partial;
		done->bytes += is_partial ? (uint64_t)st.st_size : 0;
	}
	return 0;
}

/* What is in tmp/; a store that is only read may have none. */
static int look(const struct store *s, const struct gc_opts *o,
		struct strlist *names, struct gc_done *done, struct str *list,
		struct err *e)
{
	struct err ignored = { 0 };
	autofd int tmpdir = dir_open_beneath(
		s->fd, "tmp", O_RDONLY | O_DIRECTORY, 0, &ignored);

	if (tmpdir < 0)
		return 0;
	if (dir_list(tmpdir, names, e))
		return -1;
	done->is_busy = leftover_is_busy(tmpdir, names, o->now_s);
	return o->only ? 0 : sweep(tmpdir, names, o, done, list, e);
}

static void add_done(struct gc_done *to, const struct aside_done *from)
{
	to->n_blobs += from->n_blobs;
	to->n_trees += from->n_trees;
	to->n_kept = from->n_kept;
	to->bytes += from->bytes;
}

static int settle(const struct store *s, const struct gc_opts *o,
		  struct gc_done *done, struct err *e)
{
	struct aside_opts how = { .now_s = o->now_s, .now = o->now };
	struct aside_done removed;

	if (aside_settle(s, &how, &removed, e))
		return -1;
	add_done(done, &removed);
	return 0;
}

static int collect(const struct store *s, const struct gc_opts *o,
		   struct gc_done *done, struct str *list, struct err *e)
{
	AUTO(inventory) struct inventory v = { 0 };
	autostr const struct item **chosen = NULL;
	size_t n;

	if (inventory_load(s, &v, e) || inventory_check_known(&v, e))
		return -1;
	chosen = choose(&v, o, done->is_busy, &n);
	for (size_t i = 0; i < n; i++) {
		if (o->dry_run)
			would_remove(chosen[i], done, list);
		else if (aside_put(s, chosen[i], false, o->now_s, e))
			return -1;
	}
	return 0;
}

int gc(const struct store *s, const struct gc_opts *o, struct gc_done *done,
       struct str *list, struct err *e)
{
	AUTO(strlist) struct strlist names = { 0 };

	*done = (struct gc_done){ 0 };
	/* What a killed gc has set aside comes first: an image may need it. */
	if ((!o->dry_run && aside_restore(s, e)) ||
	    look(s, o, &names, done, list, e) || collect(s, o, done, list, e))
		return -1;
	return o->dry_run ? 0 : settle(s, o, done, e);
}
