/* store_index.c - the names of a store's images: index.json.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "image/store.h"

#include "base/io.h"
#include "base/str.h"
#include "format/json.h"
#include "format/ocilayout.h"
#include "image/blobs.h"
#include "image/layoutindex.h"

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

	if (layoutindex_read(s->fd, &text, e))
		return err_ctx(e, "store '%s'", s->path);
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

int store_set(const struct store *s, const struct ref *ref,
	      const struct descriptor *d, struct err *e)
{
	autostr char *name = ref_name(ref);

	return layoutindex_set(s->fd, name, d, e)
		       ? err_ctx(e, "store '%s'", s->path)
		       : 0;
}

int store_drop(const struct store *s, const struct descriptor *d,
	       size_t *removed, struct err *e)
{
	return layoutindex_drop(s->fd, d, removed, e)
		       ? err_ctx(e, "store '%s'", s->path)
		       : 0;
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
