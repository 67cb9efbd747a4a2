/* environ.c - the command's environment: a list of rules, and who won.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "run/environ.h"

#include "base/mem.h"
#include "base/str.h"
#include "format/envfile.h"
#include "format/shenv.h"
#include "run/envtab.h"

#include <fnmatch.h>
#include <string.h>

/* Lists with ':' between the parts. */
static const char *const joined[] = { "PATH", "LD_LIBRARY_PATH", "MANPATH" };

/* What a shell would find without a PATH; see also execvp(3). */
static const char *const always_in_path[] = { "/usr/bin", "/bin" };

const struct env_preload environ_preloads[ENV_PRELOADS] = {
	{ "LD_PRELOAD", ": " },
	{ "LD_AUDIT", ":" },
};

/* What --env=image keeps of the host's. */
static const char *const kept[] = {
	/* the user, his terminal and language */
	"HOME", "USER", "LOGNAME", "SHELL", "TMPDIR", "TERM", "COLORTERM",
	"TZ", "LANG", "LANGUAGE", "LC_*",
	/* the way to the network */
	"http_proxy", "https_proxy", "ftp_proxy", "all_proxy", "no_proxy",
	"HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "ALL_PROXY", "NO_PROXY",
	/* schedulers: what the job is and has */
	"SLURM_*", "SLURMD_*", "PBS_*", "LSB_*", "LS_*", "JOB_ID", "NSLOTS",
	"PE_HOSTFILE", "FLUX_*", "COBALT_*", "OMP_NUM_THREADS",
	"CUDA_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES",
	"GPU_DEVICE_ORDINAL", "ZE_AFFINITY_MASK",
	/* launchers of MPI: which rank this is, and whom to ask */
	"PMI_*", "PMI2_*", "PMIX_*", "PALS_*", "ALPS_*", "OMPI_*", "PRTE_*",
	"HYDRA_*", "HYDI_*", "MPI_LOCALRANKID", "MPI_LOCALNRANKS",
	"MPIEXEC_*", "MV2_COMM_WORLD_*", "MPISPAWN_*",
};

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

static void join(struct envtab *t, const char *name, const char *first)
{
	AUTO(strlist) struct strlist parts = { 0 };
	const char *rest = envtab_get(t, name);
	autostr char *value = NULL;

	add_parts(&parts, first);
	add_parts(&parts, rest ? rest : "");
	value = strlist_join(&parts, ":");
	envtab_set(t, name, value, rest ? "image, then host" : "image");
}

/* Is the value of ITEM, whose name has N bytes, another than the host's? */
static bool differs(const struct envtab *t, const char *item, size_t n)
{
	const struct envtab_var *v = envtab_find(t, item, n);

	return v && str_starts(v->why, "host") && strcmp(v->item, item);
}

static void apply_image(struct envtab *t, const struct strlist *image)
{
	for (size_t i = 0; i < image->n; i++) {
		const char *item = image->v[i];
		size_t n = strcspn(item, "=");
		autostr char *name = xstrndup(item, n);

		if (item[n] && is_joined(name))
			join(t, name, item + n + 1);
		else if (item[n])
			envtab_put(t, item,
				   differs(t, item, n) ? "image, over host"
						       : "image");
		else
			envtab_unset(t, name, "image");
	}
}

/* Take the entries that are ABSENT out of the host's list NAME. */
static void drop_absent(struct envtab *t, const struct env_preload *p,
			const struct env_sources *s)
{
	const char *value = envtab_get(t, p->name), *end;
	AUTO(str) struct str left = { 0 };

	/* One that the image sets is its own business. */
	if (!value || !s->absent || !s->absent->n ||
	    !str_eq(value, env_get(s->host, p->name)))
		return;
	for (; *value; value = end + (*end != '\0')) {
		autostr char *entry = NULL;

		end = value + strcspn(value, p->separators);
		entry = xstrndup(value, (size_t)(end - value));
		if (!*entry || strlist_has(s->absent, entry))
			continue;
		if (left.len)
			str_addc(&left, ':');
		str_add(&left, entry);
	}
	if (left.len)
		envtab_set(t, p->name, str_text(&left),
			   "host, what can be seen inside");
	else
		envtab_unset(t, p->name, "not there");
}

static void complete_path(struct envtab *t)
{
	AUTO(strlist) struct strlist parts = { 0 };
	const char *old = envtab_get(t, "PATH");
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
	envtab_set(t, "PATH", value, "completed for the image");
}

/* Set NAME if the host has it at all. */
static void replace(struct envtab *t, const char *name, const char *value,
		    const char *why)
{
	const char *old = envtab_get(t, name);

	if (value && old && strcmp(old, value))
		envtab_set(t, name, value, why);
}

static void apply_host(struct envtab *t, const struct env_sources *s)
{
	const char *home = envtab_get(t, "HOME");
	const char *tmpdir = envtab_get(t, "TMPDIR");

	if (!home || strcmp(home, s->home ? s->home : "/"))
		envtab_set(t, "HOME", s->home ? s->home : "/",
			   s->home ? "home directory" : "home is not there");
	if (tmpdir && !s->has_tmpdir &&
	    str_eq(tmpdir, env_get(s->host, "TMPDIR")))
		envtab_unset(t, "TMPDIR", "not there");
	replace(t, "SHELL", s->shell, "the host's is not in the image");
	replace(t, "USER", s->user, "--uid");
	replace(t, "LOGNAME", s->user, "--uid");
	envtab_set(t, "CH_RUNNING", "chassis", "always");
}

bool environ_is_assignment(const char *value)
{
	return strchr(value, '=') && !str_starts(value, "/") &&
	       !str_starts(value, "./") && !str_starts(value, "../");
}

static int assign(struct envtab *t, const char *text, struct err *e)
{
	size_t n = strcspn(text, "=");
	autostr char *name = xstrndup(text, n);
	autostr char *value = NULL;

	if (!n)
		return err_set(e, ERR_USAGE,
			       "--set-env '%s': the name before '=' is empty",
			       text);
	value = envfile_expand(text + n + 1, envtab_get, t);
	envtab_set(t, name, value, "--set-env");
	return 0;
}

/* Of a bundle (bundle.c): "NAME=VALUE", taken as it is, or "*", which leaves
 * nothing of what was before. Of a name that is there twice the first counts,
 * as for getenv(3): Slurm adds the job's PATH behind the image's. */
static void apply_bundle(struct envtab *t, const char *item)
{
	static const char why[] = "--oci-bundle";
	const struct envtab_var *old = envtab_find(t, item, strcspn(item, "="));

	if (!strchr(item, '='))
		envtab_unset(t, item, why);
	else if (!old || !old->is_set || old->why != why)
		envtab_put(t, item, why);
}

static int apply_rule(struct envtab *t, const struct opt_item *rule,
		      const struct strlist *file, struct err *e)
{
	bool is_zero = !strcmp(rule->name, "set-env0");

	if (!strcmp(rule->name, "unset-env")) {
		if (!*rule->value)
			return err_set(e, ERR_USAGE,
				       "--unset-env: the pattern is empty");
		envtab_unset(t, rule->value, "--unset-env");
		return 0;
	}
	if (!strcmp(rule->name, "oci-bundle")) {
		apply_bundle(t, rule->value);
		return 0;
	}
	if (!is_zero && environ_is_assignment(rule->value))
		return assign(t, rule->value, e);
	for (size_t i = 0; i < file->n; i++)
		envtab_put(t, file->v[i],
			   is_zero ? "--set-env0" : "--set-env file");
	return 0;
}

bool environ_is_kept(const char *item)
{
	autostr char *name = xstrndup(item, strcspn(item, "="));

	for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
		if (!fnmatch(kept[i], name, 0))
			return true;
	return false;
}

/* Of a name that is there twice the first counts, as for getenv(3). What has
 * no name is nothing that anybody could ask for. */
static void start_with_host(struct envtab *t, const struct env_sources *s)
{
	for (size_t i = 0; i < s->host->n; i++) {
		const char *item = s->host->v[i];
		size_t n = strcspn(item, "=");

		if (!n || !item[n] || envtab_find(t, item, n) ||
		    (s->mode == ENV_IMAGE && !environ_is_kept(item)))
			continue;
		envtab_put(t, item,
			   s->mode == ENV_IMAGE ? "host, kept" : "host");
	}
}

/* From the table to what execve(2) takes. */
static void finish(struct environ *out, struct envtab *t)
{
	size_t n_gone = 0;

	out->why = xcalloc(t->n + 1, sizeof *out->why);
	out->gone_why = xcalloc(t->n + 1, sizeof *out->gone_why);
	for (size_t i = 0; i < t->n; i++) {
		struct envtab_var *v = &t->v[i];

		if (v->is_set) {
			out->why[out->n_why++] = v->why;
			strlist_give(&out->env, TAKE(v->item));
		} else {
			out->gone_why[n_gone++] = v->why;
			strlist_addn(&out->gone, v->item, v->name_len);
		}
	}
}

int environ_mode(const char *text, enum env_mode *mode, struct err *e)
{
	static const char *const names[] = {
		[ENV_MERGE] = "merge",
		[ENV_HOST] = "host",
		[ENV_IMAGE] = "image",
	};

	*mode = ENV_MERGE;
	for (size_t i = 0; text && i < ARRAY_SIZE(names); i++) {
		*mode = (enum env_mode)i;
		if (!strcmp(text, names[i]))
			return 0;
	}
	return text ? err_set(e, ERR_USAGE,
			      "expected 'host', 'merge' or 'image', found '%s'",
			      text)
		    : 0;
}

int environ_make(struct environ *out, const struct env_sources *s,
		 struct err *e)
{
	AUTO(envtab) struct envtab t = { 0 };

	*out = (struct environ){ 0 };
	start_with_host(&t, s);
	if (s->mode != ENV_HOST)
		apply_image(&t, s->image);
	if (s->mode == ENV_IMAGE && !envtab_get(&t, "PATH"))
		envtab_set(&t, "PATH", SHENV_PATH, "the image has none");
	for (size_t i = 0; i < ENV_PRELOADS; i++)
		drop_absent(&t, &environ_preloads[i], s);
	complete_path(&t);
	apply_host(&t, s);
	for (size_t i = 0; i < s->rules->n; i++)
		if (apply_rule(&t, &s->rules->v[i], &s->files[i], e))
			return -1;
	finish(out, &t);
	return 0;
}

void environ_clear(struct environ *v)
{
	strlist_clear(&v->env);
	strlist_clear(&v->gone);
	free(v->why);
	free(v->gone_why);
	*v = (struct environ){ 0 };
}
