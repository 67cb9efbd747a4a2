/* t_affinity.c - tests of run/affinity.c.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "run/affinity.h"

#include "tap.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static cpu_set_t of(pid_t pid)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	if (sched_getaffinity(pid, sizeof set, &set))
		abort();
	return set;
}

static bool is_same(pid_t a, pid_t b)
{
	cpu_set_t x = of(a), y = of(b);

	return CPU_EQUAL(&x, &y);
}

static int count(pid_t pid)
{
	cpu_set_t set = of(pid);

	return CPU_COUNT(&set);
}

static void test_two(pid_t other)
{
	struct affinity a = { .other = 0 };
	int all = count(0);

	affinity_narrow(&a, other);
	is_num(count(0), 1, "one processor");
	ok(is_same(0, other), "the same for both");
	affinity_widen(&a);
	is_num(count(0), all, "all again");
	ok(is_same(0, other), "for both");
}

static void test_none(pid_t gone)
{
	struct affinity a = { .other = 0 };
	cpu_set_t before = of(0), after;

	affinity_narrow(&a, 0);
	affinity_widen(&a);
	affinity_narrow(&a, gone);
	after = of(0);
	ok(CPU_EQUAL(&before, &after), "without another one nothing changes");
}

int main(void)
{
	pid_t other = fork();

	if (!other) {
		pause();
		_exit(0);
	}
	test_two(other);
	kill(other, SIGKILL);
	waitpid(other, NULL, 0);
	test_none(other);
	return tap_done();
}
