/* closer.h - a thread that completes files which another has created: writes
 * what is left of them, sets mode and time, closes them.
 * SPDX-License-Identifier: Apache-2.0
 *
 * To create a file is half the work of a small one, and only that must happen
 * in order. close(2) can be the longest part of all: network file systems send
 * data then. The files of one thread are completed in the order in which they
 * came, so that the error that is reported is always that of the first file
 * that has one.
 */
#ifndef LAYER_CLOSER_H
#define LAYER_CLOSER_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <time.h>

#define CLOSER_DATA_MAX 16384 /* bytes that are worth a copy */

struct closer;

/* A new file. */
struct closer_file {
	int fd;
	mode_t made;           /* mode it was created with */
	mode_t mode;           /* mode that it is to have */
	struct timespec mtime; /* time that it is to have */
	const char *name;      /* for messages, at most 4096 bytes */
	const void *data;      /* content that is still to be written */
	size_t n;              /* its length, at most CLOSER_DATA_MAX */
};

/* Starts the thread. NULL with ERR_SYS if there is none to be had. */
struct closer *closer_new(struct err *e);
/* Completes what is left, ignoring errors. */
void closer_free(struct closer *c);
AUTO_DEFINE_PTR(closer, struct closer, closer_free)

/* Hand F over, which is empty afterwards (fd -1); name and data are copied.
 * Waits while too many files are open. */
void closer_add(struct closer *c, struct closer_file *f);
/* Has a file failed? Never blocks; those that follow are only closed. */
bool closer_failed(const struct closer *c);
/* Wait until all files are complete. -1 with the error of the first that could
 * not be, which names it. */
MUST_CHECK int closer_wait(struct closer *c, struct err *e);

#endif
