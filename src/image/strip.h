/* strip.h - entries of a tree without our own /ch, for what has a configuration
 * of its own.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef IMAGE_STRIP_H
#define IMAGE_STRIP_H

#include "layer/stack.h"

struct strip {
	struct stack stack; /* the result */
	const struct stack *below;
	bool is_layer;
	/* One walk's: */
	stack_give *give;
	void *arg;
	const struct entries *from;
};

/* BELOW, which must live as long, without /ch/config.json, /ch/environment,
 * /ch/image and the entry of /ch. IS_LAYER: it becomes an OCI layer, in which a
 * name ".wh.*" would mean something else: ERR_UNSUPPORTED. */
void strip_init(struct strip *s, const struct stack *below, bool is_layer);

#endif
