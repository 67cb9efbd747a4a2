/* inventory.c - the images of a store and what each of them needs.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Documents are read leniently here: what is in the store may be an artifact or
 * an attestation that we can't run, and it needs its blobs all the same.
 */
#include "config.h"

#include "image/inventory.h"

#include "base/io.h"
#include "base/mem.h"
#include "base/str.h"
#include "format/json.h"
#include "format/ocilayout.h"
#include "format/ref.h"
#include "image/blobs.h"
#include "image/imgoci.h"

#include <string.h>

#define TRIES 5 /* to see a store at rest */

/* One image being gone through. */
struct visit {
	struct inventory *v;
	struct inventory_image *image;
	size_t number; /* of the image, from 1 */
};

/* The first damage is the one that is told. */
static void PRINTF_LIKE(3, 4) damaged(struct inventory_image *i,
				      bool is_unknown, const char *fmt, ...)
{
	struct str text = { 0 };
	va_list ap;

	i->is_unknown |= is_unknown;
	if (i->damage)
		return;
	va_start(ap, fmt);
	str_addv(&text, fmt, ap);
	va_end(ap);
	i->damage = str_take(&text);
}

static void miss(struct inventory *v, enum item_kind kind,
		 const struct digest *d)
{
	v->missing = mem_grow(v->missing, &v->cap_missing, v->n_missing + 1,
			      sizeof(*v->missing));
	v->missing[v->n_missing++] = (struct inventory_missing){ kind, *d };
}

/* The image needs the item; false if that was known. */
static bool use(struct visit *w, struct item *it)
{
	struct inventory_image *i = w->image;

	if (it->last == w->number)
		return false;
	it->last = w->number;
	it->users++;
	i->uses = mem_grow(i->uses, &i->cap_uses, i->n_uses + 1,
			   sizeof(*i->uses));
	i->uses[i->n_uses++] = (size_t)(it - w->v->items.v);
	return true;
}

/* The item of a blob that the image needs; NULL if it is not whole. */
static struct item *need(struct visit *w, const struct digest *d, uint64_t size,
			 bool is_document)
{
	struct item *it = items_find(&w->v->items, ITEM_BLOB, d);

	if (!it) {
		miss(w->v, ITEM_BLOB, d);
		damaged(w->image, is_document, "blob %s is missing", d->text);
		return NULL;
	}
	if (it->is_odd || it->bytes != size) {
		use(w, it);
		if (it->is_odd)
			damaged(w->image, is_document,
				"blob %s is not a regular file", d->text);
		else
			damaged(w->image, is_document,
				"blob %s: expected %llu bytes, found %llu",
				d->text, (unsigned long long)size,
				(unsigned long long)it->bytes);
		return NULL;
	}
	return it;
}

/* The platform that the configuration D says. Only to be shown, so without it
 * all is well. */
static void read_platform(struct visit *w, const struct descriptor *d)
{
	AUTO(str) struct str text = { 0 };
	AUTO(json) json_t *root = NULL;
	struct err ignored = { 0 };

	if (blobs_read(w->v->store->fd, &d->digest, d->size, JSON_BYTES_MAX,
		       &text, &ignored))
		return;
	root = json_parse("configuration", text.p, text.len, &ignored);
	if (platform_set(
		    &w->image->platform,
		    json_string_value(json_object_get(root, "os")),
		    json_string_value(json_object_get(root, "architecture")),
		    json_string_value(json_object_get(root, "variant")),
		    &ignored))
		w->image->platform = (struct platform){ 0 };
}

/* A configuration or a layer: OBJ is a descriptor. */
static int visit_leaf(struct visit *w, json_t *obj, const char *where,
		      bool is_config, struct err *e)
{
	AUTO(descriptor) struct descriptor d = { 0 };
	struct item *it;

	if (descriptor_read(obj, where, &d, e))
		return -1;
	it = need(w, &d.digest, d.size, false);
	if (it)
		use(w, it);
	if (it && is_config && !w->image->is_index && !*w->image->platform.os)
		read_platform(w, &d);
	return 0;
}

static int visit_manifest(struct visit *w, json_t *root, struct err *e)
{
	json_t *config, *layers, *layer;
	size_t i;

	if (json_opt_obj(root, "", "config", &config, e) ||
	    json_opt_array(root, "", "layers", &layers, e) ||
	    (config && visit_leaf(w, config, "config", true, e)))
		return -1;
	json_array_foreach (layers, i, layer) {
		autostr char *where = str_fmt("layers[%zu]", i);

		if (visit_leaf(w, layer, where, false, e))
			return -1;
	}
	return 0;
}

/* The tree of the document D, if it is a manifest that was unpacked. */
static void visit_tree(struct visit *w, const struct digest *d)
{
	struct item *it = items_find(&w->v->items, ITEM_TREE, d);

	if (!it) {
		miss(w->v, ITEM_TREE, d);
		return;
	}
	use(w, it);
	w->image->has_tree |= !it->is_odd;
}

/* A document to be read, and how deep it is nested. */
struct document {
	struct descriptor d;
	int depth;
};

struct queue {
	struct document *v;
	size_t n;
	size_t cap;
};

static void queue_clear(struct queue *q)
{
	for (size_t i = 0; i < q->n; i++)
		descriptor_clear(&q->v[i].d);
	free(q->v);
}
AUTO_DEFINE(queue, struct queue, queue_clear)

static void queue_add(struct queue *q, const struct descriptor *d, int depth)
{
	q->v = mem_grow(q->v, &q->cap, q->n + 1, sizeof(*q->v));
	q->v[q->n].depth = depth;
	descriptor_copy(&q->v[q->n++].d, d);
}

/* The children of an index that are there: whoever copied it may have left out
 * other platforms. */
static int visit_index(struct visit *w, json_t *entries, struct queue *q,
		       int depth, struct err *e)
{
	size_t i, there = 0;
	json_t *entry;

	if (depth == IMGOCI_INDEX_DEPTH)
		return err_set(e, ERR_LIMIT, "indexes nested more than %d deep",
			       IMGOCI_INDEX_DEPTH);
	w->image->is_index = true;
	json_array_foreach (entries, i, entry) {
		autostr char *where = str_fmt("manifests[%zu]", i);
		AUTO(descriptor) struct descriptor d = { 0 };

		if (descriptor_read(entry, where, &d, e))
			return -1;
		if (!items_find(&w->v->items, ITEM_BLOB, &d.digest)) {
			miss(w->v, ITEM_BLOB, &d.digest);
			continue;
		}
		there++;
		w->image->n_children += !d.is_attestation;
		queue_add(q, &d, depth + 1);
	}
	if (!there && json_array_size(entries))
		damaged(w->image, true, "none of its manifests is there");
	return 0;
}

static int visit_text(struct visit *w, const struct document *doc,
		      const struct str *text, struct queue *q, struct err *e)
{
	AUTO(json) json_t *root = json_parse("manifest", text->p, text->len, e);
	json_t *entries;
	int depth = doc->depth;

	if (!root || json_opt_array(root, "", "manifests", &entries, e))
		return -1;
	if (entries)
		return visit_index(w, entries, q, depth, e);
	visit_tree(w, &doc->d.digest);
	return visit_manifest(w, root, e);
}

/* Document AT of the queue; those that it names are added there. */
static void visit_document(struct visit *w, struct queue *q, size_t at)
{
	struct document doc = q->v[at]; /* adding moves the array */
	AUTO(str) struct str text = { 0 };
	struct err e = { 0 };
	struct item *it = need(w, &doc.d.digest, doc.d.size, true);

	if (!it || !use(w, it))
		return;
	if (!at)
		w->image->time_s = it->time_s;
	if (blobs_read(w->v->store->fd, &doc.d.digest, doc.d.size,
		       JSON_BYTES_MAX, &text, &e))
		damaged(w->image, true, "%s", e.msg);
	else if (visit_text(w, &doc, &text, q, &e))
		damaged(w->image, true, "blob %s: %s", doc.d.digest.text,
			e.msg);
}

static void visit_image(struct inventory *v, size_t index)
{
	struct visit w = { v, &v->v[index], index + 1 };
	AUTO(queue) struct queue q = { 0 };

	queue_add(&q, &w.image->entry, 0);
	for (size_t i = 0; i < q.n; i++)
		visit_document(&w, &q, i);
}

/* What is shared is known only when all have been visited. */
static void add_up(struct inventory *v)
{
	for (size_t i = 0; i < v->n; i++) {
		struct inventory_image *image = &v->v[i];

		for (size_t k = 0; k < image->n_uses; k++) {
			struct item *it = &v->items.v[image->uses[k]];

			if (it->users > 1)
				image->shared += it->bytes;
			else
				image->own += it->bytes;
		}
	}
}

static char *shown_name(const char *name)
{
	AUTO(ref) struct ref ref = { 0 };
	struct err ignored = { 0 }; /* a name that is no reference: as it is */

	if (!name || ref_parse(name, &ref, &ignored))
		return xstrdup(name ? name : "");
	return ref_short(&ref);
}

static int read_index(const struct store *s, struct str *text, struct err *e)
{
	if (io_read_file(s->fd, "index.json", JSON_BYTES_MAX, text, e))
		return err_ctx(e, "store '%s'", s->path);
	return 0;
}

/* What is named has all its blobs, so names are read before what lies there. */
static int load(struct inventory *v, const struct str *index, struct err *e)
{
	AUTO(ocilayout_list) struct ocilayout_list list = { 0 };

	if (ocilayout_list(index->p, index->len, &list, e))
		return err_ctx(e, "store '%s'", v->store->path);
	if (items_load(v->store, &v->items, e))
		return -1;
	v->v = xcalloc(list.n + 1, sizeof(*v->v));
	for (; v->n < list.n; v->n++) {
		descriptor_copy(&v->v[v->n].entry, &list.v[v->n]);
		v->v[v->n].shown = shown_name(list.v[v->n].ref_name);
		v->v[v->n].platform = list.v[v->n].platform;
	}
	for (size_t i = 0; i < v->n; i++)
		visit_image(v, i);
	add_up(v);
	return 0;
}

static bool has_damage(const struct inventory *v)
{
	for (size_t i = 0; i < v->n; i++)
		if (v->v[i].damage)
			return true;
	return false;
}

/* Damage may be an image that another process is deleting right now: then
 * index.json has changed, and it is all read again. */
int inventory_load(const struct store *s, struct inventory *out, struct err *e)
{
	AUTO(str) struct str index = { 0 };

	*out = (struct inventory){ .store = s };
	if (read_index(s, &index, e))
		return -1;
	for (int i = 0; i < TRIES; i++) {
		AUTO(inventory) struct inventory v = { .store = s };
		AUTO(str) struct str again = { 0 };

		if (load(&v, &index, e) || read_index(s, &again, e))
			return -1;
		if (has_damage(&v) && i + 1 < TRIES &&
		    !str_eq(str_text(&index), str_text(&again))) {
			str_clear(&index);
			str_add(&index, str_text(&again));
			continue;
		}
		*out = v;
		v = (struct inventory){ 0 };
		break;
	}
	return 0;
}

void inventory_clear(struct inventory *v)
{
	for (size_t i = 0; i < v->n; i++) {
		descriptor_clear(&v->v[i].entry);
		free(v->v[i].shown);
		free(v->v[i].uses);
		free(v->v[i].damage);
	}
	free(v->v);
	free(v->missing);
	items_clear(&v->items);
	*v = (struct inventory){ 0 };
}

int inventory_check_known(const struct inventory *v, struct err *e)
{
	for (size_t i = 0; i < v->n; i++)
		if (v->v[i].is_unknown)
			return err_set(e, ERR_FORMAT,
				       "image '%s' is damaged (%s), so nobody "
				       "knows what it needs; pull or delete "
				       "it, or run 'ch-image check --repair'",
				       v->v[i].shown, v->v[i].damage);
	return 0;
}

bool inventory_lacks(const struct inventory *v, enum item_kind kind,
		     const struct digest *d)
{
	for (size_t i = 0; i < v->n_missing; i++)
		if (v->missing[i].kind == kind &&
		    digest_eq(&v->missing[i].digest, d))
			return true;
	return false;
}

char *inventory_platform(const struct inventory_image *i)
{
	if (*i->platform.os)
		return platform_text(&i->platform);
	if (!i->is_index)
		return xstrdup("");
	return str_fmt("%zu platform%s", i->n_children,
		       i->n_children == 1 ? "" : "s");
}
