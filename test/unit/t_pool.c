/* t_pool.c - tests of base/pool.c, base/ring.c and base/gate.c.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/gate.h"
#include "base/pool.h"
#include "base/ring.h"

#include "tap.h"

#include <signal.h>
#include <stdatomic.h>

/* One producer and up to four readers of numbered slots. */
#define SLOT_BYTES 64
#define N_SLOTS 5000
#define END_MARK 9

struct line {
	struct ring *ring;
	unsigned reader;
	unsigned stop_at; /* fail there; 0 never */
	uint64_t sum;
};

static int produce(void *arg, struct err *e)
{
	struct line *l = arg;

	for (unsigned i = 1; i <= N_SLOTS; i++) {
		unsigned char *slot = ring_slot(l->ring);

		if (!slot)
			return -1;
		if (i == l->stop_at) {
			err_set(e, ERR_DIGEST, "the cause");
			ring_cancel(l->ring);
			usleep(20000); /* the others end before us */
			return -1;
		}
		memset(slot, (int)(i & 255), i % (SLOT_BYTES + 1));
		ring_push(l->ring, i % (SLOT_BYTES + 1), i % 7 == 0);
	}
	if (!ring_slot(l->ring))
		return -1;
	ring_push(l->ring, 0, END_MARK);
	return 0;
}

static bool is_right(unsigned i, const unsigned char *data, size_t len,
		     int mark)
{
	if (len != i % (SLOT_BYTES + 1) || mark != (i % 7 == 0))
		return false;
	for (size_t k = 0; k < len; k++)
		if (data[k] != (i & 255))
			return false;
	return true;
}

static int consume(void *arg, struct err *e)
{
	struct line *l = arg;
	const void *data;
	size_t len;
	int mark;

	for (unsigned i = 1;; i++) {
		if (!ring_next(l->ring, l->reader, &data, &len, &mark))
			return -1;
		if (mark == END_MARK)
			return i == N_SLOTS + 1
				       ? 0
				       : err_set(e, ERR_SYS, "end after %u", i);
		if (!is_right(i, data, len, mark))
			return err_set(e, ERR_FORMAT, "slot %u differs", i);
		l->sum += i;
		if (i % 1000 == 0 && l->reader == 0)
			usleep(1000); /* one is slower than the others */
		ring_release(l->ring, l->reader);
	}
}

static void run_ring(unsigned slots, unsigned readers, unsigned stop_at)
{
	AUTO(ring) struct ring *ring = ring_new(slots, SLOT_BYTES, readers);
	AUTO(pool) struct pool *pool = pool_new();
	struct line lines[5] = { 0 };
	struct err e = { 0 };
	uint64_t want = (uint64_t)N_SLOTS * (N_SLOTS + 1) / 2;

	for (unsigned i = 0; i < readers; i++) {
		lines[i] = (struct line){ .ring = ring, .reader = i };
		if (pool_start(pool, consume, &lines[i], &e))
			abort();
	}
	lines[4] = (struct line){ .ring = ring, .stop_at = stop_at };
	if (pool_start(pool, produce, &lines[4], &e))
		abort();
	int rc = pool_join(pool, &e);

	ok(pool_done(pool), "all threads have ended");
	if (stop_at) {
		is_num(rc, -1, "a producer that fails");
		is_num(e.kind, ERR_DIGEST, "its error");
		is(e.msg, "the cause", "and not what the others met");
		ok(pool_failed(pool), "the pool knows");
		return;
	}
	ok(!rc, "%u slots, %u readers %s", slots, readers, e.msg);
	ok(!pool_failed(pool), "nobody failed");
	for (unsigned i = 0; i < readers; i++)
		ok(lines[i].sum == want, "reader %u saw all", i);
}

static void test_cancelled(void)
{
	AUTO(ring) struct ring *ring = ring_new(2, 8, 1);
	const void *data;
	size_t len;
	int mark;
	void *slot = ring_slot(ring);

	ok(slot && slot == ring_slot(ring), "a slot stays ours until pushed");
	ok(!ring_try(ring, 0, &data, &len, &mark), "there is none to read");
	ring_push(ring, 8, 3);
	ok(ring_try(ring, 0, &data, &len, &mark) && data == slot && len == 8,
	   "there is one");
	ok(ring_next(ring, 0, &data, &len, &mark) && data == slot && len == 8 &&
		   mark == 3,
	   "and is what the reader gets");
	ring_cancel(ring);
	ring_cancel(ring);
	ok(!ring_slot(ring), "cancelled for the producer");
	ok(!ring_next(ring, 0, &data, &len, &mark), "and for the reader");
	ok(!ring_try(ring, 0, &data, &len, &mark), "that doesn't wait as well");
}

struct steps {
	struct gate *gate;
	atomic_uint_fast64_t seen;
	bool until_cancelled;
};

static int wait_steps(void *arg, struct err *e)
{
	struct steps *s = arg;
	uint64_t have = 0;

	while (s->until_cancelled || have < 1000) {
		uint64_t value = 0;

		if (!gate_wait(s->gate, have, &value))
			return -1;
		if (value <= have)
			return err_set(e, ERR_SYS, "went back");
		have = value;
		atomic_store(&s->seen, have);
	}
	return 0;
}

static void test_gate(bool until_cancelled)
{
	AUTO(gate) struct gate *gate = gate_new();
	AUTO(pool) struct pool *pool = pool_new();
	struct steps s[2] = { { .gate = gate }, { .gate = gate } };
	struct err e = { 0 };

	for (unsigned i = 0; i < 2; i++) {
		s[i].until_cancelled = until_cancelled;
		if (pool_start(pool, wait_steps, &s[i], &e))
			abort();
	}
	for (uint64_t i = 1; i <= 1000; i++) {
		gate_raise(gate, i);
		gate_raise(gate, i / 2);
	}
	if (!until_cancelled) {
		is_num(pool_join(pool, &e), 0, "gate opens by steps");
		is_num((long long)s[0].seen, 1000, "one waiter saw the end");
		is_num((long long)s[1].seen, 1000, "the other as well");
		return;
	}
	while (atomic_load(&s[0].seen) < 1000)
		usleep(1000);
	ok(!pool_done(pool), "waiters wait");
	gate_cancel(gate);
	is_num(pool_join(pool, &e), -1, "until it is cancelled");
	is(e.msg, "a thread stopped without an error", "nobody knows why");
}

static int check_mask(void *arg, struct err *e)
{
	sigset_t mask;

	(void)arg;
	pthread_sigmask(SIG_SETMASK, NULL, &mask);
	if (!sigismember(&mask, SIGTERM) || !sigismember(&mask, SIGALRM))
		return err_set(e, ERR_SYS, "signals are not blocked");
	return 0;
}

struct family {
	struct pool *pool;
	atomic_int children;
};

static int child(void *arg, struct err *e)
{
	struct family *f = arg;

	(void)e;
	usleep(20000);
	f->children++;
	return 0;
}

static int parent(void *arg, struct err *e)
{
	struct family *f = arg;

	return pool_start(f->pool, child, f, e) ||
	       pool_start(f->pool, child, f, e);
}

static void test_pool(void)
{
	struct family f = { 0 };
	struct family g = { 0 };
	struct err e = { 0 };
	sigset_t mask;
	AUTO(pool) struct pool *pool = pool_new();
	AUTO(pool) struct pool *unjoined = pool_new();

	f.pool = pool;
	ok(pool_done(pool) && !pool_failed(pool), "empty pool");
	is_num(pool_join(pool, &e), 0, "joins at once");
	is_num(pool_start(pool, check_mask, NULL, &e), 0, "start");
	is_num(pool_start(pool, parent, &f, &e), 0, "start");
	is_num(pool_join(pool, &e), 0, "join");
	is_num(f.children, 2, "threads started by threads were waited for");
	pthread_sigmask(SIG_SETMASK, NULL, &mask);
	ok(!sigismember(&mask, SIGTERM), "our own mask is as it was");
	is_num(pool_start(unjoined, child, &g, &e), 0, "free waits as well");
}

int main(void)
{
	run_ring(1, 1, 0);
	run_ring(2, 2, 0);
	run_ring(8, 4, 0);
	run_ring(4, 3, 1234);
	test_cancelled();
	test_gate(false);
	test_gate(true);
	test_pool();
	return tap_done();
}
