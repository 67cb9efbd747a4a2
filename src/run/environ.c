/* environ.c - the command's environment: a list of rules, and who won.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "run/environ.h"

#include "base/mem.h"
#include "base/str.h"
#include "format/envfile.h"

#include <fnmatch.h>
#include <string.h>

/* Lists with ':' between the parts. */
static const char *const joined[] = { "PATH", "LD_LIBRARY_PATH", "MANPATH" };

/* What a shell would find without a PATH; see also execvp(3). */
static const char *const always_in_path[] = { "/usr/bin", "/bin" };

static void note(struct environ *v, const char *name, const char *why)
{
	for (size_t i = 0; i < v->n_changes; i++) {
		if (strcmp(v->changes[i].name, name))
			continue;
		v->changes[i].why = why;
		return;
	}
	v->changes = mem_grow(v->changes, &v->cap, v->n_changes + 1,
			      sizeof *v->changes);
	v->changes[v->n_changes++] = (struct env_change){
		.name = xstrdup(name),
		.why = why,
	};
}

static void set(struct environ *v, const char *name, const char *value,
		const char *why)
{
	env_set(&v->env, name, value);
	note(v, name, why);
}

static void unset(struct environ *v, const char *glob, const char *why)
{
	for (size_t i = 0; i < v->env.n; i++) {
		const char *item = v->env.v[i];
		autostr char *name = xstrndup(item, strcspn(item, "="));

		if (!fnmatch(glob, name, 0))
			note(v, name, why);
	}
	env_unset(&v->env, glob);
}

static bool is_joined(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(joined); i++)
		if (!strcmp(joined[i], name))
			return true;
	return false;
}

/* Add the parts of LIST that are new. An empty part means the working directory
 * in PATH and is kept out: nobody means it. */
static void add_parts(struct strlist *parts, const char *list)
{
	AUTO(strlist) struct strlist more = { 0 };

	strlist_split(&more, list, ':', false);
	for (size_t i = 0; i < more.n; i++)
		if (!strlist_has(parts, more.v[i]))
			strlist_add(parts, more.v[i]);
}

static void join(struct environ *v, const char *name, const char *first)
{
	AUTO(strlist) struct strlist parts = { 0 };
	const char *rest = env_get(&v->env, name);
	autostr char *value = NULL;

	add_parts(&parts, first);
	add_parts(&parts, rest ? rest : "");
	value = strlist_join(&parts, ":");
	set(v, name, value, rest ? "image, then host" : "image");
}

static void apply_image(struct environ *v, const struct strlist *image)
{
	for (size_t i = 0; i < image->n; i++) {
		const char *item = image->v[i];
		size_t n = strcspn(item, "=");
		autostr char *name = xstrndup(item, n);

		if (is_joined(name))
			join(v, name, item + n + 1);
		else
			set(v, name, item + n + 1, "image");
	}
}

static void complete_path(struct environ *v)
{
	AUTO(strlist) struct strlist parts = { 0 };
	const char *old = env_get(&v->env, "PATH");
	autostr char *value = NULL;
	bool changed = false;

	strlist_split(&parts, old ? old : "", ':', true);
	if (!old || !*old)
		strlist_clear(&parts);
	for (size_t i = 0; i < ARRAY_SIZE(always_in_path); i++) {
		if (strlist_has(&parts, always_in_path[i]))
			continue;
		strlist_add(&parts, always_in_path[i]);
		changed = true;
	}
	if (!changed)
		return;
	value = strlist_join(&parts, ":");
	set(v, "PATH", value, "completed for the image");
}

static void apply_host(struct environ *v, const struct env_sources *s)
{
	const char *home = env_get(&v->env, "HOME");
	const char *tmpdir = env_get(&v->env, "TMPDIR");

	if (!home || strcmp(home, s->home ? s->home : "/"))
		set(v, "HOME", s->home ? s->home : "/",
		    s->home ? "home directory" : "home is not there");
	/* One that the image sets is its own business. */
	if (tmpdir && !s->has_tmpdir &&
	    str_eq(tmpdir, env_get(s->host, "TMPDIR")))
		unset(v, "TMPDIR", "not there");
	set(v, "CH_RUNNING", "chassis", "always");
}

bool environ_is_assignment(const char *value)
{
	return strchr(value, '=') != NULL;
}

static int assign(struct environ *v, const char *text, struct err *e)
{
	size_t n = strcspn(text, "=");
	autostr char *name = xstrndup(text, n);
	autostr char *value = NULL;

	if (!n)
		return err_set(e, ERR_USAGE,
			       "--set-env '%s': the name before '=' is empty",
			       text);
	value = envfile_expand(text + n + 1, &v->env);
	set(v, name, value, "--set-env");
	return 0;
}

static int apply_rule(struct environ *v, const struct opt_item *rule,
		      const struct strlist *file, struct err *e)
{
	if (!strcmp(rule->name, "unset-env")) {
		if (!*rule->value)
			return err_set(e, ERR_USAGE,
				       "--unset-env: the pattern is empty");
		unset(v, rule->value, "--unset-env");
		return 0;
	}
	if (environ_is_assignment(rule->value))
		return assign(v, rule->value, e);
	for (size_t i = 0; i < file->n; i++) {
		size_t n = strcspn(file->v[i], "=");
		autostr char *name = xstrndup(file->v[i], n);

		set(v, name, file->v[i] + n + 1, "--set-env file");
	}
	return 0;
}

int environ_make(struct environ *out, const struct env_sources *s,
		 struct err *e)
{
	*out = (struct environ){ 0 };
	for (size_t i = 0; i < s->host->n; i++)
		strlist_add(&out->env, s->host->v[i]);
	apply_image(out, s->image);
	complete_path(out);
	apply_host(out, s);
	for (size_t i = 0; i < s->rules->n; i++)
		if (apply_rule(out, &s->rules->v[i], &s->files[i], e))
			return -1;
	return 0;
}

void environ_clear(struct environ *v)
{
	strlist_clear(&v->env);
	for (size_t i = 0; i < v->n_changes; i++)
		free(v->changes[i].name);
	free(v->changes);
	*v = (struct environ){ 0 };
}
