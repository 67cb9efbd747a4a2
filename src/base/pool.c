/* pool.c - start threads, keep the first error, wait for all.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/pool.h"

#include "base/mem.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>

/* Ours need a few KiB and libraries (curl, zstd) tens; the usual 8 MiB would
 * count against a job's limit on address space. */
#define STACK_BYTES ((size_t)512 << 10)

struct job {
	struct job *next;
	struct pool *pool;
	pthread_t thread;
	int (*fn)(void *arg, struct err *e);
	void *arg;
};

struct pool {
	pthread_mutex_t mutex;
	struct job *jobs; /* started and not yet joined */
	unsigned n_running;
	bool has_failed;
	struct err first; /* ERR_NONE until a thread said why it failed */
};

/* A machine of more than 1024 processors needs a larger set:
 * sched_getaffinity(2) then fails, and who has that many won't miss the exact
 * number. */
unsigned pool_processors(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set))
		return CPU_SETSIZE;
	return (unsigned)CPU_COUNT(&set);
}

struct pool *pool_new(void)
{
	struct pool *p = xcalloc(1, sizeof(*p));

	pthread_mutex_init(&p->mutex, NULL);
	return p;
}

/* A thread that only saw its ring cancelled has nothing to say (ERR_NONE) and
 * may well end before the one that knows the cause. */
static void *job_main(void *arg)
{
	struct job *job = arg;
	struct pool *p = job->pool;
	struct err e = { 0 };
	int failed = job->fn(job->arg, &e);

	pthread_mutex_lock(&p->mutex);
	if (failed) {
		p->has_failed = true;
		if (p->first.kind == ERR_NONE)
			p->first = e;
	}
	p->n_running--;
	pthread_mutex_unlock(&p->mutex);
	return NULL;
}

/* The new thread inherits its creator's mask, so that no signal can arrive in
 * it before it blocks them. */
static int start_blocked(struct job *job)
{
	pthread_attr_t attr;
	sigset_t all;
	sigset_t saved;
	int rc = pthread_attr_init(&attr);

	if (rc)
		return rc;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &saved);
	rc = pthread_attr_setstacksize(&attr, STACK_BYTES);
	if (!rc)
		rc = pthread_create(&job->thread, &attr, job_main, job);
	pthread_sigmask(SIG_SETMASK, &saved, NULL);
	pthread_attr_destroy(&attr);
	return rc;
}

int pool_start(struct pool *p, int (*fn)(void *arg, struct err *e), void *arg,
	       struct err *e)
{
	struct job *job = xcalloc(1, sizeof(*job));

	*job = (struct job){ .pool = p, .fn = fn, .arg = arg };
	pthread_mutex_lock(&p->mutex);
	int rc = start_blocked(job);

	if (!rc) {
		job->next = p->jobs;
		p->jobs = job;
		p->n_running++;
	}
	pthread_mutex_unlock(&p->mutex);
	if (rc) {
		free(job);
		return err_sysno(e, rc, "can't start a thread");
	}
	return 0;
}

bool pool_failed(struct pool *p)
{
	pthread_mutex_lock(&p->mutex);
	bool has_failed = p->has_failed;

	pthread_mutex_unlock(&p->mutex);
	return has_failed;
}

bool pool_done(struct pool *p)
{
	pthread_mutex_lock(&p->mutex);
	bool is_done = !p->n_running;

	pthread_mutex_unlock(&p->mutex);
	return is_done;
}

static struct job *next_job(struct pool *p)
{
	pthread_mutex_lock(&p->mutex);
	struct job *job = p->jobs;

	if (job)
		p->jobs = job->next;
	pthread_mutex_unlock(&p->mutex);
	return job;
}

/* A thread may start another: look again until none is left. */
static void join_all(struct pool *p)
{
	struct job *job;

	while ((job = next_job(p))) {
		pthread_join(job->thread, NULL);
		free(job);
	}
}

int pool_join(struct pool *p, struct err *e)
{
	join_all(p);
	if (!p->has_failed)
		return 0;
	if (p->first.kind == ERR_NONE)
		return err_set(e, ERR_SYS, "a thread stopped without an error");
	*e = p->first;
	return -1;
}

void pool_free(struct pool *p)
{
	join_all(p);
	pthread_mutex_destroy(&p->mutex);
	free(p);
}
