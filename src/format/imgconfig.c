/* imgconfig.c - the image configuration, as far as it is used.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "format/imgconfig.h"

#include "base/mem.h"
#include "base/str.h"
#include "format/json.h"
#include "format/manifest.h"

#include <string.h>

static int read_platform(json_t *root, struct platform *out, struct err *e)
{
	const char *os = NULL, *arch = NULL, *variant = NULL;

	if (json_opt_str(root, "", "os", &os, e) ||
	    json_opt_str(root, "", "architecture", &arch, e) ||
	    json_opt_str(root, "", "variant", &variant, e))
		return -1;
	return platform_set(out, os, arch, variant, e);
}

static int read_env(json_t *config, struct strlist *out, struct err *e)
{
	AUTO(strlist) struct strlist all = { 0 };

	if (json_opt_strs(config, "config", "Env", &all, e))
		return -1;
	for (size_t i = 0; i < all.n; i++)
		if (*all.v[i] != '=' && strchr(all.v[i], '='))
			strlist_add(out, all.v[i]);
	return 0;
}

static void read_labels(json_t *config, struct strlist *out)
{
	AUTO(strlist) struct strlist names = { 0 };
	json_t *labels = json_object_get(config, "Labels"), *value;
	const char *name;

	json_object_foreach (labels, name, value)
		if (json_is_string(value))
			strlist_add(&names, name);
	strlist_sort(&names);
	for (size_t i = 0; i < names.n; i++) {
		strlist_add(out, names.v[i]);
		strlist_add(out, json_string_value(
					 json_object_get(labels, names.v[i])));
	}
}

static char *text_or_null(const char *s)
{
	return s && *s ? xstrdup(s) : NULL;
}

static int read_config(json_t *root, struct imgconfig *c, struct err *e)
{
	const char *workdir, *user;
	json_t *config;

	if (json_opt_obj(root, "", "config", &config, e))
		return -1;
	if (!config)
		return 0;
	if (read_env(config, &c->env, e) ||
	    json_opt_strs(config, "config", "Entrypoint", &c->entrypoint, e) ||
	    json_opt_strs(config, "config", "Cmd", &c->cmd, e) ||
	    json_opt_str(config, "config", "WorkingDir", &workdir, e) ||
	    json_opt_str(config, "config", "User", &user, e))
		return -1;
	read_labels(config, &c->labels);
	c->workdir = text_or_null(workdir);
	c->user = text_or_null(user);
	return 0;
}

static int read_diff_ids(json_t *rootfs, struct imgconfig *c, struct err *e)
{
	AUTO(strlist) struct strlist ids = { 0 };
	json_t *array;

	if (json_need_array(rootfs, "rootfs", "diff_ids", &array, e) ||
	    json_opt_strs(rootfs, "rootfs", "diff_ids", &ids, e))
		return -1;
	if (ids.n > MANIFEST_LAYERS_MAX)
		return err_set(e, ERR_LIMIT,
			       "rootfs.diff_ids: %zu are more than %d", ids.n,
			       MANIFEST_LAYERS_MAX);
	c->diff_ids = xcalloc(ids.n + 1, sizeof(*c->diff_ids));
	for (size_t i = 0; i < ids.n; i++)
		if (digest_parse(ids.v[i], &c->diff_ids[i], e))
			return err_ctx(e, "rootfs.diff_ids[%zu]", i);
	c->n_diff_ids = ids.n;
	return 0;
}

static int read_rootfs(json_t *root, struct imgconfig *c, struct err *e)
{
	const char *type;
	json_t *rootfs;

	if (json_need_obj(root, "", "rootfs", &rootfs, e) ||
	    json_opt_str(rootfs, "rootfs", "type", &type, e))
		return -1;
	if (type && strcmp(type, "layers") != 0)
		return err_set(e, ERR_UNSUPPORTED,
			       "rootfs.type: expected 'layers', found '%s'",
			       type);
	return read_diff_ids(rootfs, c, e);
}

int imgconfig_parse(const void *text, size_t n, struct imgconfig *out,
		    struct err *e)
{
	AUTO(imgconfig) struct imgconfig c = { 0 };
	AUTO(json) json_t *root = json_parse("image configuration", text, n, e);

	*out = c;
	if (!root)
		return -1;
	if (read_platform(root, &c.platform, e) || read_config(root, &c, e) ||
	    read_rootfs(root, &c, e))
		return err_ctx(e, "image configuration");
	*out = c;
	c = (struct imgconfig){ 0 };
	return 0;
}

void imgconfig_clear(struct imgconfig *c)
{
	strlist_clear(&c->env);
	strlist_clear(&c->entrypoint);
	strlist_clear(&c->cmd);
	strlist_clear(&c->labels);
	free(c->workdir);
	free(c->user);
	free(c->diff_ids);
	*c = (struct imgconfig){ 0 };
}
