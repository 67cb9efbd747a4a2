/* closer.c - batches of files in a ring, and the thread that completes them.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A batch is large enough that handing it over costs nothing per file, and
 * small enough that the files under way are far from the usual limit of 1024
 * descriptors.
 */
#include "config.h"

#include "layer/closer.h"

#include "base/gate.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/pool.h"
#include "base/ring.h"

#include <assert.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#define BATCHES 3
#define BATCH_FILES 64
#define BATCH_BYTES ((size_t)128 << 10)

struct batch {
	unsigned n_files;
	size_t used;
	struct closer_file files[BATCH_FILES]; /* point into bytes */
	char bytes[BATCH_BYTES];
};

struct closer {
	struct ring *ring;
	struct gate *done; /* batches */
	struct pool *pool;
	struct batch *batch; /* being filled, or NULL */
	uint64_t n_pushed;
	atomic_bool has_failed;
	struct err error; /* the thread's, then of who has seen has_failed */
};

/* Close reports what the file system put off (quota, NFS): close(2). */
static int complete(const struct closer_file *f, struct err *e)
{
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, f->mtime };
	const char *slash = strrchr(f->name, '/');
	const char *base = slash ? slash + 1 : f->name;
	autofd int fd = f->fd;

	if (io_pwrite(fd, f->data, f->n, 0, base, e))
		return -1;
	if (f->mode != f->made && fchmod(fd, f->mode))
		return err_sys(e, "can't set the mode");
	if (futimens(fd, times))
		return err_sys(e, "can't set the time");
	if (close(TAKE_FD(fd)) && errno != EINTR)
		return err_sys(e, "can't write");
	return 0;
}

static void take(struct closer *c, const struct closer_file *f)
{
	if (c->error.kind != ERR_NONE) {
		close(f->fd);
		return;
	}
	if (!complete(f, &c->error))
		return;
	err_ctx(&c->error, "'%s'", f->name);
	atomic_store(&c->has_failed, true);
}

static int closer_main(void *arg, struct err *e)
{
	struct closer *c = arg;
	uint64_t n_done = 0;
	const void *slot;
	size_t len;
	int mark;

	(void)e;
	while (ring_next(c->ring, 0, &slot, &len, &mark)) {
		const struct batch *b = slot;

		for (unsigned i = 0; i < b->n_files; i++)
			take(c, &b->files[i]);
		ring_release(c->ring, 0);
		gate_raise(c->done, ++n_done);
	}
	return 0;
}

struct closer *closer_new(struct err *e)
{
	AUTO(closer) struct closer *c = xcalloc(1, sizeof(*c));

	c->ring = ring_new(BATCHES, sizeof(struct batch), 1);
	c->done = gate_new();
	c->pool = pool_new();
	return pool_start(c->pool, closer_main, c, e) ? NULL : TAKE(c);
}

static void push(struct closer *c)
{
	if (!c->batch)
		return;
	c->batch = NULL;
	c->n_pushed++;
	ring_push(c->ring, sizeof(struct batch), 0);
}

/* Until all that was handed over is complete. */
static void settle(struct closer *c)
{
	uint64_t n_done;

	push(c);
	if (c->n_pushed)
		gate_wait(c->done, c->n_pushed - 1, &n_done);
}

void closer_free(struct closer *c)
{
	settle(c);
	ring_cancel(c->ring);
	pool_free(c->pool);
	gate_free(c->done);
	ring_free(c->ring);
	free(c);
}

static void *keep(struct batch *b, const void *p, size_t n)
{
	char *to = b->bytes + b->used;

	assert(n <= sizeof(b->bytes) - b->used);
	if (n)
		memcpy(to, p, n);
	b->used += n;
	return to;
}

void closer_add(struct closer *c, struct closer_file *f)
{
	size_t name_size = strlen(f->name) + 1;
	struct batch *b = c->batch;

	if (b && (b->n_files == BATCH_FILES ||
		  name_size + f->n > sizeof(b->bytes) - b->used))
		push(c);
	if (!c->batch) {
		c->batch = ring_slot(c->ring);
		c->batch->n_files = 0;
		c->batch->used = 0;
	}
	b = c->batch;
	struct closer_file *to = &b->files[b->n_files++];

	*to = *f;
	to->name = keep(b, f->name, name_size);
	to->data = keep(b, f->data, f->n);
	f->fd = -1;
}

bool closer_failed(const struct closer *c)
{
	return atomic_load(&c->has_failed);
}

int closer_wait(struct closer *c, struct err *e)
{
	settle(c);
	if (!atomic_load(&c->has_failed))
		return 0;
	*e = c->error;
	return -1;
}
