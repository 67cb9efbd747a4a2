/* chmeta.h - the directory /ch that an image without layers carries: its
 * configuration and the variables that it sets.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef IMAGE_CHMETA_H
#define IMAGE_CHMETA_H

#include "image/source.h"
#include "layer/memread.h"

struct chmeta {
	const struct stack *stack; /* the result */
	struct stack_topped topped;
	struct memread *top;
};

/* The text of /ch/environment, appended to OUT: the variables of C. Those that
 * can't be in it are a warning. */
void chmeta_environment(const struct imgconfig *c, struct str *out);
/* S, which must live as long, with /ch/config.json and /ch/environment of the
 * time TIME_S on top, unless it has them inside or has no configuration. */
void chmeta_init(struct chmeta *c, const struct source *s, int64_t time_s);
void chmeta_clear(struct chmeta *c);
AUTO_DEFINE(chmeta, struct chmeta, chmeta_clear)

#endif
