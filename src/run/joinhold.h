/* joinhold.h - the process that lets others into a container.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Whoever makes a container that is to be shared becomes its command, and may
 * be the first to end. So there is one process more, outside, that listens on
 * an abstract socket (unix(7)) and hands out the namespaces. The name of such a
 * socket is in no file system: it is gone when this process is, however it
 * ends. The process itself ends when the container does:
 *
 *	it watches a file system that is mounted in the container alone
 *	(inotify(7)); the kernel unmounts that with the mount namespace, when
 *	the last process of it is gone
 *
 * It keeps no namespace alive, but for as long as processes are still expected:
 * until COUNT have come, and no longer than WAIT_S. Otherwise it takes the
 * mount namespace from a process that is in it, found in /proc.
 */
#ifndef RUN_JOINHOLD_H
#define RUN_JOINHOLD_H

#include "base/err.h"

#include <stdbool.h>
#include <sys/types.h>

#define JOINHOLD_ASK_MAX (1 << 15) /* bytes of the text */

/* What the maker of the container tells. */
struct joinhold_word {
	bool is_ready;   /* else it could not be made, see E */
	bool is_watched; /* its end can be seen */
	struct err e;
};

/* What those that come are told. If it is ready, there are two descriptors with
 * it, of the user and of the mount namespace, and behind it is the text of
 * joinask.h, without a NUL. */
struct joinhold_reply {
	bool is_ready;
	pid_t maker;
	struct err e;
};

struct joinhold {
	int listener;
	int maker_fd; /* to the maker, which gets a byte when all is taken */
	int watch;    /* an inotify descriptor, or -1 */
	pid_t maker;
	int count;       /* how many to wait for */
	int wait_s;      /* how long */
	const char *ask; /* joinask.h */
};

/* The process itself. ARG is a struct joinhold. */
void joinhold_run(void *arg);

#endif
