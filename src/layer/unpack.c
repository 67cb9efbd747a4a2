/* unpack.c - layers to a directory.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "layer/unpack.h"

#include "layer/changeset.h"
#include "layer/place.h"

static int apply(void *ctx, size_t i, const struct entries *r, struct err *e)
{
	(void)i;
	return changeset_apply(ctx, r, LOOKUP_LAYER, e);
}

int unpack_layers(int root, const struct layer_source *layers, size_t n,
		  struct unpack_stats *stats, struct err *e)
{
	*stats = (struct unpack_stats){ 0 };
	AUTO(place) struct place *place = place_new(root, stats, e);

	if (!place)
		return -1;
	struct changeset_ops ops = place_ops(place);
	AUTO(changeset) struct changeset *c = changeset_new(&ops);

	if (pipeline_run(layers, n, apply, c, e))
		return -1;
	return place_finish(place, changeset_tree(c), e);
}
