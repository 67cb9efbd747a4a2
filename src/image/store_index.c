/* store_index.c - the names of a store's images: index.json.
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

#include "image/store.h"

#include "base/dir.h"
#include "base/io.h"
#include "base/str.h"
#include "format/json.h"
#include "format/ocilayout.h"
#include "image/blobs.h"
#include "image/lease.h"

#include <string.h>

#define TRIES 100

struct edit {
	const char *name;
	const struct descriptor *d;    /* to be set */
	const struct descriptor *drop; /* or removed; no name then */
	size_t *removed;
};

static int read_index(const struct store *s, struct str *text, struct err *e)
{
	if (!io_read_file(s->fd, "index.json", JSON_BYTES_MAX, text, e))
		return 0;
	if (e->kind == ERR_NOTFOUND)
		e->kind = ERR_FORMAT; /* a store without it is damaged */
	return err_ctx(e, "store '%s'", s->path);
}

int store_find(const struct store *s, const struct ref *ref,
	       const struct platform *want, struct descriptor *out,
	       struct err *e)
{
	AUTO(str) struct str text = { 0 };
	autostr char *name = ref_name(ref);
	autostr char *shown = ref_short(ref);
	autostr char *there = NULL;
	autostr char *wanted = NULL;
	struct err ignored = { 0 };

	if (read_index(s, &text, e))
		return -1;
	if (!ocilayout_find(text.p, text.len, name, want, out, e))
		return 0;
	if (e->kind == ERR_NOTFOUND &&
	    ocilayout_find(text.p, text.len, name, NULL, out, &ignored))
		return err_set(e, ERR_NOTFOUND, "no image '%s' in store '%s'",
			       shown, s->path);
	if (e->kind == ERR_NOTFOUND) {
		there = platform_text(&out->platform);
		wanted = platform_text(want);
		descriptor_clear(out);
		return err_set(e, ERR_UNSUPPORTED,
			       "image '%s' is in store '%s' for %s, not for %s",
			       shown, s->path, there, wanted);
	}
	return err_ctx(e, "store '%s'", s->path);
}

static char *change(const struct edit *edit, const struct str *old,
		    size_t *removed, struct err *e)
{
	if (edit->d)
		return ocilayout_set(old->p, old->len, edit->name, edit->d, e);
	return ocilayout_drop(old->p, old->len, edit->drop, removed, e);
}

/* The index as it is and as it shall be. *IS_DONE: that is the same. */
static char *edited(const struct store *s, const struct edit *edit,
		    bool *is_done, struct err *e)
{
	AUTO(str) struct str old = { 0 };
	autostr char *text = NULL;
	size_t removed = 0;

	if (read_index(s, &old, e))
		return NULL;
	text = change(edit, &old, &removed, e);
	if (!text) {
		err_ctx(e, "store '%s'", s->path);
		return NULL;
	}
	*is_done = edit->d ? old.len == strlen(text) &&
				     !memcmp(old.p, text, old.len)
			   : !removed;
	if (removed > *edit->removed)
		*edit->removed = removed;
	return TAKE(text);
}

/* One try under a new lease: 1 if it was lost. */
static int edit_once(const struct store *s, int tmpdir, const struct edit *edit,
		     struct err *e)
{
	AUTO(lease) struct lease *l = NULL;
	autostr char *text = NULL;
	autostr char *after = NULL;
	bool is_done;

	if (lease_wait(tmpdir, "index", NULL, NULL, &l, e))
		return err_ctx(e, "store '%s'", s->path);
	text = edited(s, edit, &is_done, e);
	if (!text)
		return -1;
	if (is_done)
		return 0;
	if (!lease_holds(l))
		return 1;
	if (store_put(s, "index.json", text, strlen(text), e))
		return err_ctx(e, "store '%s'", s->path);
	after = edited(s, edit, &is_done, e);
	if (!after)
		return -1;
	return is_done ? 0 : 1;
}

static int edit_index(const struct store *s, const struct edit *edit,
		      struct err *e)
{
	autofd int tmpdir = store_dir(s, "tmp", e);
	int rc = tmpdir < 0 ? -1 : 1;

	for (int i = 0; rc > 0 && i < TRIES; i++)
		rc = edit_once(s, tmpdir, edit, e);
	if (rc > 0)
		err_set(e, ERR_LIMIT,
			"store '%s': others have changed 'index.json' %d times "
			"meanwhile",
			s->path, TRIES);
	return rc ? -1 : 0;
}

int store_set(const struct store *s, const struct ref *ref,
	      const struct descriptor *d, struct err *e)
{
	autostr char *name = ref_name(ref);
	size_t none = 0;

	return edit_index(
		s, &(struct edit){ .name = name, .d = d, .removed = &none }, e);
}

int store_drop(const struct store *s, const struct descriptor *d,
	       size_t *removed, struct err *e)
{
	*removed = 0;
	return edit_index(s, &(struct edit){ .drop = d, .removed = removed },
			  e);
}

bool store_has_image(const struct store *s, const struct descriptor *d)
{
	AUTO(str) struct str text = { 0 };
	AUTO(manifest) struct manifest m = { 0 };
	struct err ignored = { 0 }; /* not there, for whatever reason */
	autofd int fd = blobs_open(s->fd, &d->digest, d->size, &ignored);

	if (fd < 0 ||
	    io_read_all(fd, JSON_BYTES_MAX, "manifest", &text, &ignored) ||
	    manifest_parse(text.p, text.len, &m, &ignored) ||
	    !blobs_has(s->fd, &m.config.digest, m.config.size))
		return false;
	for (size_t i = 0; i < m.n_layers; i++)
		if (!blobs_has(s->fd, &m.layers[i].digest, m.layers[i].size))
			return false;
	return true;
}
