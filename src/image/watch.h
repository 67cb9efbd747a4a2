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
	bool has_row; /* ROW is P's: something was read */
	size_t row;
	/* One walk's: */
	stack_give *give;
	void *arg;
	const struct entries *from;
	unsigned calls;
};

/* From now on going through S's stack tells P how far it is, and stops when a
 * signal has come. W must live as long as S is read. Where nobody knows how
 * much is to be read, what comes out is counted. */
void watch_start(struct watch *w, struct source *s, struct progress *p);
/* N bytes more were read past the stack: blobs that are copied. Cheap. */
void watch_add(struct watch *w, uint64_t n);
/* All was read. */
void watch_end(struct watch *w);

#endif
