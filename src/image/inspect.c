/* inspect.c - all about one image of a store.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "image/inspect.h"

#include "base/num.h"
#include "base/table.h"
#include "format/json.h"
#include "image/blobs.h"
#include "image/imgoci.h"

#include <string.h>

#define LABEL (-12)

/* The image's documents, parsed. */
struct docs {
	struct imgoci image;
	struct str text; /* of the manifest */
	json_t *manifest;
	json_t *config;
	char *tree; /* or NULL */
};

static void docs_clear(struct docs *d)
{
	imgoci_clear(&d->image);
	str_clear(&d->text);
	json_decref(d->manifest);
	json_decref(d->config);
	free(d->tree);
}
AUTO_DEFINE(docs, struct docs, docs_clear)

static int load(const struct inventory *v, const struct inventory_image *i,
		const struct platform *want, struct docs *d, struct err *e)
{
	int root = v->store->fd;

	if (imgoci_load(root, &i->entry, want, &d->image, e) ||
	    blobs_read(root, &d->image.digest, d->image.size, JSON_BYTES_MAX,
		       &d->text, e))
		return -1;
	d->manifest = json_parse("manifest", d->text.p, d->text.len, e);
	if (!d->manifest)
		return -1;
	if (d->image.manifest.is_sif)
		d->config = json_null(); /* means nothing */
	else
		d->config = json_parse("image configuration",
				       d->image.config_text.p,
				       d->image.config_text.len, e);
	if (!d->config)
		return -1;
	d->tree = store_tree(v->store, &d->image.digest);
	return 0;
}

/* "Label:      TEXT"; nothing for no text. */
static void line(struct str *out, const char *label, const char *text)
{
	autostr char *harmless = text && *text ? str_escape(text) : NULL;

	if (harmless)
		str_addf(out, "%*s%s\n", LABEL, label, harmless);
}

static void lines(struct str *out, const char *label,
		  const struct strlist *texts)
{
	for (size_t i = 0; i < texts->n; i++)
		line(out, i ? "" : label, texts->v[i]);
}

/* A command as one would type it. */
static void command(struct str *out, const char *label,
		    const struct strlist *words)
{
	AUTO(strlist) struct strlist quoted = { 0 };
	autostr char *text = NULL;

	for (size_t i = 0; i < words->n; i++)
		strlist_give(&quoted, str_shell(words->v[i]));
	text = strlist_join(&quoted, " ");
	line(out, label, text);
}

static const char *text_of(const json_t *obj, const char *key)
{
	return json_string_value(json_object_get(obj, key));
}

/* The members of OBJ: "KEY=VALUE", or their names alone (Docker's way of
 * writing a set). */
static void members(struct str *out, const char *label, json_t *obj)
{
	AUTO(strlist) struct strlist texts = { 0 };
	const char *key;
	json_t *value;

	json_object_foreach (obj, key, value) {
		const char *text = json_string_value(value);

		strlist_addf(&texts, "%s%s%s", key, text ? "=" : "",
			     text ? text : "");
	}
	strlist_sort(&texts);
	lines(out, label, &texts);
}

static void add_config(const struct docs *d, struct str *out)
{
	const struct imgconfig *c = &d->image.config;
	json_t *config = json_object_get(d->config, "config");

	line(out, "Created:", text_of(d->config, "created"));
	line(out, "Author:", text_of(d->config, "author"));
	line(out, "User:", c->user);
	line(out, "Directory:", c->workdir);
	command(out, "Entrypoint:", &c->entrypoint);
	command(out, "Command:", &c->cmd);
	lines(out, "Variables:", &c->env);
	members(out, "Labels:", json_object_get(config, "Labels"));
	members(out, "Ports:", json_object_get(config, "ExposedPorts"));
	members(out, "Volumes:", json_object_get(config, "Volumes"));
	line(out, "Stop signal:", text_of(config, "StopSignal"));
}

static void add_layers(const struct manifest *m, struct str *out)
{
	AUTO(table) struct table t = { .format = "rlrl" };

	for (size_t i = 0; i < m->n_layers; i++) {
		const struct descriptor *d = &m->layers[i];

		table_add(&t, str_fmt("  %zu", i + 1));
		table_add(&t, str_fmt("%s", d->digest.text));
		table_add(&t, num_size_text(d->size));
		table_add(&t,
			  str_fmt("%s", d->media_type ? d->media_type : ""));
	}
	str_add(out, "Layers:\n");
	table_print(&t, out);
}

/* The steps that made it, with the number of the layer that each has made. */
static void add_history(const struct docs *d, struct str *out)
{
	json_t *history = json_object_get(d->config, "history");
	AUTO(table) struct table t = { .format = "rll" };
	size_t i, layer = 0;
	json_t *step;

	if (!json_array_size(history))
		return;
	json_array_foreach (history, i, step) {
		bool is_empty =
			json_is_true(json_object_get(step, "empty_layer"));
		const char *by = text_of(step, "created_by");
		const char *created = text_of(step, "created");

		if (!by)
			by = text_of(step, "comment");
		table_add(&t, is_empty ? str_fmt("  -")
				       : str_fmt("  %zu", ++layer));
		table_add(&t, str_fmt("%s", created ? created : "-"));
		table_add(&t, str_fmt("%s", by ? by : "-"));
	}
	str_add(out, "History (layer, time, step):\n");
	table_print(&t, out);
}

static void as_text(const struct inventory_image *i, const struct docs *d,
		    struct str *out)
{
	autostr char *platform = platform_text(&d->image.config.platform);
	uint64_t bytes = 0;
	autostr char *size = NULL;

	for (size_t k = 0; k < d->image.manifest.n_layers; k++)
		bytes += d->image.manifest.layers[k].size;
	size = num_size_text(bytes);
	line(out, "Name:", i->shown);
	line(out, "Digest:", d->image.digest.text);
	if (*i->entry.source.text &&
	    !digest_eq(&i->entry.source, &d->image.digest))
		line(out, "Source:", i->entry.source.text);
	if (*d->image.config.platform.os)
		line(out, "Platform:", platform);
	line(out, "Download:", size);
	if (d->image.manifest.is_sif)
		line(out, "Kind:", "SIF file");
	else
		line(out, "Unpacked:", d->tree ? d->tree : "no");
	add_config(d, out);
	add_layers(&d->image.manifest, out);
	add_history(d, out);
}

/* A member for TEXT, null if there is none. */
static void set_text(json_t *obj, const char *key, const char *text)
{
	json_t *value = text && *text ? json_string(text) : json_null();

	json_object_set_new(obj, key, value ? value : json_null());
}

static void as_json_text(const struct inventory *v,
			 const struct inventory_image *i, const struct docs *d,
			 struct str *out)
{
	AUTO(json) json_t *all = json_object();
	autostr char *text = NULL;

	set_text(all, "name", i->entry.ref_name);
	set_text(all, "short", i->shown);
	set_text(all, "digest", d->image.digest.text);
	set_text(all, "source", i->entry.source.text);
	set_text(all, "store", v->store->path);
	set_text(all, "tree", d->tree);
	json_object_set(all, "manifest", d->manifest);
	json_object_set(all, "config", d->config);
	text = json_dumps(all, JSON_INDENT(2) | JSON_ENSURE_ASCII);
	str_addf(out, "%s\n", text ? text : "null");
}

int inspect(const struct inventory *v, const struct inventory_image *i,
	    const struct platform *want, bool as_json, struct str *out,
	    struct err *e)
{
	AUTO(docs) struct docs d = { 0 };

	if (load(v, i, want, &d, e))
		return err_ctx(e, "%s",
			       *i->shown ? i->shown : i->entry.digest.text);
	if (as_json)
		as_json_text(v, i, &d, out);
	else
		as_text(i, &d, out);
	return 0;
}
