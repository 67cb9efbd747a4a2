/* remover.h - the process that removes a directory when a container has ended.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Whoever makes a container becomes its command, and the last process of it may
 * be one that nobody knew. So there is one process more, nobody's child and
 * outside of the container's namespaces, which made the directory and removes
 * it, as soon as
 *
 *	all who hold the other end of its socket have ended, if none said that
 *	the container is there; else
 *
 *	the file system that the watch is for (sentinel.h) was unmounted
 *
 * There is no moment at which killing the others leaves the directory. What is
 * left behind if this process is killed itself, remover_start removes the next
 * time (tmp.h).
 */
#ifndef RUN_REMOVER_H
#define RUN_REMOVER_H

#include "base/err.h"

/* Start it, with a new directory (mode 0700) in the directory PLACE; *NAME is
 * what that is called there, the caller frees. *SOCKET is the way to it, and
 * WATCH an inotify descriptor, which is its own from now on to be read. */
MUST_CHECK int remover_start(int *socket, int place, int watch, char **name,
			     struct err *e);
/* The container is there: from now on the watch tells of the end. */
MUST_CHECK int remover_wait(int socket, struct err *e);

#endif
