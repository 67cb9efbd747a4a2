/* plan_steps.c - wants to the ordered list of what is mounted; pure.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "run/plan.h"

#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "run/layers.h"

#include <stdint.h>
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

/* The same, but in what was mounted before: a directory of the host, */
static bool needs_host_entry(const struct wants *all, const struct want *w)
{
	return w->over >= 0 && w->spot.kind == PATH_MISSING &&
	       !(all->v[w->over].flags & WANT_MEMORY);
}

/* or memory. */
static bool needs_memory_entry(const struct wants *all, const struct want *w)
{
	return w->over >= 0 && w->spot.kind == PATH_MISSING &&
	       (all->v[w->over].flags & WANT_MEMORY);
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

static void make_place(struct plan *p, const struct want *w)
{
	struct step *s = add_step(p, STEP_MAKE);

	s->dst = xstrdup(w->spot.path);
	s->why = xstrdup(w->why);
	s->is_dir = w->kind == PATH_DIR;
}

/* Mount points that --write makes in the image itself. */
static void add_made(struct plan *p, const struct wants *all)
{
	for (size_t i = 0; i < all->n; i++) {
		const struct want *w = &all->v[i];

		if (is_active(all, i) && needs_entry(w) &&
		    !is_made(p, w->spot.path))
			make_place(p, w);
	}
}

/* The directory of the host that shall hold W: once for all that it lacks. It
 * becomes one of ours, in which only what has a mount can be written to; but
 * of a directory for temporary files everybody expects that he can write. */
static void change_host(struct plan *p, const struct wants *all,
			const struct want *w)
{
	const struct want *over = &all->v[w->over];
	struct step *s;

	if (find_changed(p, w->spot.dir))
		return;
	s = add_step(p, STEP_ASSEMBLE);
	s->dst = xstrdup(w->spot.dir);
	s->why = xstrdup(w->why);
	s->of_host = true;
	s->n_entries = SIZE_MAX;
	s->readonly =
		!(over->flags & WANT_TMP) || strcmp(over->spot.path, s->dst);
	s->was_readonly = over->flags & WANT_READONLY;
	for (size_t i = 0; i < all->n; i++)
		if (is_active(all, i) && all->v[i].over == w->over &&
		    needs_host_entry(all, &all->v[i]) &&
		    !strcmp(all->v[i].spot.dir, s->dst))
			add_fresh(s, p, &all->v[i]);
}

static void add_bind(struct plan *p, const struct want *w)
{
	enum step_kind kind = w->flags & WANT_MEMORY ? STEP_MEMORY
			      : w->flags & WANT_LINK ? STEP_LINK
						     : STEP_BIND;
	struct step *s = add_step(p, kind);

	s->src = w->src ? xstrdup(w->src) : NULL;
	s->size = w->size;
	s->is_dir = w->kind == PATH_DIR;
	s->mode = w->flags & WANT_PRIVATE ? 0700
		  : w->flags & WANT_TMP   ? 01777
					  : 0755;
	s->dst = xstrdup(w->spot.path);
	s->why = xstrdup(w->why);
	s->readonly = w->flags & WANT_READONLY;
}

static bool has_layers(const struct plan *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->v[i].kind == STEP_LAYERS)
			return true;
	return false;
}

/* A file of ours: for nothing where its directory is made anew, else mounted
 * on the image's. */
static void add_text(struct plan *p, const struct want *w)
{
	autostr char *dir = path_dir(w->spot.path);
	struct step *s = find_changed(p, dir);

	if (s || needs_entry(w) || (w->over < 0 && has_layers(p))) {
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
		const struct want *w = &all->v[i];

		if (!is_active(all, i))
			continue;
		if (is_text(w)) {
			add_text(p, w);
			continue;
		}
		if (needs_memory_entry(all, w) && !(w->flags & WANT_LINK))
			make_place(p, w);
		else if (needs_host_entry(all, w))
			change_host(p, all, w);
		add_bind(p, w);
	}
}

static bool needs_scratch(const struct wants *all, bool write)
{
	for (size_t i = 0; i < all->n; i++) {
		const struct want *w = &all->v[i];

		if (is_active(all, i) &&
		    (is_text(w) || needs_host_entry(all, w) ||
		     (!write && needs_entry(w))))
			return true;
	}
	return false;
}

/* The writable layer, and those above the image that only are read. */
static int set_layers(struct step *s, const struct run_options *o,
		      struct err *e)
{
	s->upper_in_memory = o->write_fake;
	for (size_t i = 0; i < o->overlays.n; i++) {
		bool readonly;
		autostr char *dir =
			layers_dir(o->overlays.v[i].value, &readonly);

		if (!*dir)
			return err_set(e, ERR_USAGE,
				       "--overlay: no directory is named");
		if (readonly) {
			strlist_give(&s->lower, TAKE(dir));
			continue;
		}
		if (s->src || s->upper_in_memory)
			return err_set(e, ERR_USAGE,
				       "--overlay '%s': there can be one "
				       "writable layer only; add ':ro' to the "
				       "others",
				       dir);
		s->src = TAKE(dir);
	}
	s->readonly = !s->src && !s->upper_in_memory;
	return 0;
}

/* The image below other layers. What it lacks, and our files, are in one of
 * their own, below the writable one: nothing of ours stays in that. */
static int add_layers(struct plan *p, const struct run_options *o,
		      const struct wants *all, struct err *e)
{
	struct step *s = add_step(p, STEP_LAYERS);

	s->dst = xstrdup("/");
	s->why = xstrdup(o->write_fake ? "--write-fake" : "--overlay");
	if (set_layers(s, o, e))
		return -1;
	if (o->write || o->no_overlay)
		return err_set(e, ERR_USAGE, "%s and %s can't go together",
			       s->why, o->write ? "--write" : "--no-overlay");
	for (size_t i = 0; i < all->n; i++) {
		const struct want *w = &all->v[i];

		if (is_active(all, i) &&
		    (needs_entry(w) || (is_text(w) && w->over < 0)))
			add_fresh(s, p, w);
	}
	return 0;
}

/* How much the scratch may hold. */
static void set_scratch(struct plan *p, const struct run_options *o)
{
	struct step *scratch = p->v;

	if (scratch->kind != STEP_SCRATCH)
		return;
	if (o->write_fake && *o->write_fake)
		scratch->size = o->write_fake;
	scratch->big = o->write_fake;
	for (size_t i = 0; i < p->n; i++)
		if (p->v[i].of_host && !p->v[i].readonly)
			scratch->big = true;
}

int plan_steps(struct plan *p, const struct run_options *o,
	       const struct wants *all, struct err *e)
{
	bool layers = o->write_fake || o->overlays.n;
	struct step *s;

	if (layers || needs_scratch(all, o->write))
		add_step(p, STEP_SCRATCH)->why = xstrdup("files of ours");
	s = add_step(p, STEP_IMAGE);
	s->src = xstrdup(o->image);
	s->dst = xstrdup("/");
	s->why = xstrdup("the image");
	s->readonly = !o->write;
	s->unpack_at = o->unpack_at;
	if (layers) {
		if (add_layers(p, o, all, e))
			return -1;
	} else if (o->write) {
		add_made(p, all);
	} else {
		add_changes(p, o, all);
	}
	add_mounts(p, all);
	set_scratch(p, o);
	return 0;
}
