/* plan.c - facts and options to an ordered list of steps; pure.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "run/plan.h"

#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "format/envfile.h"

#include <string.h>

static void add_skipped(struct plan *p, const struct run_options *o,
			const struct wants *all, const struct env_sources *env)
{
	for (size_t i = 0; o->skipped && i < o->skipped->n; i++)
		strlist_add(&p->skipped, o->skipped->v[i]);
	for (size_t i = 0; env->absent && i < env->absent->n; i++)
		strlist_addf(&p->skipped, "'%s' (preload): not there",
			     env->absent->v[i]);
	for (size_t i = 0; i < all->n; i++) {
		const struct want *w = &all->v[i];
		autostr char *name = NULL;

		if (w->kind == PATH_MISSING || !w->skip || !*w->skip)
			continue;
		name = want_name(w->src, w->dst);
		strlist_addf(&p->skipped, "%s (%s): %s", name, w->why, w->skip);
	}
}

/* Can PATH of the host be seen inside, at the same path? */
static bool is_inside(const struct wants *all, const char *path)
{
	autostr char *clean = path ? path_clean(path) : NULL;

	for (size_t i = 0; path && i < all->n; i++)
		if (want_is_on(&all->v[i]) && all->v[i].kind == PATH_DIR &&
		    path_is_within(all->v[i].dst, clean))
			return true;
	return false;
}

static struct start *add_start(struct start *s, const char *dir,
			       const char *why)
{
	*s = (struct start){ xstrdup(dir), xstrdup(why) };
	return s + 1;
}

/* The image's directory goes with its own command; for the user's it is better
 * than none of the user's. */
static void add_starts(struct plan *p, const struct run_options *o,
		       const struct plan_facts *f, const char *home)
{
	struct start *s = p->starts;
	const char *cwd = o->contain ? NULL : f->host->cwd;
	const char *workdir = f->image->workdir;
	bool is_own = !*o->command && workdir;

	p->must_start_first = o->cd;
	if (o->cd) {
		add_start(s, o->cd, o->cd_why ? o->cd_why : "--cd");
		return;
	}
	if (is_own)
		s = add_start(s, workdir, "the image's");
	if (cwd)
		s = add_start(s, cwd, "caller's");
	if (!is_own && workdir)
		s = add_start(s, workdir, "the image's");
	if (home && strcmp(home, "/") && !str_eq(home, cwd))
		s = add_start(s, home, "home");
	add_start(s, "/", "always there");
}

static void add_command(struct plan *p, const struct run_options *o,
			const struct plan_facts *f)
{
	const struct strlist *image = &f->image->command;

	for (size_t i = 0; i < image->n; i++)
		strlist_add(&p->command, image->v[i]);
	if (image->n)
		p->command_why = f->image->why;
	for (char *const *arg = o->command; *arg; arg++)
		strlist_add(&p->command, *arg);
	if (p->command.n)
		return;
	strlist_add(&p->command, f->shell);
	p->command_why = "a shell";
}

/* HOME and HAS_TMPDIR: as the command will find them. */
static int add_own(struct plan *p, const struct run_options *o,
		   const struct plan_facts *f, const char *home,
		   bool has_tmpdir, struct err *e)
{
	struct env_sources env = *f->env;

	env.home = home;
	env.has_tmpdir = has_tmpdir;
	p->seccomp = o->seccomp;
	p->limits = o->limits;
	add_starts(p, o, f, home);
	add_command(p, o, f);
	p->scripts = &f->image->scripts;
	p->env_from = env;
	return environ_make(&p->env, &env, e);
}

int plan_joined(struct plan *p, const struct run_options *o,
		const struct plan_facts *f, struct err *e)
{
	return add_own(p, o, f, f->host->hides_home ? NULL : f->host->home,
		       !f->host->hides_tmpdir, e);
}

int plan_make(struct plan *p, const struct run_options *o,
	      const struct plan_facts *f, struct err *e)
{
	const struct wants *all = f->wants;
	const char *home = f->host->home;

	if (home && strcmp(home, "/") &&
	    (f->host->hides_home || !is_inside(all, home)))
		home = NULL;
	p->ids = (struct ns_ids){ f->host->user.uid, f->host->user.gid };
	p->ids_why = !o->uid ? o->gid ? "--gid" : NULL
		     : o->gid ? "--uid, --gid"
			      : "--uid";
	p->passwd = user_passwd(&f->host->user, f->passwd, home ? home : "/",
				f->shell);
	p->group = user_groups(&f->host->user, f->group);
	if (plan_steps(p, o, all, e))
		return -1;
	add_skipped(p, o, all, f->env);
	return add_own(p, o, f, home,
		       !f->host->hides_tmpdir &&
			       is_inside(all,
					 env_get(f->env->host, "TMPDIR")),
		       e);
}

static void clear_step(struct step *s)
{
	for (size_t i = 0; i < s->n_fresh; i++)
		free(s->fresh[i].path);
	free(s->fresh);
	strlist_clear(&s->lower);
	free(s->src);
	free(s->dst);
	free(s->why);
}

void plan_clear(struct plan *p)
{
	for (size_t i = 0; i < p->n; i++)
		clear_step(&p->v[i]);
	free(p->v);
	strlist_clear(&p->skipped);
	free(p->passwd);
	free(p->group);
	environ_clear(&p->env);
	for (size_t i = 0; i < ARRAY_SIZE(p->starts); i++) {
		free(p->starts[i].dir);
		free(p->starts[i].why);
	}
	strlist_clear(&p->command);
	*p = (struct plan){ 0 };
}
