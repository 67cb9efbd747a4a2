/* affinity.c - two processes that take turns, on one processor.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "run/affinity.h"

#include <errno.h>

void affinity_narrow(struct affinity *a, pid_t other)
{
	int cpu = sched_getcpu();
	cpu_set_t one;

	if (other <= 0 || cpu < 0 || cpu >= CPU_SETSIZE ||
	    sched_getaffinity(0, sizeof a->all, &a->all))
		return;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	if (CPU_EQUAL(&one, &a->all) ||
	    sched_setaffinity(0, sizeof one, &one))
		return;
	a->other = other;
	if (sched_setaffinity(other, sizeof one, &one))
		affinity_widen(a);
}

void affinity_widen(const struct affinity *a)
{
	const pid_t both[] = { 0, a->other };

	/* It fails for one that has ended. */
	for (int i = 0; a->other && i < 2; i++)
		if (sched_setaffinity(both[i], sizeof a->all, &a->all))
			errno = 0;
}
