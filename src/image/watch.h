/* watch.h - how far the reading of an image is, shown while it goes on.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef IMAGE_WATCH_H
#define IMAGE_WATCH_H

#include "image/progress.h"
#include "image/source.h"

struct watch {
	struct source *source;
	struct stack below; /* as it was */
	struct progress *progress;
	size_t row;
	/* One walk's: */
	stack_give *give;
	void *arg;
	const struct entries *from;
	unsigned calls;
};

/* From now on going through S's stack tells P (which may be NULL) how far it
 * is, and stops when a signal has come. W must live as long as S is read. */
void watch_start(struct watch *w, struct source *s, struct progress *p);

#endif
