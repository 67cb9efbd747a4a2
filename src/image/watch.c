/* watch.c - how far the reading of an image is.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "image/watch.h"

#include "base/intr.h"

#define CALLS 64 /* entries or pieces between two looks */

static void show(struct watch *w)
{
	const struct source *s = w->source;

	if (!w->has_row)
		w->row = progress_add(w->progress, "reading", &s->image.digest,
				      s->size);
	w->has_row = true;
	progress_at(w->progress, w->row, atomic_load(&s->done), 0);
	progress_tick(w->progress);
}

static int look(struct watch *w, struct err *e)
{
	if (++w->calls % CALLS)
		return 0;
	show(w);
	return intr_check(e);
}

static int next(void *ctx, struct entry *out, struct err *e)
{
	struct watch *w = ctx;

	return look(w, e) ? -1 : w->from->next(w->from->ctx, out, e);
}

static int data(void *ctx, const void **p, size_t *n, uint64_t *offset,
		struct err *e)
{
	struct watch *w = ctx;
	int rc;

	if (look(w, e))
		return -1;
	rc = w->from->data(w->from->ctx, p, n, offset, e);
	if (rc > 0 && !w->source->size)
		atomic_fetch_add(&w->source->done, *n);
	return rc;
}

static bool xattr(void *ctx, const char **name, const void **value,
		  size_t *size)
{
	const struct watch *w = ctx;

	return w->from->xattr(w->from->ctx, name, value, size);
}

static int give(void *arg, size_t i, const struct entries *r, struct err *e)
{
	struct watch *w = arg;
	struct entries watched = {
		.next = next,
		.data = data,
		.xattr = xattr,
		.ctx = w,
	};

	w->from = r;
	return w->give(w->arg, i, &watched, e);
}

static int walk(void *ctx, enum stack_order order, const bool *want,
		stack_give *to, void *arg, struct err *e)
{
	struct watch *w = ctx;

	w->give = to;
	w->arg = arg;
	atomic_store(&w->source->done, 0);
	return w->below.walk(w->below.ctx, order, want, give, w, e);
}

void watch_start(struct watch *w, struct source *s, struct progress *p)
{
	*w = (struct watch){ .source = s, .below = s->stack, .progress = p };
	s->stack.walk = walk;
	s->stack.ctx = w;
}

void watch_add(struct watch *w, uint64_t n)
{
	atomic_fetch_add(&w->source->done, n);
	show(w);
}

void watch_end(struct watch *w)
{
	if (!w->has_row && !atomic_load(&w->source->done))
		return;
	show(w);
	progress_done(w->progress, w->row);
}
