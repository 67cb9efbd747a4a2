/* pool.h - threads: the one place that starts them.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A pool is a handful of threads that work on one job and end together. The
 * first error of any thread is the pool's; the others are told to stop through
 * the rings and gates they wait on (ring.h, gate.h), which the thread that
 * fails cancels. A thread that stops only because of that returns -1 and leaves
 * its error as it got it (ERR_NONE), which never hides the cause. Threads block
 * all signals; the main thread gets them. Never in a process that will still
 * call unshare(2).
 */
#ifndef BASE_POOL_H
#define BASE_POOL_H

#include "base/err.h"

#include <stdbool.h>

struct pool;

/* How many processors this process may use: its CPU set, not the machine's. */
unsigned pool_processors(void);

struct pool *pool_new(void);
/* Start FN(ARG, &err) in a thread. ERR_SYS if no thread can be had. */
MUST_CHECK int pool_start(struct pool *p, int (*fn)(void *arg, struct err *e),
			  void *arg, struct err *e);
/* True once a thread has failed; never blocks. */
bool pool_failed(struct pool *p);
/* True once all threads started so far have ended; never blocks. */
bool pool_done(struct pool *p);
/* Wait for all; -1 with the first error if any failed. */
MUST_CHECK int pool_join(struct pool *p, struct err *e);
/* Waits for all threads that still run; ignores their errors. */
void pool_free(struct pool *p);
AUTO_DEFINE_PTR(pool, struct pool, pool_free)

#endif
