/* detach.h - a process that is nobody's child.
 * SPDX-License-Identifier: Apache-2.0
 *
 * For the few that have to outlive ch-run, which becomes the command: the
 * command must not find a child that it did not start, its caller must not wait
 * for an end of file that does not come, and no signal from a terminal shall
 * reach them.
 */
#ifndef BASE_DETACH_H
#define BASE_DETACH_H

#include "base/err.h"

#include <stddef.h>

/* Run FN(ARG) in a process called NAME (at most 15 bytes, seen by ps -o comm)
 * that init or the next subreaper takes as its child, and go on at once. It has
 * a session of its own, "/" as its directory, /dev/null as descriptors 0 to 2,
 * all signals ignored but SIGKILL, SIGSTOP, SIGCHLD and those of its own
 * faults, and of the caller's other descriptors only the N in KEEP, each above
 * 2; it ends when FN returns. Only for a process without threads. On failure
 * there is no such process. */
MUST_CHECK int detach(const char *name, const int *keep, size_t n,
		      void (*fn)(void *arg), void *arg, struct err *e);

#endif
