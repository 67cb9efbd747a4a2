/* sing_read.c - the directory /.singularity.d, read into an image
 * configuration. SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "format/sing.h"

#include "base/str.h"
#include "format/json.h"
#include "format/shenv.h"

#include <string.h>

static bool has(const struct sing_text *t, const char *part)
{
	return t->p && memmem(t->p, t->n, part, strlen(part));
}

/* Made from the configuration of an OCI image, by us or by Apptainer? */
static bool is_made(const struct sing_text *runscript)
{
	return has(runscript, "\n" SING_MADE "\n") ||
	       (has(runscript, "\nOCI_ENTRYPOINT=") &&
		has(runscript, "\nOCI_CMD="));
}

/* The configuration in the SIF file, or an empty one. */
static json_t *start(const struct sing_text *t, struct err *e)
{
	autostr char *text = NULL;
	json_t *root;

	if (!t->p)
		return json_pack("{s:{}}", "config");
	text = imgconfig_outer(t->p, t->n, e);
	if (!text) {
		err_ctx(e, "oci-config.json");
		return NULL;
	}
	root = json_parse("oci-config.json", text, strlen(text), e);
	if (root && !json_is_object(json_object_get(root, "config")))
		json_object_set_new(root, "config", json_object());
	return root;
}

static json_t *strings(const struct strlist *l)
{
	json_t *array = json_array();

	for (size_t i = 0; i < l->n; i++)
		json_array_append_new(array, json_string(l->v[i]));
	return array;
}

bool sing_is_env(const char *path)
{
	/* Paths and the prompt, and apps of the Scientific Filesystem. */
	static const char *const standard[] = {
		"01-base.sh", "94-appsbase.sh",    "95-apps.sh",
		"99-base.sh", "99-runtimevars.sh",
	};
	const char *name = path + strlen(SING_ENV_DIR);

	if (!str_starts(path, SING_ENV_DIR) || strchr(name, '/') ||
	    !str_ends(name, ".sh"))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(standard); i++)
		if (str_eq(name, standard[i]))
			return false;
	return true;
}

static void read_scripts(struct shenv *s, const struct sing_texts *t)
{
	for (size_t i = 0; i < t->n_env; i++) {
		const struct sing_script *script = &t->env[i];

		if (!script->text.p ||
		    (t->oci_config.p && str_eq(script->path, SING_ENV_DOCKER)))
			continue;
		shenv_read(s, script->text.p, script->text.n);
	}
}

/* Values that are not UTF-8, which a script can have, JSON can't. */
static int set_env(json_t *config, const struct sing_texts *t,
		   struct sing_lost *lost, struct err *e)
{
	AUTO(strlist) struct strlist old = { 0 };
	AUTO(strlist) struct strlist env = { 0 };
	AUTO(shenv) struct shenv s = { 0 };
	json_t *array;

	if (json_opt_strs(config, "config", "Env", &old, e))
		return err_ctx(e, "oci-config.json");
	for (size_t i = 0; i < old.n; i++)
		shenv_set(&s, old.v[i]);
	read_scripts(&s, t);
	shenv_list(&s, &env);
	array = strings(&env);
	lost->commands = s.lost + env.n - json_array_size(array);
	if (json_array_size(array))
		json_object_set(config, "Env", array);
	json_decref(array);
	return 0;
}

static void set_entrypoint(json_t *config, const struct sing_texts *t)
{
	if (!t->runscript.p || (t->oci_config.p && is_made(&t->runscript)))
		return;
	json_object_del(config, "Cmd");
	json_object_set_new(config, "Entrypoint",
			    json_pack("[s]", "/" SING_RUNSCRIPT));
}

/* Those of the configuration stay. */
static void add_labels(json_t *config, const struct sing_text *t,
		       struct sing_lost *lost)
{
	struct err ignored = { 0 }; /* the image is of use without labels */
	AUTO(json) json_t *more = NULL;
	json_t *labels, *value;
	const char *name;

	if (!t->p)
		return;
	more = json_parse("labels.json", t->p, t->n, &ignored);
	lost->is_labels = !json_is_object(more);
	if (!json_object_size(more))
		return;
	labels = json_object_get(config, "Labels");
	if (!json_is_object(labels)) {
		labels = json_object();
		json_object_set_new(config, "Labels", labels);
	}
	json_object_foreach (more, name, value)
		if (json_is_string(value) && !json_object_get(labels, name))
			json_object_set(labels, name, value);
}

char *sing_config(const struct sing_texts *t, struct sing_lost *lost,
		  struct err *e)
{
	AUTO(json) json_t *root = start(&t->oci_config, e);
	json_t *config;

	*lost = (struct sing_lost){ 0 };
	if (!root)
		return NULL;
	config = json_object_get(root, "config");
	if (set_env(config, t, lost, e))
		return NULL;
	set_entrypoint(config, t);
	add_labels(config, &t->labels, lost);
	return json_dumps(root, JSON_COMPACT | JSON_SORT_KEYS);
}
