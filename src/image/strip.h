/* strip.h - entries of a tree without our own /ch, for what has a configuration
 * of its own.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef IMAGE_STRIP_H
#define IMAGE_STRIP_H

#include "image/source.h"

struct strip {
	struct stack stack; /* the result */
	const struct source *from;
	bool is_layer;
	/* One walk's: */
	stack_give *give;
	void *arg;
	const struct entries *entries;
};

/* FROM, which must live as long, without what source_config has understood of
 * /ch, and without what goes with it: /ch/image and the directory's own entry.
 * All else stays, whatever its name. IS_LAYER: it becomes an OCI layer, in
 * which a name ".wh.*" would mean something else: ERR_UNSUPPORTED. */
void strip_init(struct strip *s, const struct source *from, bool is_layer);

#endif
