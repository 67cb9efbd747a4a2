/* stacktest.h - a stack of archives in memory.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TEST_STACKTEST_H
#define TEST_STACKTEST_H

#include "layer/stack.h"
#include "layertest.h"

/* A stack of archives in memory, and what was put away. */
struct fixture {
	struct layers layers;
	struct sources sources;
	struct stack_layers stack;
	struct str contents[64];
	size_t n_put;
};

__attribute__((unused)) static void fixture_init(struct fixture *f,
						 const struct mktar *entries)
{
	*f = (struct fixture){ 0 };
	layers_build(&f->layers, entries);
	sources_init(&f->sources, &f->layers);
	stack_layers_init(&f->stack, f->sources.to, f->layers.n);
}

__attribute__((unused)) static void fixture_clear(struct fixture *f)
{
	layers_clear(&f->layers);
	stack_layers_clear(&f->stack);
	for (size_t i = 0; i < f->n_put; i++)
		str_clear(&f->contents[i]);
}
AUTO_DEFINE(fixture, struct fixture, fixture_clear)

#endif
