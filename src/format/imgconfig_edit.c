/* imgconfig_edit.c - the image configuration, made and changed.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "format/imgconfig.h"

#include "base/str.h"
#include "format/json.h"

#include <string.h>

#define WHAT "image configuration"

/* ROOT as text; caller frees. */
static char *print(const json_t *root, struct err *e)
{
	char *text = json_dumps(root, JSON_COMPACT | JSON_SORT_KEYS);

	if (text && strlen(text) <= JSON_BYTES_MAX)
		return text;
	free(text);
	err_set(e, ERR_LIMIT, "%s: longer than %u bytes", WHAT, JSON_BYTES_MAX);
	return NULL;
}

static json_t *parse(const void *text, size_t n, struct err *e)
{
	AUTO(json) json_t *root = json_parse(WHAT, text, n, e);

	if (!root)
		return NULL;
	if (!json_is_object(root)) {
		err_set(e, ERR_FORMAT, "%s: expected an object, found an array",
			WHAT);
		return NULL;
	}
	return TAKE(root);
}

static int set_str(json_t *obj, const char *key, const char *value,
		   struct err *e)
{
	json_t *j = json_string(value);

	if (!j)
		return err_set(e, ERR_FORMAT, "%s: '%s' is not UTF-8", key,
			       value);
	json_object_set_new(obj, key, j);
	return 0;
}

static int set_platform(json_t *root, const struct platform *p, struct err *e)
{
	const char *os, *arch;

	if (p) {
		json_object_del(root, "variant");
		if (set_str(root, "os", p->os, e) ||
		    set_str(root, "architecture", p->arch, e) ||
		    (*p->variant && set_str(root, "variant", p->variant, e)))
			return -1;
	}
	if (json_need_str(root, "", "os", &os, e) ||
	    json_need_str(root, "", "architecture", &arch, e))
		return -1;
	return 0;
}

static void set_layers(json_t *root, const struct imgconfig_change *c)
{
	json_t *rootfs = json_object(), *ids = json_array();

	for (size_t i = 0; i < c->n_diff_ids; i++)
		json_array_append_new(ids, json_string(c->diff_ids[i].text));
	json_object_set_new(rootfs, "type", json_string("layers"));
	json_object_set_new(rootfs, "diff_ids", ids);
	json_object_set_new(root, "rootfs", rootfs);
}

static int set_history(json_t *root, const struct imgconfig_change *c,
		       struct err *e)
{
	json_t *history = json_array();

	json_object_set_new(root, "history", history);
	for (size_t i = 0; i < c->n_diff_ids; i++) {
		json_t *item = json_object();

		json_array_append_new(history, item);
		if ((c->created && set_str(item, "created", c->created, e)) ||
		    set_str(item, "created_by", c->created_by, e))
			return -1;
	}
	return 0;
}

static int edit(json_t *root, const struct imgconfig_change *c, struct err *e)
{
	json_object_del(root, "created");
	json_object_del(root, "history");
	if (set_platform(root, c->platform, e) ||
	    (c->created && set_str(root, "created", c->created, e)))
		return -1;
	set_layers(root, c);
	return c->created_by ? set_history(root, c, e) : 0;
}

/* The same, but nothing is a new one. */
static json_t *parse_or_new(const void *text, size_t n, struct err *e)
{
	return text && n ? parse(text, n, e) : json_object();
}

char *imgconfig_set_env(const void *text, size_t n, const struct strlist *env,
			size_t *lost, struct err *e)
{
	AUTO(json) json_t *root = parse_or_new(text, n, e);
	const struct imgconfig_change none = { .platform = NULL };
	json_t *config, *array;

	if (!root)
		return NULL;
	if (!json_object_size(root))
		set_layers(root, &none);
	config = json_object_get(root, "config");
	if (!json_is_object(config)) {
		config = json_object();
		json_object_set_new(root, "config", config);
	}
	array = json_array();
	for (size_t i = 0; i < env->n; i++)
		json_array_append_new(array, json_string(env->v[i]));
	*lost = env->n - json_array_size(array);
	json_object_set_new(config, "Env", array);
	return print(root, e);
}

char *imgconfig_edit(const void *text, size_t n,
		     const struct imgconfig_change *c, struct err *e)
{
	AUTO(json) json_t *root = parse_or_new(text, n, e);

	if (!root)
		return NULL;
	if (edit(root, c, e)) {
		err_ctx(e, "%s", WHAT);
		return NULL;
	}
	return print(root, e);
}

char *imgconfig_inner(const void *text, size_t n, struct err *e)
{
	AUTO(json) json_t *root = parse(text, n, e);
	json_t *config;

	if (!root)
		return NULL;
	if (json_opt_obj(root, "", "config", &config, e)) {
		err_ctx(e, "%s", WHAT);
		return NULL;
	}
	return config ? print(config, e) : str_fmt("{}");
}

/* Members of `config` begin with upper case, those around it with lower. */
static bool is_whole(const json_t *root)
{
	return json_is_object(json_object_get(root, "config")) ||
	       json_object_get(root, "rootfs") ||
	       json_object_get(root, "architecture");
}

char *imgconfig_outer(const void *text, size_t n, struct err *e)
{
	AUTO(json) json_t *root = parse(text, n, e);
	AUTO(json) json_t *whole = NULL;

	if (!root)
		return NULL;
	if (is_whole(root))
		return print(root, e);
	whole = json_object();
	json_object_set(whole, "config", root);
	return print(whole, e);
}
