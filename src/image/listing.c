/* listing.c - the images of a store and what they take.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "image/listing.h"

#include "base/mem.h"
#include "base/num.h"
#include "base/table.h"
#include "format/json.h"

#include <string.h>
#include <time.h>

#define DIGITS 12 /* shown of a digest */

/* Non-ASCII is escaped: text of others must not reach a terminal as it is. */
#define DUMP (JSON_INDENT(2) | JSON_ENSURE_ASCII)

char *listing_age(int64_t seconds)
{
	static const struct {
		int64_t seconds;
		const char *name;
	} units[] = {
		{ 365 * 86400, "year" }, { 30 * 86400, "month" },
		{ 7 * 86400, "week" },   { 86400, "day" },
		{ 3600, "hour" },        { 60, "minute" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		int64_t n = seconds / units[i].seconds;

		/* "10 days" says more than "1 week" */
		if (n < 1 || (n < 2 && i < 3))
			continue;
		return str_fmt("%lld %s%s", (long long)n, units[i].name,
			       n == 1 ? "" : "s");
	}
	return str_fmt("%lld seconds", (long long)(seconds < 0 ? 0 : seconds));
}

static int compare(const void *a, const void *b)
{
	const struct listing_row *x = a, *y = b;
	autostr char *one = inventory_platform(x->image);
	autostr char *two = inventory_platform(y->image);
	int rc = strverscmp(x->image->shown, y->image->shown);

	if (!rc)
		rc = x->is_readonly - y->is_readonly;
	return rc ? rc : strcmp(one, two);
}

void listing_sort(struct listing_row *rows, size_t n)
{
	if (n)
		qsort(rows, n, sizeof(*rows), compare);
}

static char *state(const struct listing_row *r)
{
	AUTO(strlist) struct strlist words = { 0 };

	if (r->image->damage)
		strlist_add(&words, "damaged");
	if (r->image->has_tree)
		strlist_add(&words, "unpacked");
	if (r->is_readonly)
		strlist_add(&words, "read-only");
	return strlist_join(&words, ", ");
}

void listing_text(const struct listing_row *rows, size_t n, int64_t now_s,
		  struct str *out)
{
	static const char *const head[] = { "NAME", "PLATFORM", "DIGEST",
					    "SIZE", "SHARED",   "AGE",
					    "STATE" };
	AUTO(table) struct table t = { .format = "lllrrll" };

	for (size_t i = 0; n && i < ARRAY_SIZE(head); i++)
		table_add(&t, xstrdup(head[i]));
	for (size_t i = 0; i < n; i++) {
		const struct inventory_image *m = rows[i].image;

		table_add(&t, xstrdup(*m->shown ? m->shown : "-"));
		table_add(&t, inventory_platform(m));
		table_add(&t, xstrndup(digest_hex(&m->entry.digest), DIGITS));
		table_add(&t, num_size_text(m->own));
		table_add(&t, num_size_text(m->shared));
		table_add(&t, m->time_s ? listing_age(now_s - m->time_s)
					: xstrdup("-"));
		table_add(&t, state(&rows[i]));
	}
	table_print(&t, out);
}

/* RFC 3339, or null. */
static json_t *time_json(int64_t time_s)
{
	char text[64];
	time_t t = (time_t)time_s;
	struct tm tm;

	if (!time_s || !gmtime_r(&t, &tm) ||
	    !strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm))
		return json_null();
	return json_string(text);
}

/* A text of others may be no UTF-8, which JSON can't say. */
static json_t *text_json(const char *text)
{
	json_t *j = text && *text ? json_string(text) : json_null();

	if (!j) {
		autostr char *harmless = str_escape(text);

		j = json_string(harmless);
	}
	return j;
}

static json_t *row_json(const struct listing_row *r)
{
	const struct inventory_image *m = r->image;
	const struct descriptor *d = &m->entry;
	autostr char *platform =
		*m->platform.os ? platform_text(&m->platform) : NULL;
	autostr char *tree =
		m->has_tree ? store_tree(r->v->store, &d->digest) : NULL;
	json_t *j = json_object();

	json_object_set_new(j, "name", text_json(d->ref_name));
	json_object_set_new(j, "short", text_json(m->shown));
	json_object_set_new(j, "platform", text_json(platform));
	json_object_set_new(j, "digest", json_string(d->digest.text));
	json_object_set_new(j, "source", text_json(d->source.text));
	json_object_set_new(j, "size", json_integer((json_int_t)m->own));
	json_object_set_new(j, "shared", json_integer((json_int_t)m->shared));
	json_object_set_new(j, "since", time_json(m->time_s));
	json_object_set_new(j, "unpacked", json_boolean(m->has_tree));
	json_object_set_new(j, "tree", text_json(tree));
	json_object_set_new(j, "store", text_json(r->v->store->path));
	json_object_set_new(j, "readonly", json_boolean(r->is_readonly));
	json_object_set_new(j, "damage", text_json(m->damage));
	return j;
}

static void dump(json_t *j, struct str *out)
{
	autostr char *text = json_dumps(j, DUMP);

	str_addf(out, "%s\n", text ? text : "null");
}

void listing_json(const struct listing_row *rows, size_t n, struct str *out)
{
	AUTO(json) json_t *all = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(all, row_json(&rows[i]));
	dump(all, out);
}

static struct usage_row sum(const struct usage *u)
{
	struct usage_row s = { 0 };

	for (int i = 0; i < USAGE_KINDS; i++) {
		s.n += u->row[i].n;
		s.bytes += u->row[i].bytes;
		s.shared += u->row[i].shared;
		s.reclaimable += u->row[i].reclaimable;
	}
	return s;
}

static void add_usage(struct table *t, const char *text,
		      const struct usage_row *r)
{
	table_add(t, xstrdup(text));
	table_add(t, str_fmt("%zu", r->n));
	table_add(t, num_size_text(r->bytes));
	table_add(t, num_size_text(r->shared));
	table_add(t, num_size_text(r->reclaimable));
}

void listing_usage_text(const struct usage *u, struct str *out)
{
	static const char *const head[] = { "WHAT", "NUMBER", "SIZE", "SHARED",
					    "RECLAIMABLE" };
	AUTO(table) struct table t = { .format = "lrrrr" };
	struct usage_row all = sum(u);

	for (size_t i = 0; i < ARRAY_SIZE(head); i++)
		table_add(&t, xstrdup(head[i]));
	for (int i = 0; i < USAGE_KINDS; i++)
		if (u->row[i].n || i <= USAGE_TREES)
			add_usage(&t, usage_text(i), &u->row[i]);
	add_usage(&t, "total", &all);
	table_print(&t, out);
}

void listing_usage_json(const struct usage *u, struct str *out)
{
	static const char *const keys[] = {
		[USAGE_BLOBS] = "blobs",           [USAGE_TREES] = "trees",
		[USAGE_PARTIAL] = "partial",       [USAGE_ASIDE] = "aside",
		[USAGE_UNFINISHED] = "unfinished",
	};
	AUTO(json) json_t *all = json_object();

	for (int i = 0; i < USAGE_KINDS; i++) {
		const struct usage_row *r = &u->row[i];

		json_object_set_new(all, keys[i],
				    json_pack("{s:I, s:I, s:I, s:I}", "number",
					      (json_int_t)r->n, "size",
					      (json_int_t)r->bytes, "shared",
					      (json_int_t)r->shared,
					      "reclaimable",
					      (json_int_t)r->reclaimable));
	}
	dump(all, out);
}
