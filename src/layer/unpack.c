/* unpack.c - layers to a directory.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "layer/unpack.h"

#include "layer/changeset.h"
#include "layer/place.h"

struct unpacking {
	struct changeset *changes;
	enum lookup_rule rule;
};

static int apply(void *arg, size_t i, const struct entries *r, struct err *e)
{
	struct unpacking *u = arg;

	(void)i;
	return changeset_apply(u->changes, r, u->rule, e);
}

int unpack_stack(int root, const struct stack *s, struct unpack_stats *stats,
		 struct err *e)
{
	*stats = (struct unpack_stats){ 0 };
	AUTO(place) struct place *place = place_new(root, stats, e);

	if (!place)
		return -1;
	struct changeset_ops ops = place_ops(place);
	AUTO(changeset) struct changeset *c = changeset_new(&ops);
	struct unpacking u = { c, s->rule };

	if (s->walk(s->ctx, STACK_UP, NULL, apply, &u, e))
		return -1;
	return place_finish(place, changeset_tree(c), e);
}
