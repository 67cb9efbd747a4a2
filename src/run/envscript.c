/* envscript.c - scripts of the image that make its environment.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "run/envscript.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/proc.h"
#include "base/str.h"
#include "format/envfile.h"

#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define BYTES_MAX ((size_t)4 << 20)

/* What the scripts write is the user's to see, but not what we read. "command
 * -p" finds cat whatever they made of PATH. */
#define RUNNER                                            \
	"exec 3>&1 1>&2\n"                                \
	"for ch_script do . \"$ch_script\"; done 3>&-\n" \
	"unset ch_script\n"                               \
	"command -p cat /proc/self/environ >&3"

/* What a shell sets for itself. */
static bool is_shells_own(const char *item)
{
	static const char *const names[] = { "_=", "SHLVL=", "PWD=",
					     "OLDPWD=", "CH_RUNNING=" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (str_starts(item, names[i]))
			return true;
	return false;
}

/* What the scripts see: --env=image, with what is sure of the image's. */
static int make_base(const struct imageinfo *info, const struct env_sources *s,
		     struct environ *base, struct err *e)
{
	AUTO(strlist) struct strlist sure = { 0 };
	static const struct opt_list no_rules = { 0 };
	struct env_sources own = *s;

	for (size_t i = 0; i < info->n_sure; i++)
		strlist_add(&sure, info->env.v[i]);
	own.mode = ENV_IMAGE;
	own.image = &sure;
	own.rules = &no_rules;
	return environ_make(base, &own, e);
}

/* Run them with the environment BASE and read what became of it. */
static int run(const struct imageinfo *info, const struct strlist *base,
	       struct strlist *made, struct err *e)
{
	AUTO(str) struct str out = { 0 };
	const char **argv = xcalloc(info->scripts.n + 5, sizeof *argv);
	char **ours = environ;
	int status, bad;

	argv[0] = "/bin/sh";
	argv[1] = "-c";
	argv[2] = RUNNER;
	argv[3] = "sh";
	for (size_t i = 0; i < info->scripts.n; i++)
		argv[4 + i] = info->scripts.v[i];
	environ = base->v;
	bad = proc_run(argv, NULL, &out, BYTES_MAX, &status, e);
	environ = ours;
	free(argv);
	if (bad)
		return -1;
	if (status)
		return err_set(e, ERR_FORMAT, "they ended with status %d",
			       status);
	return envfile_parse0("/proc/self/environ", str_text(&out), out.len,
			      made, e);
}

/* Add to OUT in what MADE differs from BASE. */
static void add_difference(const struct strlist *base,
			   const struct strlist *made, struct strlist *out)
{
	for (size_t i = 0; i < made->n; i++)
		if (!is_shells_own(made->v[i]) &&
		    !strlist_has(base, made->v[i]))
			strlist_add(out, made->v[i]);
	for (size_t i = 0; i < base->n; i++) {
		size_t n = strcspn(base->v[i], "=");
		autostr char *name = xstrndup(base->v[i], n);

		if (!is_shells_own(base->v[i]) && !env_get(made, name))
			strlist_add(out, name);
	}
}

static void replace_guess(struct imageinfo *info, const struct strlist *base,
			  const struct strlist *made)
{
	struct strlist env = { 0 };
	size_t n = info->env.n;

	for (size_t i = 0; i < info->n_sure; i++)
		strlist_add(&env, info->env.v[i]);
	add_difference(base, made, &env);
	for (size_t i = n - info->n_last; i < n; i++)
		strlist_add(&env, info->env.v[i]);
	strlist_clear(&info->env);
	info->env = env;
}

void envscript_run(struct imageinfo *info, const struct env_sources *s)
{
	AUTO(environ) struct environ base = { 0 };
	AUTO(strlist) struct strlist made = { 0 };
	struct err why = { 0 };

	/* As for the command: exec_command. */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    make_base(info, s, &base, &why) ||
	    run(info, &base.env, &made, &why)) {
		log_warn("can't run the scripts in the image's '%s', which "
			 "make its environment: %s",
			 info->scripts.v[0], why.msg);
		return;
	}
	replace_guess(info, &base.env, &made);
}
