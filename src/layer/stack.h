/* stack.h - the layers that make a tree, lowest first, which can be gone
 * through more than once; a tree that has no layers is one.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef LAYER_STACK_H
#define LAYER_STACK_H

#include "layer/entry.h"
#include "layer/lookup.h"
#include "layer/memread.h"
#include "layer/pipeline.h"

/* Layer I (from 0, the lowest) is R, to be read to its end. */
typedef int stack_give(void *arg, size_t i, const struct entries *r,
		       struct err *e);

enum stack_order {
	STACK_UP,   /* the lowest first */
	STACK_DOWN, /* the topmost first */
};

struct stack {
	size_t n;                 /* layers */
	enum lookup_rule rule;    /* do names ".wh.*" mean something? */
	const char *const *names; /* of layers, for messages; NULL, or some
				   * are: none */
	/* Give the layers I with WANT[I] (all, if WANT is NULL) to GIVE, from
	 * the caller's thread. The same entries in the same order each time;
	 * a source that has changed meanwhile is an error where it is
	 * noticed. The message names what a layer is called: "layer 2 of 5".
	 * What verifies the layers does so each time. */
	int (*walk)(void *ctx, enum stack_order order, const bool *want,
		    stack_give *give, void *arg, struct err *e);
	void *ctx;
};

/* A stack of tar archives, maybe compressed, whose sources can be rewound. */
struct stack_layers {
	struct stack stack; /* the result */
	const struct layer_source *sources;
	const char **names;
};
/* SOURCES are the caller's and must live as long. */
void stack_layers_init(struct stack_layers *l,
		       const struct layer_source *sources, size_t n);
void stack_layers_clear(struct stack_layers *l);
AUTO_DEFINE(stack_layers, struct stack_layers, stack_layers_clear)

/* A stack with one more layer on top of BELOW: entries in memory, none of whose
 * names begins with ".wh.". */
struct stack_topped {
	struct stack stack; /* the result */
	const struct stack *below;
	struct memread *top;
	const char **names;
};
/* BELOW and TOP are the caller's and must live as long. */
void stack_topped_init(struct stack_topped *t, const struct stack *below,
		       struct memread *top);
void stack_topped_clear(struct stack_topped *t);
AUTO_DEFINE(stack_topped, struct stack_topped, stack_topped_clear)

#endif
