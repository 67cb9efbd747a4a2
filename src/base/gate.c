/* gate.c - a growing number under a mutex, and who waits for it.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/gate.h"

#include "base/mem.h"

#include <pthread.h>

struct gate {
	pthread_mutex_t mutex;
	pthread_cond_t raised;
	uint64_t value;
	unsigned n_waiting; /* a raise that nobody waits for wakes nobody */
	bool is_cancelled;
};

struct gate *gate_new(void)
{
	struct gate *g = xcalloc(1, sizeof(*g));

	pthread_mutex_init(&g->mutex, NULL);
	pthread_cond_init(&g->raised, NULL);
	return g;
}

void gate_free(struct gate *g)
{
	pthread_cond_destroy(&g->raised);
	pthread_mutex_destroy(&g->mutex);
	free(g);
}

void gate_raise(struct gate *g, uint64_t value)
{
	pthread_mutex_lock(&g->mutex);
	if (value > g->value) {
		g->value = value;
		if (g->n_waiting)
			pthread_cond_broadcast(&g->raised);
	}
	pthread_mutex_unlock(&g->mutex);
}

bool gate_wait(struct gate *g, uint64_t have, uint64_t *value)
{
	pthread_mutex_lock(&g->mutex);
	while (g->value <= have && !g->is_cancelled) {
		g->n_waiting++;
		pthread_cond_wait(&g->raised, &g->mutex);
		g->n_waiting--;
	}
	bool is_open = !g->is_cancelled;

	if (is_open)
		*value = g->value;
	pthread_mutex_unlock(&g->mutex);
	return is_open;
}

void gate_cancel(struct gate *g)
{
	pthread_mutex_lock(&g->mutex);
	g->is_cancelled = true;
	pthread_cond_broadcast(&g->raised);
	pthread_mutex_unlock(&g->mutex);
}
