/* saved.c - manifest.json of an archive that `docker save` wrote, or we.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "format/saved.h"

#include "base/mem.h"
#include "base/str.h"
#include "format/json.h"
#include "format/manifest.h"

#include <string.h>

static int read_image(json_t *obj, const char *where, struct saved_image *out,
		      struct err *e)
{
	const char *config;

	if (json_need_str(obj, where, "Config", &config, e) ||
	    json_opt_strs(obj, where, "RepoTags", &out->tags, e) ||
	    json_opt_strs(obj, where, "Layers", &out->layers, e))
		return -1;
	out->config = xstrdup(config);
	if (!out->layers.n)
		return err_set(e, ERR_FORMAT,
			       "%s.Layers: expected one, found none", where);
	if (out->layers.n > MANIFEST_LAYERS_MAX)
		return err_set(e, ERR_LIMIT, "%s.Layers: %zu are more than %d",
			       where, out->layers.n, MANIFEST_LAYERS_MAX);
	return 0;
}

static int read_images(json_t *root, struct saved *s, struct err *e)
{
	json_t *item;
	size_t i;

	if (!json_is_array(root))
		return err_set(e, ERR_FORMAT,
			       "expected an array, found an object");
	if (!json_array_size(root))
		return err_set(e, ERR_FORMAT, "there is no image in it");
	if (json_array_size(root) > SAVED_IMAGES_MAX)
		return err_set(e, ERR_LIMIT, "%zu images are more than %d",
			       json_array_size(root), SAVED_IMAGES_MAX);
	s->v = xcalloc(json_array_size(root), sizeof(*s->v));
	json_array_foreach (root, i, item) {
		autostr char *where = str_fmt("[%zu]", i);

		s->n = i + 1;
		if (read_image(item, where, &s->v[i], e))
			return -1;
	}
	return 0;
}

int saved_parse(const void *text, size_t n, struct saved *out, struct err *e)
{
	AUTO(saved) struct saved s = { 0 };
	AUTO(json) json_t *root = NULL;

	*out = s;
	root = json_parse("manifest.json", text, n, e);
	if (!root)
		return -1;
	if (read_images(root, &s, e))
		return err_ctx(e, "manifest.json");
	*out = s;
	s = (struct saved){ 0 };
	return 0;
}

void saved_clear(struct saved *s)
{
	for (size_t i = 0; i < s->n; i++) {
		free(s->v[i].config);
		strlist_clear(&s->v[i].tags);
		strlist_clear(&s->v[i].layers);
	}
	free(s->v);
	*s = (struct saved){ 0 };
}

/* A new string; NULL with E set if TEXT is not UTF-8. */
static json_t *new_string(const char *text, struct err *e)
{
	json_t *j = json_string(text);

	if (!j)
		err_set(e, ERR_FORMAT, "manifest.json: '%s' is not UTF-8",
			text);
	return j;
}

static int add_strings(json_t *obj, const char *key, const struct strlist *l,
		       struct err *e)
{
	json_t *array = json_array();

	json_object_set_new(obj, key, array);
	for (size_t i = 0; i < l->n; i++) {
		json_t *j = new_string(l->v[i], e);

		if (!j)
			return -1;
		json_array_append_new(array, j);
	}
	return 0;
}

/* Docker says null, not [], for an image without tags. */
static int add_image(json_t *root, const struct saved_image *image,
		     struct err *e)
{
	json_t *obj = json_object(), *config = new_string(image->config, e);

	json_array_append_new(root, obj);
	if (!config)
		return -1;
	json_object_set_new(obj, "Config", config);
	if (!image->tags.n)
		json_object_set_new(obj, "RepoTags", json_null());
	else if (add_strings(obj, "RepoTags", &image->tags, e))
		return -1;
	return add_strings(obj, "Layers", &image->layers, e);
}

static char *print(const json_t *root, size_t flags)
{
	autostr char *text = json_dumps(root, JSON_COMPACT | flags);

	return str_fmt("%s\n", text);
}

char *saved_write(const struct saved *s, struct err *e)
{
	AUTO(json) json_t *root = json_array();

	for (size_t i = 0; i < s->n; i++)
		if (add_image(root, &s->v[i], e))
			return NULL;
	return print(root, 0);
}

/* "ID/layer.tar" and "blobs/sha256/ID", "ID.tar": the ID. Caller frees. */
static char *layer_id(const char *name)
{
	size_t n = strlen(name);
	const char *start;

	if (str_ends(name, "/layer.tar"))
		n -= strlen("/layer.tar");
	else if (str_ends(name, ".tar"))
		n -= strlen(".tar");
	for (start = name + n; start > name && start[-1] != '/';)
		start--;
	return xstrndup(start, (size_t)(name + n - start));
}

static int add_tag(json_t *root, const char *ref, const char *id, struct err *e)
{
	const char *slash = strrchr(ref, '/');
	const char *colon = strrchr(slash ? slash : ref, ':');
	autostr char *repo = NULL;
	json_t *tags, *value;

	if (!colon || strchr(ref, '@'))
		return 0;
	repo = xstrndup(ref, (size_t)(colon - ref));
	tags = json_object_get(root, repo);
	if (!tags) {
		tags = json_object();
		if (json_object_set_new(root, repo, tags))
			return err_set(e, ERR_FORMAT,
				       "repositories: '%s' is not UTF-8", repo);
	}
	value = new_string(id, e);
	if (!value)
		return -1;
	if (json_object_set_new(tags, colon + 1, value))
		return err_set(e, ERR_FORMAT, "repositories: '%s' is not UTF-8",
			       ref);
	return 0;
}

char *saved_repositories(const struct saved *s, struct err *e)
{
	AUTO(json) json_t *root = json_object();

	for (size_t i = 0; i < s->n; i++) {
		const struct saved_image *image = &s->v[i];
		autostr char *id = NULL;

		if (!image->layers.n)
			continue;
		id = layer_id(image->layers.v[image->layers.n - 1]);
		for (size_t k = 0; k < image->tags.n; k++)
			if (add_tag(root, image->tags.v[k], id, e))
				return NULL;
	}
	return print(root, JSON_SORT_KEYS);
}
