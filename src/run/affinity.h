/* affinity.h - two processes that take turns, on one processor.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Where each waits for the other all the time, on two processors each question
 * wakes an idle one, and so does each answer: that takes longer than to find
 * the answer. On one it is a switch.
 */
#ifndef RUN_AFFINITY_H
#define RUN_AFFINITY_H

#include <sched.h>
#include <sys/types.h>

/* Zeroed is ready. */
struct affinity {
	cpu_set_t all; /* where we may run */
	pid_t other;   /* 0: nothing was changed */
};

/* Stay, with the process OTHER, which runs where we may, on the processor that
 * we are on. Where that can't be had, nothing changes. */
void affinity_narrow(struct affinity *a, pid_t other);
/* End that for both. */
void affinity_widen(const struct affinity *a);

#endif
