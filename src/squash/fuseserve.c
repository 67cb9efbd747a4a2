/* fuseserve.c - serve a mounted squashfs image until it is mounted no more.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Every thread does all of the work: take a request, answer it. The first is
 * alone as long as nobody waits for it, because most containers need no more:
 * one process that asks one thing after the other is served best by the thread
 * whose caches are warm.
 */
#include "config.h"

#include "squash/fuseserve.h"

#include "base/pool.h"

#include <errno.h>
#include <linux/fuse.h>
#include <poll.h>
#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

#define THREADS_MAX 32
/* Requests after which is asked whether more are waiting; and how many there
 * are to be first: who makes the container asks one thing after the other. */
#define ASK_EVERY 8
#define ASK_FIRST 64

/* A thread with room for a request and its reply. */
struct worker {
	struct fusewire *wire;
	int device;
	struct fusewire_reply reply;
	_Alignas(uint64_t) char request[FUSEWIRE_REQUEST_MAX];
};

/* What all threads but the first are given. */
struct crew {
	struct fusewire *wire;
	int device;
	cpu_set_t processors; /* of all threads */
};

/* Data begins a page, so that the kernel copies whole ones. */
static int map_reply(struct fusewire_reply *out)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *p;

	out->room = fusewire_room();
	p = mmap(NULL, page + out->room, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return -1;
	out->data = p + page;
	out->head = (void *)(out->data - sizeof(*out->head));
	return 0;
}

static int worker_init(struct worker *w, const struct crew *c, struct err *e)
{
	w->wire = c->wire;
	w->device = c->device;
	return map_reply(&w->reply) ? err_sys(e, "can't get memory") : 0;
}

/* One request. 1 if it was answered, 0 if there will be no more. */
static int answer_one(struct worker *w, struct err *e)
{
	ssize_t n = read(w->device, w->request, sizeof(w->request));
	size_t len;

	if (n < 0 && errno == ENODEV)
		return 0;
	/* ENOENT: it was taken back before we had it (fuse(4)). */
	if (n < 0)
		return errno == EINTR || errno == ENOENT || errno == EAGAIN
			       ? 1
			       : err_sys(e, "can't read '/dev/fuse'");
	len = fusewire_answer(w->wire, w->request, (size_t)n, &w->reply);
	/* That fails if nobody waits for it any more, which is fine, or if the
	 * file system is gone, which the next read says. */
	if (len && write(w->device, w->reply.head, len) < 0)
		errno = 0;
	return 1;
}

static int work(void *arg, struct err *e)
{
	const struct crew *c = arg;
	struct worker w;
	int rc = worker_init(&w, c, e);

	if (rc)
		return rc;
	/* The first one may be on one processor yet (run/affinity.h). */
	if (CPU_COUNT(&c->processors))
		sched_setaffinity(0, sizeof(c->processors), &c->processors);
	do
		rc = answer_one(&w, e);
	while (rc > 0);
	return rc;
}

static bool is_waiting(int device)
{
	struct pollfd p = { .fd = device, .events = POLLIN };

	return poll(&p, 1, 0) == 1 && (p.revents & POLLIN);
}

/* To ask whether others wait, after the N-th request, which is W's? Content
 * takes its time. */
static bool is_time(const struct worker *w, unsigned n)
{
	const struct fuse_in_header *head = (const void *)w->request;

	return head->opcode == FUSE_READ ||
	       (n >= ASK_FIRST && n % ASK_EVERY == 0);
}

/* The first thread, which decides about others. That none can be had
 * (RLIMIT_NPROC) makes it slower and nothing else. */
static int lead(struct crew *c, struct pool *pool, struct err *e)
{
	struct worker w;
	struct err ignored = { 0 };
	unsigned n_max = pool_processors();
	unsigned n_threads = 1;
	int rc = worker_init(&w, c, e);

	if (rc)
		return rc;
	if (n_max > THREADS_MAX)
		n_max = THREADS_MAX;
	for (unsigned n = 1; (rc = answer_one(&w, e)) > 0; n++) {
		if (!is_time(&w, n) || n_threads >= n_max ||
		    !is_waiting(c->device))
			continue;
		if (pool_start(pool, work, c, &ignored))
			n_max = n_threads;
		else
			n_threads++;
	}
	return rc;
}

int fuseserve(struct fusewire *wire, int device, struct err *e)
{
	struct crew crew = { .wire = wire, .device = device };
	AUTO(pool) struct pool *pool = pool_new();

	if (sched_getaffinity(0, sizeof(crew.processors), &crew.processors))
		CPU_ZERO(&crew.processors);
	return lead(&crew, pool, e);
}
