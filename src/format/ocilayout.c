/* ocilayout.c - reads and edits the files at the top of an OCI image layout.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "format/ocilayout.h"

#include "base/mem.h"
#include "base/str.h"
#include "base/strlist.h"
#include "format/json.h"

#include <string.h>

#define REF_NAME "org.opencontainers.image.ref.name"
#define CONTAINERD_NAME "io.containerd.image.name"
#define NAMES_SHOWN 10

int ocilayout_check(const void *text, size_t n, struct err *e)
{
	AUTO(json) json_t *root = json_parse("oci-layout", text, n, e);
	const char *version;

	if (!root)
		return -1;
	if (json_need_str(root, "", "imageLayoutVersion", &version, e))
		return err_ctx(e, "oci-layout");
	if (!str_starts(version, "1."))
		return err_set(e, ERR_UNSUPPORTED,
			       "oci-layout: expected version 1.x, found '%s'",
			       version);
	return 0;
}

const char *ocilayout_text(void)
{
	return "{\"imageLayoutVersion\":\"1.0.0\"}\n";
}

/* The document and its array of entries, borrowed from it. */
static json_t *parse_index(const void *text, size_t n, json_t **entries,
			   struct err *e)
{
	AUTO(json) json_t *root = json_parse("index.json", text, n, e);

	if (!root)
		return NULL;
	if (json_need_array(root, "", "manifests", entries, e)) {
		err_ctx(e, "index.json");
		return NULL;
	}
	return TAKE(root);
}

/* ENTRY's annotation KEY, borrowed, or NULL. What is malformed has none. */
static const char *annotation(const json_t *entry, const char *key)
{
	return json_string_value(
		json_object_get(json_object_get(entry, "annotations"), key));
}

static bool is_image(const json_t *entry)
{
	return !annotation(entry, "vnd.docker.reference.type");
}

/* The platform of ENTRY; false if it has none. */
static bool read_platform(const json_t *entry, struct platform *out)
{
	const json_t *p = json_object_get(entry, "platform");
	struct err ignored = { 0 }; /* descriptor_read says it if it matters */

	*out = (struct platform){ 0 };
	return !platform_set(
		       out, json_string_value(json_object_get(p, "os")),
		       json_string_value(json_object_get(p, "architecture")),
		       json_string_value(json_object_get(p, "variant")),
		       &ignored) &&
	       *out->os;
}

/* As platform_score; what has no platform, an index mostly, comes last. */
static int score(const json_t *entry, const struct platform *want)
{
	struct platform have;
	int s;

	if (!want || !read_platform(entry, &have))
		return 1;
	s = platform_score(want, &have);
	return s ? s + 1 : 0;
}

/* The entry whose annotation KEY is NAME and that suits WANT best, or NULL. */
static json_t *find_name(const json_t *entries, const char *key,
			 const char *name, const struct platform *want)
{
	json_t *best = NULL, *entry;
	int best_score = 0;
	size_t i;

	json_array_foreach (entries, i, entry) {
		int s = score(entry, want);

		if (!is_image(entry) || s <= best_score ||
		    !str_eq(annotation(entry, key), name))
			continue;
		best = entry;
		best_score = s;
	}
	return best;
}

/* The only image, or NULL; then *NAME is the name that all images have, or
 * NULL. Docker writes "a:1" and "b:1" with one ref.name, "1", and tells them
 * apart in containerd's. */
static json_t *find_only(const json_t *entries, const char **name)
{
	json_t *only = NULL, *entry;
	const char *full = NULL;
	size_t i, n = 0;

	*name = NULL;
	json_array_foreach (entries, i, entry) {
		const char *its = annotation(entry, REF_NAME);
		const char *other = annotation(entry, CONTAINERD_NAME);

		if (!is_image(entry))
			continue;
		if (n++ && (!str_eq(its, *name) || !str_eq(other, full))) {
			*name = NULL;
			return NULL;
		}
		*name = its;
		full = other;
		only = entry;
	}
	return n == 1 ? only : NULL;
}

static json_t *find(const json_t *entries, const char *name,
		    const struct platform *want)
{
	json_t *entry;

	if (!name) {
		entry = find_only(entries, &name);
		if (entry || !name)
			return entry;
	}
	entry = find_name(entries, REF_NAME, name, want);
	if (!entry)
		entry = find_name(entries, CONTAINERD_NAME, name, want);
	return entry;
}

/* The names there are, "'a', 'b', ..."; caller frees. */
static char *names_text(const json_t *entries)
{
	AUTO(strlist) struct strlist names = { 0 };
	size_t i, unnamed = 0;
	json_t *entry;

	json_array_foreach (entries, i, entry) {
		const char *name = annotation(entry, CONTAINERD_NAME);
		autostr char *quoted = NULL;

		if (!name)
			name = annotation(entry, REF_NAME);
		quoted = str_fmt("'%.80s'", name ? name : "");
		if (!name)
			unnamed += is_image(entry);
		else if (names.n < NAMES_SHOWN && !strlist_has(&names, quoted))
			strlist_add(&names, quoted);
		else if (names.n == NAMES_SHOWN && !strlist_has(&names, quoted))
			strlist_add(&names, "...");
	}
	if (unnamed)
		strlist_addf(&names, "%zu without a name", unnamed);
	if (!names.n)
		strlist_add(&names, "none");
	return strlist_join(&names, ", ");
}

/* The platforms of what has NAME, or of all if it is NULL; caller frees. */
static char *platforms_text(const json_t *entries, const char *name)
{
	AUTO(strlist) struct strlist list = { 0 };
	struct platform p;
	json_t *entry;
	size_t i;

	json_array_foreach (entries, i, entry) {
		autostr char *text = NULL;

		if ((name && !str_eq(annotation(entry, REF_NAME), name) &&
		     !str_eq(annotation(entry, CONTAINERD_NAME), name)) ||
		    !is_image(entry) || !read_platform(entry, &p))
			continue;
		text = platform_text(&p);
		if (list.n < NAMES_SHOWN && !strlist_has(&list, text))
			strlist_add(&list, text);
	}
	return strlist_join(&list, ", ");
}

static int not_found(const json_t *entries, const char *name,
		     const struct platform *want, struct err *e)
{
	autostr char *wanted = want ? platform_text(want) : NULL;
	autostr char *list = NULL;

	if (want && find(entries, name, NULL)) {
		list = platforms_text(entries, name);
		return err_set(e, ERR_NOTFOUND,
			       "no image %s%s%sfor %s in the layout; there is "
			       "%s",
			       name ? "'" : "", name ? name : "",
			       name ? "' " : "", wanted, list);
	}
	list = names_text(entries);
	if (name)
		return err_set(e, ERR_NOTFOUND,
			       "no image '%s' in the layout; there is %s", name,
			       list);
	return err_set(e, ERR_NOTFOUND,
		       "expected one image in the layout; there is %s", list);
}

int ocilayout_find(const void *text, size_t n, const char *name,
		   const struct platform *want, struct descriptor *out,
		   struct err *e)
{
	json_t *entries = NULL, *entry;
	AUTO(json) json_t *root = parse_index(text, n, &entries, e);
	autostr char *where = NULL;
	size_t i = 0;

	*out = (struct descriptor){ 0 };
	if (!root)
		return -1;
	entry = find(entries, name, want);
	if (!entry)
		return not_found(entries, name, want, e);
	while (json_array_get(entries, i) != entry)
		i++;
	where = str_fmt("manifests[%zu]", i);
	if (descriptor_read(entry, where, out, e))
		return err_ctx(e, "index.json");
	return 0;
}

int ocilayout_list(const void *text, size_t n, struct ocilayout_list *out,
		   struct err *e)
{
	json_t *entries = NULL, *entry;
	AUTO(json) json_t *root = parse_index(text, n, &entries, e);
	AUTO(ocilayout_list) struct ocilayout_list l = { 0 };
	size_t i;

	*out = l;
	if (!root)
		return -1;
	l.v = xcalloc(json_array_size(entries) + 1, sizeof(*l.v));
	json_array_foreach (entries, i, entry) {
		autostr char *where = str_fmt("manifests[%zu]", i);
		const char *other = annotation(entry, CONTAINERD_NAME);

		if (descriptor_read(entry, where, &l.v[l.n], e))
			return err_ctx(e, "index.json");
		if (!l.v[l.n].ref_name && other)
			l.v[l.n].ref_name = xstrdup(other);
		l.n++;
	}
	*out = l;
	l = (struct ocilayout_list){ 0 };
	return 0;
}

void ocilayout_list_clear(struct ocilayout_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		descriptor_clear(&l->v[i]);
	free(l->v);
	*l = (struct ocilayout_list){ 0 };
}

/* A new entry; the caller owns the reference. */
static json_t *make_entry(const char *name, const struct descriptor *d)
{
	AUTO(json)
	json_t *entry = json_pack("{s:s, s:s, s:I}", "mediaType", d->media_type,
				  "digest", d->digest.text, "size",
				  (json_int_t)d->size);
	AUTO(json) json_t *notes = json_object();
	AUTO(json) json_t *platform = NULL;

	if (name && json_object_set_new(notes, REF_NAME, json_string(name)))
		return NULL;
	if (*d->platform.os)
		platform = json_pack("{s:s, s:s}", "architecture",
				     d->platform.arch, "os", d->platform.os);
	if (platform && *d->platform.variant)
		json_object_set_new(platform, "variant",
				    json_string(d->platform.variant));
	if (platform)
		json_object_set(entry, "platform", platform);
	if (*d->source.text)
		json_object_set_new(notes, DESCRIPTOR_SOURCE,
				    json_string(d->source.text));
	if (json_object_size(notes))
		json_object_set(entry, "annotations", notes);
	return TAKE(entry);
}

/* Does NEW take the place of OLD, which has its name? */
static bool replaces(const json_t *new, const json_t *old)
{
	struct platform a, b;

	if (!read_platform(new, &a) || !read_platform(old, &b))
		return true;
	return platform_eq(&a, &b);
}

/* Put ENTRY in the place of the first that it replaces, or at the end; the
 * others that it replaces go. */
static void put_entry(json_t *entries, const char *name, json_t *entry)
{
	bool placed = false;

	for (size_t i = 0; i < json_array_size(entries);) {
		json_t *old = json_array_get(entries, i);

		if (!str_eq(annotation(old, REF_NAME), name) ||
		    !replaces(entry, old)) {
			i++;
		} else if (placed) {
			json_array_remove(entries, i);
		} else {
			json_array_set(entries, i++, entry);
			placed = true;
		}
	}
	if (!placed)
		json_array_append(entries, entry);
}

/* ROOT as text; caller frees. */
static char *print(const json_t *root, struct err *e)
{
	char *text = json_dumps(root, JSON_INDENT(2));

	if (text && strlen(text) <= JSON_BYTES_MAX)
		return text;
	free(text);
	err_set(e, ERR_LIMIT, "index.json: longer than %u bytes",
		JSON_BYTES_MAX);
	return NULL;
}

char *ocilayout_set(const void *text, size_t n, const char *name,
		    const struct descriptor *d, struct err *e)
{
	static const char fresh[] =
		"{\"schemaVersion\":2,\"mediaType\":"
		"\"application/vnd.oci.image.index.v1+json\",\"manifests\":[]}";
	bool is_new = !text || !n;
	json_t *entries = NULL;
	AUTO(json) json_t *root = NULL;
	AUTO(json) json_t *entry = NULL;

	root = parse_index(is_new ? fresh : text, is_new ? strlen(fresh) : n,
			   &entries, e);
	if (!root)
		return NULL;
	entry = make_entry(name, d);
	if (!entry) { /* jansson takes UTF-8 only */
		err_set(e, ERR_FORMAT, "index.json: '%s' is not UTF-8", name);
		return NULL;
	}
	put_entry(entries, name, entry);
	return print(root, e);
}

/* Is ENTRY what ocilayout_list made D of? */
static bool is_entry(const json_t *entry, const struct descriptor *d)
{
	const char *name = annotation(entry, REF_NAME);
	const char *digest =
		json_string_value(json_object_get(entry, "digest"));
	struct platform have;

	if (!name)
		name = annotation(entry, CONTAINERD_NAME);
	if (!str_eq(name, d->ref_name) || !str_eq(digest, d->digest.text))
		return false;
	return read_platform(entry, &have) ? platform_eq(&have, &d->platform)
					   : !*d->platform.os;
}

char *ocilayout_drop(const void *text, size_t n, const struct descriptor *d,
		     size_t *removed, struct err *e)
{
	json_t *entries = NULL;
	AUTO(json) json_t *root = parse_index(text, n, &entries, e);

	*removed = 0;
	if (!root)
		return NULL;
	for (size_t i = 0; i < json_array_size(entries);) {
		if (!is_entry(json_array_get(entries, i), d)) {
			i++;
			continue;
		}
		json_array_remove(entries, i);
		++*removed;
	}
	return print(root, e);
}
