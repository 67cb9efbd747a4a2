/* layoutindex.c - the names of a layout's images: index.json.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The file is replaced whole, by rename, so readers need nothing. Writers take
 * turns by the lease `lease.index`; flock is not needed and so may not work.
 * A lease can be lost to somebody who believes us dead, so before the rename it
 * must still be ours, and after it our entry must be there, else all begins
 * anew. A writer that was stopped between the two looks for LEASE_STALE_S,
 * while another host edits, can still take an entry away: then the next pull
 * puts it back, from blobs that are all there.
 */
#include "config.h"

#include "image/layoutindex.h"

#include "base/io.h"
#include "format/json.h"
#include "format/ocilayout.h"
#include "image/layout.h"
#include "image/lease.h"

#include <string.h>

#define TRIES 100

struct edit {
	const char *name;
	const struct descriptor *d;    /* to be set */
	const struct descriptor *drop; /* or removed; no name then */
	size_t removed;
};

int layoutindex_read(int root, struct str *out, struct err *e)
{
	if (!io_read_file(root, "index.json", JSON_BYTES_MAX, out, e))
		return 0;
	if (e->kind == ERR_NOTFOUND)
		e->kind = ERR_FORMAT; /* a layout without it is damaged */
	return -1;
}

static char *change(const struct edit *edit, const struct str *old,
		    size_t *removed, struct err *e)
{
	if (edit->d)
		return ocilayout_set(old->p, old->len, edit->name, edit->d, e);
	return ocilayout_drop(old->p, old->len, edit->drop, removed, e);
}

/* The index as it shall be. *IS_DONE: it is so. */
static char *edited(int root, struct edit *edit, bool *is_done, struct err *e)
{
	AUTO(str) struct str old = { 0 };
	autostr char *text = NULL;
	size_t removed = 0;

	if (layoutindex_read(root, &old, e))
		return NULL;
	text = change(edit, &old, &removed, e);
	if (!text)
		return NULL;
	*is_done = edit->d ? old.len == strlen(text) &&
				     !memcmp(old.p, text, old.len)
			   : !removed;
	if (removed > edit->removed)
		edit->removed = removed;
	return TAKE(text);
}

/* One try under a new lease: 1 if it was lost. */
static int edit_once(int root, int tmpdir, struct edit *edit, struct err *e)
{
	AUTO(lease) struct lease *l = NULL;
	autostr char *text = NULL;
	autostr char *after = NULL;
	bool is_done;

	if (lease_wait(tmpdir, "index", NULL, NULL, &l, e))
		return -1;
	text = edited(root, edit, &is_done, e);
	if (!text)
		return -1;
	if (is_done)
		return 0;
	if (!lease_holds(l))
		return 1;
	if (layout_put(root, "index.json", text, strlen(text), e))
		return -1;
	after = edited(root, edit, &is_done, e);
	if (!after)
		return -1;
	return is_done ? 0 : 1;
}

static int edit_index(int root, struct edit *edit, struct err *e)
{
	autofd int tmpdir = layout_tmpdir(root, e);
	int rc = tmpdir < 0 ? -1 : 1;

	for (int i = 0; rc > 0 && i < TRIES; i++)
		rc = edit_once(root, tmpdir, edit, e);
	if (rc > 0)
		err_set(e, ERR_LIMIT,
			"others have changed 'index.json' %d times meanwhile",
			TRIES);
	return rc ? -1 : 0;
}

int layoutindex_set(int root, const char *name, const struct descriptor *d,
		    struct err *e)
{
	return edit_index(root, &(struct edit){ .name = name, .d = d }, e);
}

int layoutindex_drop(int root, const struct descriptor *d, size_t *removed,
		     struct err *e)
{
	struct edit edit = { .drop = d };
	int rc = edit_index(root, &edit, e);

	*removed = edit.removed;
	return rc;
}
