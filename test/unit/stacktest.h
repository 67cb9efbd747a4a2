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
	struct place_source from[LAYERS_MAX];
	struct layer_source to[LAYERS_MAX];
	char sums[LAYERS_MAX][HASH_HEX_MAX];
	struct stack_layers stack;
	struct str contents[64];
	size_t n_put;
};

__attribute__((unused)) static int rewind_source(void *ctx, struct err *e)
{
	struct place_source *s = ctx;

	(void)e;
	s->at = 0;
	return 0;
}

__attribute__((unused)) static void fixture_init(struct fixture *f,
						 const struct mktar *entries)
{
	static const char *const names[] = { "1", "2", "3", "4",
					     "5", "6", "7", "8" };

	*f = (struct fixture){ 0 };
	layers_build(&f->layers, entries);
	for (size_t i = 0; i < f->layers.n; i++) {
		struct str *tar = &f->layers.tar[i];

		f->from[i] = (struct place_source){
			.bytes = tar,
			.step = i % 2 ? 100000 : 1000,
		};
		hash_buffer(HASH_SHA256, tar->p, tar->len, f->sums[i]);
		f->to[i] = (struct layer_source){
			.name = names[i],
			.size = tar->len,
			.read = place_read,
			.rewind = rewind_source,
			.ctx = &f->from[i],
			.blob_hex = f->sums[i],
			.diff_hex = f->sums[i],
		};
	}
	stack_layers_init(&f->stack, f->to, f->layers.n);
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
