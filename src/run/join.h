/* join.h - processes of one node that share a container.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Ranks of an MPI job read each other's memory (process_vm_readv(2)), which the
 * kernel allows only within one user namespace. The first one that asks for a
 * container of some tag makes it; those that ask later enter it, while anything
 * in it lives (joinhold.h). Who is first is decided by who binds the socket,
 * which is named after user and tag; nobody waits by asking again and again.
 */
#ifndef RUN_JOIN_H
#define RUN_JOIN_H

#include "base/err.h"
#include "run/options.h"
#include "run/plan.h"

#include <stdbool.h>

struct join {
	char *tag;
	const char *from; /* where the tag comes from */
	int count;        /* of processes that are expected */
	bool is_inside;   /* a container of others was entered */
	int holder;       /* else it is ours to make: who holds it, or -1 */
	int watch;        /* inotify(7) */
};
#define JOIN_INIT                         \
	{                                 \
		.holder = -1, .watch = -1 \
	}

/* Do options O ask for a shared container? */
bool join_is_asked(const struct run_options *o);
/* Enter the container of O if there is one, waiting until it is ready; else it
 * is the caller's to make, who then calls join_open, or join_fail. IMAGE is as
 * on the command line; of HOST the environment and directory are needed.
 * ERR_USAGE: the one there is made in another way; ERR_LIMIT: it was not ready
 * in time; ERR_AUTH: another user has the name. */
MUST_CHECK int join_begin(struct join *j, const struct run_options *o,
			  const char *image, const struct host *host,
			  struct err *e);
/* The container that P describes was made and entered: let the others in, if
 * any may come. */
MUST_CHECK int join_open(struct join *j, const struct plan *p, struct err *e);
/* It could not be made: E says to those who wait why. */
void join_fail(struct join *j, const struct err *e);
void join_clear(struct join *j);
AUTO_DEFINE(join, struct join, join_clear)

#endif
