/* catalog.c - the images of all stores that are looked into.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "image/catalog.h"

#include "base/mem.h"

int catalog_open(struct catalog *c, const char *path, const char *readonly,
		 struct err *e)
{
	*c = (struct catalog){ 0 };
	if (stores_open(&c->stores, path, readonly, false, e))
		return -1;
	for (size_t i = 0; i < c->stores.n; i++) {
		if (c->stores.v[i].fd < 0)
			continue;
		if (inventory_load(&c->stores.v[i], &c->v[i], e)) {
			catalog_close(c);
			return -1;
		}
		c->is_there[i] = true;
	}
	return 0;
}

void catalog_close(struct catalog *c)
{
	for (size_t i = 0; i < STORES_MAX; i++)
		inventory_clear(&c->v[i]);
	stores_close(&c->stores);
	*c = (struct catalog){ 0 };
}

/* What the own store said, if there is one. */
static int not_found(const struct catalog *c, const char *text,
		     const struct err *first, struct err *e)
{
	if (!first->kind)
		return err_set(e, ERR_NOTFOUND,
			       "no image '%s': there is no store '%s' yet",
			       text, c->stores.v[0].path);
	*e = *first;
	return -1;
}

/* The rows for TEXT, or all if it is NULL, to ROWS, which has room. */
static int add_rows(const struct catalog *c, const char *text,
		    struct listing_row *rows, size_t *n, struct err *e)
{
	struct err first = { 0 };
	size_t before = *n;

	for (size_t s = 0; s < c->stores.n; s++) {
		const struct inventory *v = &c->v[s];
		autostr size_t *found = NULL;
		size_t count = v->n;

		if (!c->is_there[s])
			continue;
		if (text && inventory_match(v, text, NULL, &found, &count, e)) {
			if (!first.kind)
				first = *e;
			continue;
		}
		for (size_t i = 0; i < count; i++)
			rows[(*n)++] = (struct listing_row){
				.v = v,
				.image = &v->v[found ? found[i] : i],
				.is_readonly = s > 0,
			};
	}
	return !text || *n > before ? 0 : not_found(c, text, &first, e);
}

int catalog_rows(const struct catalog *c, char *const *texts, size_t n,
		 struct listing_row **rows, size_t *n_rows, struct err *e)
{
	autostr struct listing_row *all = NULL;
	size_t room = 1;

	*rows = NULL;
	*n_rows = 0;
	for (size_t i = 0; i < STORES_MAX; i++)
		room += c->v[i].n;
	all = xcalloc(n ? n : 1, room * sizeof(*all));
	if (!n && add_rows(c, NULL, all, n_rows, e))
		return -1;
	for (size_t i = 0; i < n; i++)
		if (add_rows(c, texts[i], all, n_rows, e))
			return -1;
	listing_sort(all, *n_rows);
	*rows = TAKE(all);
	return 0;
}

bool catalog_others_need(const struct catalog *c, const struct digest *d)
{
	for (size_t s = 1; s < c->stores.n; s++) {
		const struct item *it =
			items_find(&c->v[s].items, ITEM_BLOB, d);

		if (it && it->users)
			return true;
	}
	return false;
}

/* Of the images FOUND the one that suits best, or the first. */
static const struct inventory_image *best(const struct inventory *v,
					  const size_t *found, size_t n,
					  const struct platform *want)
{
	const struct inventory_image *image = &v->v[found[0]];
	int most = 0;

	for (size_t i = 0; i < n; i++) {
		const struct inventory_image *other = &v->v[found[i]];
		int score = platform_score(want, &other->platform);

		if (score <= most)
			continue;
		image = other;
		most = score;
	}
	return image;
}

int catalog_find(const struct catalog *c, const char *text,
		 const struct platform *want, bool is_must,
		 struct listing_row *out, struct err *e)
{
	struct err first = { 0 };

	for (size_t s = 0; s < c->stores.n; s++) {
		const struct inventory *v = &c->v[s];
		autostr size_t *found = NULL;
		size_t n;

		if (!c->is_there[s])
			continue;
		if (!inventory_match(v, text, is_must ? want : NULL, &found, &n,
				     e)) {
			*out = (struct listing_row){
				.v = v,
				.image = best(v, found, n, want),
				.is_readonly = s > 0,
			};
			return 0;
		}
		if (!first.kind)
			first = *e;
	}
	return not_found(c, text, &first, e);
}
