/* manage.c - names of the store taken away and given.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "image/manage.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"

#include <string.h>

/* What is to go: entries by index, and the digests of all they need. */
struct doomed {
	size_t *images;
	size_t n, cap;
	struct digest *digests;
	size_t n_digests, cap_digests;
};

static void doomed_clear(struct doomed *d)
{
	free(d->images);
	free(d->digests);
}
AUTO_DEFINE(doomed, struct doomed, doomed_clear)

static bool is_doomed(const struct doomed *d, size_t image)
{
	for (size_t i = 0; i < d->n; i++)
		if (d->images[i] == image)
			return true;
	return false;
}

static void add_image(struct doomed *d, const struct inventory *v, size_t image)
{
	const struct inventory_image *i = &v->v[image];

	if (is_doomed(d, image))
		return;
	d->images = mem_grow(d->images, &d->cap, d->n + 1, sizeof(*d->images));
	d->images[d->n++] = image;
	d->digests = mem_grow(d->digests, &d->cap_digests,
			      d->n_digests + i->n_uses, sizeof(*d->digests));
	for (size_t k = 0; k < i->n_uses; k++)
		d->digests[d->n_digests++] = v->items.v[i->uses[k]].digest;
}

static int add_text(struct doomed *d, const struct inventory *v,
		    const char *text, const struct platform *platform,
		    struct err *e)
{
	autostr size_t *found = NULL;
	size_t n;

	if (inventory_match(v, text, platform, &found, &n, e))
		return -1;
	for (size_t i = 0; i < n; i++)
		add_image(d, v, found[i]);
	return 0;
}

static int drop(const struct store *s, const struct inventory_image *i,
		struct err *e)
{
	autostr char *platform = inventory_platform(i);
	size_t removed;

	if (store_drop(s, &i->entry, &removed, e))
		return -1;
	if (removed)
		log_note("deleted %s%s%s%s",
			 *i->shown ? i->shown : i->entry.digest.text,
			 *platform ? " (" : "", platform, *platform ? ")" : "");
	return 0;
}

int manage_delete(const struct store *s, char *const *texts, size_t n,
		  const struct platform *platform, const struct gc_opts *o,
		  struct gc_done *done, struct err *e)
{
	AUTO(inventory) struct inventory v = { 0 };
	AUTO(doomed) struct doomed d = { 0 };
	AUTO(str) struct str unused = { 0 };
	struct gc_opts only = *o;

	*done = (struct gc_done){ 0 };
	if (inventory_load(s, &v, e))
		return -1;
	for (size_t i = 0; i < n; i++)
		if (add_text(&d, &v, texts[i], platform, e))
			return -1;
	for (size_t i = 0; i < d.n; i++)
		if (drop(s, &v.v[d.images[i]], e))
			return -1;
	if (!d.n_digests)
		return 0;
	only.only = d.digests;
	only.n_only = d.n_digests;
	if (!gc(s, &only, done, &unused, e))
		return 0;
	if (e->kind != ERR_FORMAT)
		return -1;
	/* Another image is damaged; this one is deleted all the same. */
	log_warn("nothing is freed: %s", e->msg);
	*e = (struct err){ 0 };
	return 0;
}

static int tag_one(const struct store *s, const struct inventory_image *i,
		   const struct ref *to, struct err *e)
{
	AUTO(descriptor) struct descriptor d = { 0 };

	if (i->damage)
		return err_set(e, ERR_FORMAT, "image '%s' is damaged: %s",
			       i->shown, i->damage);
	descriptor_copy(&d, &i->entry);
	if (!d.media_type)
		d.media_type = xstrdup(
			media_name(i->is_index ? MEDIA_INDEX : MEDIA_MANIFEST));
	return store_set(s, to, &d, e);
}

int manage_tag(const struct store *s, const char *from, const char *to,
	       const struct platform *platform, struct err *e)
{
	AUTO(inventory) struct inventory v = { 0 };
	AUTO(ref) struct ref ref = { 0 };
	autostr size_t *found = NULL;
	size_t n;

	if (ref_parse(to, &ref, e))
		return -1;
	if (*ref.digest.text)
		return err_set(e, ERR_USAGE,
			       "'%s': a new name can't have a digest", to);
	if (inventory_load(s, &v, e) ||
	    inventory_match(&v, from, platform, &found, &n, e))
		return -1;
	for (size_t i = 0; i < n; i++)
		if (tag_one(s, &v.v[found[i]], &ref, e))
			return -1;
	return 0;
}
