/* apply.c - carry out the steps of a plan.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "run/apply.h"

#include "base/mem.h"
#include "run/ns.h"
#include "run/probe.h"
#include "run/root.h"
#include "run/sentinel.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

/* A step failed: its name goes in front of the cause. That of a bind tells the
 * paths already. */
static int failed(const struct step *s, struct err *e)
{
	autostr char *name = step_name(s);

	if (e->kind == ERR_SYS && s->kind == STEP_BIND)
		return err_sysno(e, e->code, "%s", name);
	return err_ctx(e, "%s", name);
}

/* Take hold of everything on the host before the first mount is made, so that
 * none of ours can be in the way or be taken along. FDS has one for each step;
 * those of steps without a source stay -1. */
static int take_sources(const struct plan *p, struct root *r, int *fds,
			struct err *e)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct step *s = &p->v[i];

		if (s->kind == STEP_LAYERS && layers_take(&r->layers, s, e))
			return failed(s, e);
		if (s->kind != STEP_BIND)
			continue;
		fds[i] = mnt_take(&r->mnt, AT_FDCWD, s->src, e);
		if (fds[i] < 0)
			return failed(s, e);
	}
	return 0;
}

/* A layer that can be written to may have lost the mount point that the image
 * has. */
static int do_bind(struct root *r, const struct step *s, int fd, struct err *e)
{
	unsigned flags = s->readonly ? MNT_READONLY : 0;

	if (!mnt_put(&r->mnt, fd, r->top, s->dst, flags, e))
		return 0;
	if (!r->is_layered || e->kind != ERR_NOTFOUND)
		return -1;
	return root_make(r, s->dst, s->is_dir, e) ||
			       mnt_put(&r->mnt, fd, r->top, s->dst, flags, e)
		       ? -1
		       : 0;
}

static int do_step(struct root *r, const struct plan *p, const struct step *s,
		   int fd, struct err *e)
{
	switch (s->kind) {
	case STEP_IMAGE:
		return root_mount_image(r, s, e);
	case STEP_SCRATCH:
		return root_add_scratch(r, s, e);
	case STEP_LAYERS:
		return root_add_layers(r, s, e);
	case STEP_OVERLAY:
	case STEP_ASSEMBLE:
		return root_change(r, p, s, e);
	case STEP_MAKE:
		return root_make(r, s->dst, s->is_dir, e);
	case STEP_BIND:
		return do_bind(r, s, fd, e);
	case STEP_MEMORY:
		return mnt_put_tmpfs(r->top, s->dst, s->size, s->mode, e);
	case STEP_LINK:
		return root_link(r, s->dst, s->src, e);
	case STEP_TEXT:
		return root_put_text(r, s->dst, s->text, e);
	}
	return 0;
}

static int do_steps(const struct plan *p, struct root *r, const int *fds,
		    struct err *e)
{
	for (size_t i = 0; i < p->n; i++)
		if (do_step(r, p, &p->v[i], fds[i], e))
			return failed(&p->v[i], e);
	return 0;
}

static int apply_mounts(const struct plan *p, struct root *r,
			const struct imgroot *image, struct err *e)
{
	autostr int *fds = xmalloc((p->n + 1) * sizeof *fds);
	const struct unpacked *copy = &image->copy;
	const struct step *s = p->v;

	while (s->kind != STEP_IMAGE)
		s++;
	for (size_t i = 0; i < p->n; i++)
		fds[i] = -1;
	/* The first thing that takes a capability. The descriptors are closed
	 * by exec: closing them one by one would only cost time. */
	if (root_take_image(r, copy->path ? copy->path : s->src, image, e)) {
		failed(s, e);
		return probe_denied(e);
	}
	if (take_sources(p, r, fds, e) || root_hide_stack(r, e) ||
	    do_steps(p, r, fds, e))
		return -1;
	if (!copy->path)
		return root_enter(r, e);
	return sentinel_enter(r, copy->watch, e) || unpacked_hand_over(copy, e)
		       ? -1
		       : 0;
}

int apply_plan(const struct plan *p, const struct run_how *how,
	       const struct imgroot *image, struct err *e)
{
	AUTO(root) struct root r = ROOT_INIT;
	mode_t mask;
	int result;

	r.mnt.classic = how->classic || mnt_is_classic();
	r.no_overlay = how->no_overlay;
	r.no_pivot = how->no_pivot;
	if (!image->is_entered && ns_enter(&p->ids, e))
		return -1;
	mask = umask(022); /* of what we make, which the user shall read */
	result = apply_mounts(p, &r, image, e);
	umask(mask);
	return result;
}
