/* saved.c - manifest.json of an archive that `docker save` wrote.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "format/saved.h"

#include "base/mem.h"
#include "base/str.h"
#include "format/json.h"
#include "format/manifest.h"

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
