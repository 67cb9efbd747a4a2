/* stack.c - layers in either order, and one more on top.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "layer/stack.h"

#include "base/mem.h"

/* Which layer the I-th is that a walk reads. */
struct order {
	size_t *layers;
	size_t n;
	stack_give *give;
	void *arg;
};

static size_t *choose(size_t n, enum stack_order order, const bool *want,
		      size_t *n_out)
{
	size_t *v = xcalloc(n + 1, sizeof(*v));

	*n_out = 0;
	for (size_t k = 0; k < n; k++) {
		size_t i = order == STACK_UP ? k : n - 1 - k;

		if (!want || want[i])
			v[(*n_out)++] = i;
	}
	return v;
}

static int give_source(void *ctx, size_t i, const struct entries *r,
		       struct err *e)
{
	const struct order *o = ctx;

	return o->give(o->arg, o->layers[i], r, e);
}

static int rewind_sources(const struct layer_source *v, size_t n, struct err *e)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].rewind && v[i].rewind(v[i].ctx, e))
			return v[i].name ? err_ctx(e, "%s", v[i].name) : -1;
	return 0;
}

static int walk_sources(void *ctx, enum stack_order order, const bool *want,
			stack_give *give, void *arg, struct err *e)
{
	const struct stack_layers *l = ctx;
	struct order o = { .give = give, .arg = arg };
	struct layer_source *v = xcalloc(l->stack.n + 1, sizeof(*v));
	int rc;

	o.layers = choose(l->stack.n, order, want, &o.n);
	for (size_t i = 0; i < o.n; i++)
		v[i] = l->sources[o.layers[i]];
	rc = rewind_sources(v, o.n, e) ||
	     pipeline_run(v, o.n, give_source, &o, e);
	free(o.layers);
	free(v);
	return rc ? -1 : 0;
}

void stack_layers_init(struct stack_layers *l,
		       const struct layer_source *sources, size_t n)
{
	*l = (struct stack_layers){
		.sources = sources,
		.names = xcalloc(n + 1, sizeof(*l->names)),
	};
	for (size_t i = 0; i < n; i++)
		l->names[i] = sources[i].name;
	l->stack = (struct stack){
		.n = n,
		.rule = LOOKUP_LAYER,
		.names = l->names,
		.walk = walk_sources,
		.ctx = l,
	};
}

void stack_layers_clear(struct stack_layers *l)
{
	free(l->names);
	*l = (struct stack_layers){ 0 };
}

static int give_top(struct stack_topped *t, const bool *want, stack_give *give,
		    void *arg, struct err *e)
{
	struct entries r = memread_entries(t->top);

	if (want && !want[t->below->n])
		return 0;
	return give(arg, t->below->n, &r, e);
}

static int walk_topped(void *ctx, enum stack_order order, const bool *want,
		       stack_give *give, void *arg, struct err *e)
{
	struct stack_topped *t = ctx;
	const struct stack *below = t->below;

	if (order == STACK_DOWN && give_top(t, want, give, arg, e))
		return -1;
	if (below->walk(below->ctx, order, want, give, arg, e))
		return -1;
	return order == STACK_UP ? give_top(t, want, give, arg, e) : 0;
}

void stack_topped_init(struct stack_topped *t, const struct stack *below,
		       struct memread *top)
{
	*t = (struct stack_topped){
		.below = below,
		.top = top,
		.names = xcalloc(below->n + 1, sizeof(*t->names)),
	};
	for (size_t i = 0; below->names && i < below->n; i++)
		t->names[i] = below->names[i];
	t->stack = (struct stack){
		.n = below->n + 1,
		.rule = below->rule,
		.names = t->names,
		.walk = walk_topped,
		.ctx = t,
	};
}

void stack_topped_clear(struct stack_topped *t)
{
	free(t->names);
	*t = (struct stack_topped){ 0 };
}
