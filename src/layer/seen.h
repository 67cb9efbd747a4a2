/* seen.h - files that have more than one name, by device and inode: which name
 * came first.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef LAYER_SEEN_H
#define LAYER_SEEN_H

#include "base/auto.h"

#include <stdint.h>
#include <sys/types.h>

struct seen_file {
	struct seen_file *next; /* of the same bucket */
	dev_t dev;
	ino_t ino;
	uint64_t left;     /* names that may still come */
	uint32_t uid, gid; /* the caller's */
	char path[];       /* the first */
};

struct seen;

struct seen *seen_new(void);
void seen_free(struct seen *s);
AUTO_DEFINE_PTR(seen, struct seen, seen_free)

/* A file of LINKS (more than one) names, which is not there yet; PATH, the
 * first of them, is copied. */
struct seen_file *seen_add(struct seen *s, dev_t dev, ino_t ino, uint64_t links,
			   const char *path);
/* The file that was added, or NULL. */
struct seen_file *seen_find(struct seen *s, dev_t dev, ino_t ino);
/* One more of F's names has come; with the last F is gone. */
void seen_count(struct seen *s, struct seen_file *f);

#endif
