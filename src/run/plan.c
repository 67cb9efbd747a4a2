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

/* Above how many entries a directory that needs a new one is overlaid and not
 * assembled. Assembling takes one mount for each entry, and an overlay takes as
 * long as some seven mounts, from its making to its end. But it slows down
 * every look-up below it a little, so that for the root, through which all
 * paths lead, the command would pay as long as it runs. */
#define ENTRIES_MAX 8
#define ROOT_ENTRIES_MAX 100

static struct step *add_step(struct plan *p, enum step_kind kind)
{
	p->v = mem_grow(p->v, &p->cap, p->n + 1, sizeof *p->v);
	p->v[p->n] = (struct step){ .kind = kind };
	return &p->v[p->n++];
}

/* Will a later want hide W? Two at the same place are both mounted. */
static bool is_hidden(const struct wants *all, size_t i)
{
	const struct want *w = &all->v[i];

	for (size_t k = i + 1; k < all->n; k++) {
		const struct want *v = &all->v[k];

		if (want_is_on(v) && v->kind == PATH_DIR &&
		    strcmp(v->spot.path, w->spot.path) &&
		    path_is_within(v->spot.path, w->spot.path))
			return true;
	}
	return false;
}

static bool is_active(const struct wants *all, size_t i)
{
	return want_is_on(&all->v[i]) && !is_hidden(all, i);
}

static bool is_text(const struct want *w)
{
	return w->flags & (WANT_PASSWD | WANT_GROUP);
}

static const char *text_of(const struct plan *p, const struct want *w)
{
	if (w->flags & WANT_PASSWD)
		return p->passwd;
	return w->flags & WANT_GROUP ? p->group : NULL;
}

/* Does W need a mount point that the image lacks? */
static bool needs_entry(const struct want *w)
{
	return w->over < 0 &&
	       (w->spot.kind == PATH_MISSING || w->spot.kind == PATH_LINK);
}

/* The step that gives directory DIR new entries, or NULL. */
static struct step *find_changed(struct plan *p, const char *dir)
{
	for (size_t i = 0; i < p->n; i++) {
		struct step *s = &p->v[i];

		if ((s->kind == STEP_OVERLAY || s->kind == STEP_ASSEMBLE) &&
		    !strcmp(s->dst, dir))
			return s;
	}
	return NULL;
}

static void add_fresh(struct step *s, const struct plan *p,
		      const struct want *w)
{
	const char *rest = w->spot.path + (s->dst[1] ? strlen(s->dst) : 0) + 1;

	for (size_t i = 0; i < s->n_fresh; i++)
		if (!strcmp(s->fresh[i].path, rest))
			return;
	s->fresh = xrealloc(s->fresh, s->n_fresh + 1, sizeof *s->fresh);
	s->fresh[s->n_fresh++] = (struct fresh){
		.path = xstrdup(rest),
		.is_dir = w->kind == PATH_DIR,
		.text = text_of(p, w),
	};
}

static struct step *add_changed(struct plan *p, const struct run_options *o,
				const struct spot *spot)
{
	bool is_root = !strcmp(spot->dir, "/");
	bool overlay =
		!o->no_overlay && !o->how.no_overlay &&
		spot->n_entries > (is_root ? ROOT_ENTRIES_MAX : ENTRIES_MAX);
	struct step *s = add_step(p, overlay ? STEP_OVERLAY : STEP_ASSEMBLE);

	s->dst = xstrdup(spot->dir);
	s->why = xstrdup("new entries");
	s->n_entries = spot->n_entries;
	return s;
}

static int by_dst(const void *a, const void *b)
{
	return strcmp(((const struct step *)a)->dst,
		      ((const struct step *)b)->dst);
}

/* The directories that get new entries, parents before what is in them. */
static void add_changes(struct plan *p, const struct run_options *o,
			const struct wants *all)
{
	size_t first = p->n;

	for (size_t i = 0; i < all->n; i++) {
		const struct want *w = &all->v[i];
		struct step *s;

		if (!is_active(all, i) || !needs_entry(w))
			continue;
		s = find_changed(p, w->spot.dir);
		if (!s)
			s = add_changed(p, o, &w->spot);
		add_fresh(s, p, w);
	}
	if (p->n - first > 1)
		qsort(p->v + first, p->n - first, sizeof *p->v, by_dst);
}

static bool is_made(const struct plan *p, const char *path)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->v[i].kind == STEP_MAKE && !strcmp(p->v[i].dst, path))
			return true;
	return false;
}

/* Mount points that --write makes in the image itself. */
static void add_made(struct plan *p, const struct wants *all)
{
	for (size_t i = 0; i < all->n; i++) {
		const struct want *w = &all->v[i];
		struct step *s;

		if (!is_active(all, i) || !needs_entry(w) ||
		    is_made(p, w->spot.path))
			continue;
		s = add_step(p, STEP_MAKE);
		s->dst = xstrdup(w->spot.path);
		s->why = xstrdup(w->why);
		s->is_dir = w->kind == PATH_DIR;
	}
}

static void add_bind(struct plan *p, const struct want *w)
{
	struct step *s = add_step(p, STEP_BIND);

	s->src = xstrdup(w->src);
	s->dst = xstrdup(w->spot.path);
	s->why = xstrdup(w->why);
	s->readonly = w->flags & WANT_READONLY;
}

/* A file of ours: for nothing where its directory is made anew, else mounted
 * on the image's. */
static void add_text(struct plan *p, const struct want *w)
{
	autostr char *dir = path_dir(w->spot.path);
	struct step *s = find_changed(p, dir);

	if (s || needs_entry(w)) {
		if (s)
			add_fresh(s, p, w);
		return; /* else it is in a new directory already */
	}
	s = add_step(p, STEP_TEXT);
	s->dst = xstrdup(w->spot.path);
	s->why = xstrdup(w->why);
	s->text = text_of(p, w);
}

static void add_mounts(struct plan *p, const struct wants *all)
{
	for (size_t i = 0; i < all->n; i++) {
		if (!is_active(all, i))
			continue;
		if (is_text(&all->v[i]))
			add_text(p, &all->v[i]);
		else
			add_bind(p, &all->v[i]);
	}
}

static bool needs_scratch(const struct wants *all, bool write)
{
	for (size_t i = 0; i < all->n; i++)
		if (is_active(all, i) && (is_text(&all->v[i]) ||
					  (!write && needs_entry(&all->v[i]))))
			return true;
	return false;
}

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
	const char *cwd = f->host->cwd, *workdir = f->image->workdir;
	bool is_own = !*o->command && workdir;

	p->must_start_first = o->cd;
	if (o->cd) {
		add_start(s, o->cd, "--cd");
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
	struct step *s;

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
	if (needs_scratch(all, o->write))
		add_step(p, STEP_SCRATCH)->why = xstrdup("files of ours");
	s = add_step(p, STEP_IMAGE);
	s->src = xstrdup(o->image);
	s->dst = xstrdup("/");
	s->why = xstrdup("the image");
	s->readonly = !o->write;
	if (o->write)
		add_made(p, all);
	else
		add_changes(p, o, all);
	add_mounts(p, all);
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
