/* usage.c - what a store takes, and what of it could be freed.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "image/usage.h"

#include "base/dir.h"
#include "image/leftover.h"
#include "image/treewalk.h"

#include <fcntl.h>

const char *usage_text(enum usage_kind kind)
{
	static const char *const texts[] = {
		[USAGE_BLOBS] = "blobs",
		[USAGE_TREES] = "trees",
		[USAGE_PARTIAL] = "partial downloads",
		[USAGE_ASIDE] = "set aside",
		[USAGE_UNFINISHED] = "unfinished",
	};

	return texts[kind];
}

static void add_items(const struct inventory *v, struct usage *out)
{
	for (size_t i = 0; i < v->items.n; i++) {
		const struct item *it = &v->items.v[i];
		struct usage_row *r =
			&out->row[it->kind == ITEM_BLOB ? USAGE_BLOBS
							: USAGE_TREES];

		r->n++;
		r->bytes += it->bytes;
		if (it->users > 1)
			r->shared += it->bytes;
		if (!it->users)
			r->reclaimable += it->bytes;
	}
}

static int add_bytes(void *ctx, const struct treewalk_entry *entry,
		     struct err *e)
{
	uint64_t *bytes = ctx;

	(void)e;
	if (S_ISREG(entry->st->st_mode))
		*bytes += (uint64_t)entry->st->st_size;
	return 0;
}

static enum usage_kind kind_of(const char *name)
{
	switch (leftover_kind(name)) {
	case LEFTOVER_PARTIAL:
		return USAGE_PARTIAL;
	case LEFTOVER_OLD:
		return USAGE_ASIDE;
	default:
		return USAGE_UNFINISHED;
	}
}

static int add_leftover(int tmpdir, const struct strlist *names, size_t i,
			int64_t now_s, struct usage *out, struct err *e)
{
	const char *name = names->v[i];
	struct usage_row *r = &out->row[kind_of(name)];
	uint64_t bytes = 0;

	if (leftover_kind(name) == LEFTOVER_LEASE)
		return 0;
	if (treewalk(tmpdir, name, add_bytes, &bytes, e))
		return -1;
	r->n++;
	r->bytes += bytes;
	if (leftover_kind(name) == LEFTOVER_OLD ||
	    (leftover_kind(name) == LEFTOVER_PARTIAL &&
	     !leftover_is_live(tmpdir, name, names, now_s)))
		r->reclaimable += bytes;
	return 0;
}

int usage_of(const struct inventory *v, int64_t now_s, struct usage *out,
	     struct err *e)
{
	AUTO(strlist) struct strlist names = { 0 };
	struct err none = { 0 };
	autofd int tmpdir = -1;

	*out = (struct usage){ 0 };
	add_items(v, out);
	tmpdir = dir_open_beneath(v->store->fd, "tmp", O_RDONLY | O_DIRECTORY,
				  0, &none);
	if (tmpdir < 0) /* a store that is only read need not have it */
		return 0;
	if (dir_list(tmpdir, &names, e))
		return -1;
	for (size_t i = 0; i < names.n; i++)
		if (add_leftover(tmpdir, &names, i, now_s, out, e))
			return err_ctx(e, "store '%s'", v->store->path);
	return 0;
}
