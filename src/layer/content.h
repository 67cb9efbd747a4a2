/* content.h - the content of a file on disk, piece by piece, without its holes;
 * a file that changes meanwhile is an error.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef LAYER_CONTENT_H
#define LAYER_CONTENT_H

#include "base/err.h"
#include "layer/entry.h"

#include <stdbool.h>
#include <sys/stat.h>

struct content {
	int fd; /* -1: none */
	struct stat st;
	bool is_sparse;
	struct extent *extents; /* what is there, if sparse or not */
	size_t n_extents;
	size_t extents_cap;
	size_t extent; /* that is read */
	uint64_t pos;  /* to be read next */
	void *buffer;
};

void content_init(struct content *c);
/* Also closes the file. */
void content_clear(struct content *c);
AUTO_DEFINE(content, struct content, content_clear)

/* The regular file FD, taken over, as ST says it is. Holes are looked for if
 * fewer blocks are allocated than it has bytes. PATH is for messages. ERR_SYS.
 */
MUST_CHECK int content_open(struct content *c, int fd, const struct stat *st,
			    const char *path, struct err *e);
/* The next piece and where it belongs, until the next call: 1, 0 at the end,
 * -1. ERR_DIGEST: the file is not what it was when it was opened. Errors do not
 * name the file: it is the caller's entry. */
MUST_CHECK int content_next(struct content *c, const void **p, size_t *n,
			    uint64_t *offset, struct err *e);
void content_close(struct content *c);

#endif
