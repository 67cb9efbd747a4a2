/* manifest.c - image manifests and indexes, OCI's and Docker's.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "format/manifest.h"

#include "base/mem.h"
#include "base/str.h"
#include "base/strlist.h"
#include "format/json.h"

#include <string.h>

static const char *kind_text(enum media kind)
{
	return kind == MEDIA_INDEX ? "an index" : "an image manifest";
}

/* The version that the document claims; 2 where it claims none. */
static int read_version(json_t *root, uint64_t *version, struct err *e)
{
	*version = 2;
	if (json_opt_size(root, "", "schemaVersion", version, e))
		return -1;
	if (*version != 1 && *version != 2)
		return err_set(e, ERR_FORMAT,
			       "schemaVersion: expected 2, found %llu",
			       (unsigned long long)*version);
	return 0;
}

/* The kind by content. A document that could be read as either kind means
 * different things to different programs, so it is nothing to us. */
static enum media content_kind(json_t *root, struct err *e)
{
	bool is_index = json_object_get(root, "manifests");
	bool is_manifest = json_object_get(root, "layers") ||
			   json_object_get(root, "config");

	if (is_index && is_manifest) {
		err_set(e, ERR_FORMAT,
			"has 'manifests' and also 'layers' or 'config'");
		return MEDIA_UNKNOWN;
	}
	if (is_index)
		return MEDIA_INDEX;
	if (is_manifest)
		return MEDIA_MANIFEST;
	err_set(e, ERR_FORMAT, "has neither 'manifests' nor 'layers'");
	return MEDIA_UNKNOWN;
}

/* *TYPE is the mediaType in the document or NULL, borrowed. */
static enum media root_kind(json_t *root, const char **type, struct err *e)
{
	enum media kind;
	uint64_t version;

	if (json_opt_str(root, "", "mediaType", type, e) ||
	    read_version(root, &version, e))
		return MEDIA_UNKNOWN;
	if (*type && !**type)
		*type = NULL;
	if (version == 1 || json_object_get(root, "fsLayers"))
		return MEDIA_SCHEMA1;
	kind = content_kind(root, e);
	if (kind == MEDIA_UNKNOWN || !*type || media_of(*type) == kind)
		return kind;
	err_set(e, ERR_FORMAT, "mediaType is '%.150s', but the content is %s",
		*type, kind_text(kind));
	return MEDIA_UNKNOWN;
}

enum media manifest_kind(const void *text, size_t n, struct err *e)
{
	AUTO(json) json_t *root = json_parse("not a manifest", text, n, e);
	const char *type;
	enum media kind;

	if (!root)
		return MEDIA_UNKNOWN;
	kind = root_kind(root, &type, e);
	if (kind == MEDIA_UNKNOWN)
		err_ctx(e, "not a manifest");
	return kind;
}

/* The document TEXT, which must be of kind WANT. */
static json_t *parse_as(enum media want, const void *text, size_t n,
			char **media_type, struct err *e)
{
	const char *what = want == MEDIA_INDEX ? "index" : "manifest";
	AUTO(json) json_t *root = json_parse(what, text, n, e);
	const char *type;
	enum media kind;

	if (!root)
		return NULL;
	kind = root_kind(root, &type, e);
	if (kind == MEDIA_SCHEMA1)
		err_set(e, ERR_UNSUPPORTED,
			"Docker's schema 1 is too old to be supported");
	else if (kind != MEDIA_UNKNOWN && kind != want)
		err_set(e, ERR_FORMAT, "expected %s, found %s", kind_text(want),
			kind_text(kind));
	if (kind != want) {
		err_ctx(e, "%s", what);
		return NULL;
	}
	*media_type = type ? xstrdup(type) : NULL;
	return TAKE(root);
}

static int not_image(const char *type, struct err *e)
{
	return err_set(e, ERR_UNSUPPORTED,
		       "not a container image but an artifact of type '%s'",
		       type);
}

/* The media type of OBJ, a descriptor perhaps. */
static enum media type_of(json_t *obj)
{
	const char *type = json_string_value(json_object_get(obj, "mediaType"));

	return type ? media_of(type) : MEDIA_UNKNOWN;
}

/* An ORAS artifact with one SIF file. Its configuration is Sylabs' own, empty
 * or anything else, but not an image's. */
static bool is_sif(json_t *root)
{
	json_t *layers = json_object_get(root, "layers");

	return json_array_size(layers) == 1 &&
	       type_of(json_array_get(layers, 0)) == MEDIA_SIF &&
	       type_of(json_object_get(root, "config")) != MEDIA_CONFIG;
}

/* Docker 1.10 pushed configurations as octet-stream; without a type the layers,
 * which are checked one by one, say that it is an image. */
static int read_config(json_t *root, struct manifest *m, struct err *e)
{
	struct descriptor *config = &m->config;
	const char *artifact, *type;
	json_t *obj;

	if (json_opt_str(root, "", "artifactType", &artifact, e))
		return -1;
	if (artifact && *artifact && !m->is_sif)
		return not_image(artifact, e);
	if (json_need_obj(root, "", "config", &obj, e) ||
	    descriptor_read(obj, "config", config, e))
		return -1;
	if (m->is_sif)
		return 0;
	type = config->media_type;
	if (!type || !strcmp(type, "application/octet-stream"))
		config->media = MEDIA_CONFIG;
	if (config->media != MEDIA_CONFIG)
		return not_image(type, e);
	return 0;
}

static int check_layer(const struct descriptor *d, size_t number, struct err *e)
{
	if (d->media == MEDIA_LAYER || d->media == MEDIA_FOREIGN)
		return 0;
	if (!d->media_type)
		return err_set(e, ERR_FORMAT, "layer %zu: no media type",
			       number);
	if (str_ends(d->media_type, "+encrypted"))
		return err_set(e, ERR_UNSUPPORTED,
			       "layer %zu: is encrypted (media type '%s')",
			       number, d->media_type);
	return err_set(e, ERR_UNSUPPORTED, "layer %zu: unknown media type '%s'",
		       number, d->media_type);
}

/* The descriptors of the array KEY. *V is owned by the caller also on failure,
 * with *N items. */
static int read_list(json_t *root, const char *key, size_t max,
		     struct descriptor **v, size_t *n, struct err *e)
{
	json_t *array, *item;
	size_t i;

	if (json_need_array(root, "", key, &array, e))
		return -1;
	if (json_array_size(array) > max)
		return err_set(e, ERR_LIMIT, "%s: %zu are more than %zu", key,
			       json_array_size(array), max);
	*v = xcalloc(json_array_size(array) + 1, sizeof(**v));
	json_array_foreach (array, i, item) {
		autostr char *where = str_fmt("%s[%zu]", key, i);

		if (descriptor_read(item, where, &(*v)[i], e))
			return -1;
		*n = i + 1;
	}
	return 0;
}

static int read_layers(json_t *root, struct manifest *m, struct err *e)
{
	if (read_list(root, "layers", MANIFEST_LAYERS_MAX, &m->layers,
		      &m->n_layers, e))
		return -1;
	if (!m->n_layers)
		return err_set(e, ERR_FORMAT,
			       "layers: expected one, found none");
	for (size_t i = 0; i < m->n_layers && !m->is_sif; i++)
		if (check_layer(&m->layers[i], i + 1, e))
			return -1;
	return 0;
}

int manifest_parse(const void *text, size_t n, struct manifest *out,
		   struct err *e)
{
	AUTO(manifest) struct manifest m = { 0 };
	AUTO(json) json_t *root = NULL;

	*out = m;
	root = parse_as(MEDIA_MANIFEST, text, n, &m.media_type, e);
	if (!root)
		return -1;
	m.is_sif = is_sif(root);
	if (read_config(root, &m, e) || read_layers(root, &m, e))
		return err_ctx(e, "manifest");
	*out = m;
	m = (struct manifest){ 0 };
	return 0;
}

static void clear_list(struct descriptor *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		descriptor_clear(&v[i]);
	free(v);
}

bool manifest_is_twin(const struct manifest *m, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (digest_eq(&m->layers[i].digest, &m->layers[n].digest))
			return true;
	return false;
}

void manifest_clear(struct manifest *m)
{
	free(m->media_type);
	descriptor_clear(&m->config);
	clear_list(m->layers, m->n_layers);
	*m = (struct manifest){ 0 };
}

static void add_descriptor(struct str *s, const struct descriptor *d)
{
	str_addf(s, "{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":%llu}",
		 d->media_type, d->digest.text, (unsigned long long)d->size);
}

char *manifest_write(const struct manifest *m)
{
	AUTO(str) struct str s = { 0 };

	str_addf(&s, "{\"schemaVersion\":2,\"mediaType\":\"%s\",\"config\":",
		 media_name(MEDIA_MANIFEST));
	add_descriptor(&s, &m->config);
	str_add(&s, ",\"layers\":[");
	for (size_t i = 0; i < m->n_layers; i++) {
		str_add(&s, i ? "," : "");
		add_descriptor(&s, &m->layers[i]);
	}
	str_add(&s, "]}");
	return str_take(&s);
}

int index_parse(const void *text, size_t n, struct index *out, struct err *e)
{
	AUTO(index) struct index x = { 0 };
	AUTO(json) json_t *root = NULL;

	*out = x;
	root = parse_as(MEDIA_INDEX, text, n, &x.media_type, e);
	if (!root)
		return -1;
	if (read_list(root, "manifests", MANIFEST_ENTRIES_MAX, &x.entries,
		      &x.n_entries, e))
		return err_ctx(e, "index");
	*out = x;
	x = (struct index){ 0 };
	return 0;
}

void index_clear(struct index *x)
{
	free(x->media_type);
	clear_list(x->entries, x->n_entries);
	*x = (struct index){ 0 };
}

static bool is_candidate(const struct descriptor *d)
{
	if (d->is_attestation)
		return false;
	return !d->media_type || d->media == MEDIA_MANIFEST ||
	       d->media == MEDIA_INDEX;
}

/* The entry to take though its platform is not known: the only one, or the
 * first index inside this one. */
static const struct descriptor *choose_blind(const struct index *x)
{
	const struct descriptor *nested = NULL, *any = NULL;
	size_t n = 0;

	for (size_t i = 0; i < x->n_entries; i++) {
		const struct descriptor *d = &x->entries[i];

		if (!is_candidate(d))
			continue;
		n++;
		if (*d->platform.os || *d->platform.arch)
			continue;
		any = d;
		if (d->media == MEDIA_INDEX && !nested)
			nested = d;
	}
	return n == 1 ? any : nested;
}

static void no_image(const struct index *x, const struct platform *want,
		     struct err *e)
{
	AUTO(strlist) struct strlist there = { 0 };
	autostr char *wanted = platform_text(want);
	autostr char *list = NULL;

	for (size_t i = 0; i < x->n_entries; i++) {
		autostr char *p = platform_text(&x->entries[i].platform);

		if (is_candidate(&x->entries[i]) && !strlist_has(&there, p))
			strlist_add(&there, p);
	}
	list = strlist_join(&there, ", ");
	err_set(e, ERR_NOTFOUND, "no image for %s; there is %s", wanted,
		there.n ? list : "none at all");
}

const struct descriptor *index_choose(const struct index *x,
				      const struct platform *want,
				      struct err *e)
{
	const struct descriptor *best = NULL;
	int best_score = 0;

	for (size_t i = 0; i < x->n_entries; i++) {
		const struct descriptor *d = &x->entries[i];
		int score = platform_score(want, &d->platform);

		if (!is_candidate(d) || score <= best_score)
			continue;
		best = d;
		best_score = score;
	}
	if (!best)
		best = choose_blind(x);
	if (!best)
		no_image(x, want, e);
	return best;
}
