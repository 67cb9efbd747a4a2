/* pipeline.c - the stages of reading layers, each at its own pace, joined by a
 * ring.
 * SPDX-License-Identifier: Apache-2.0
 *
 *	decode thread   source -> size -> ring of blobs -> codec -> ring of tar
 *	sums threads    both rings -> digests (where one is given; sums.h)
 *	caller          ring of tar -> tar entries -> whoever wants them
 *
 * A decode thread and its rings are a lane, and there are a few of them: lane i
 * has every n-th layer from the i-th. Layers are given in order, so those of
 * other lanes are decoded ahead as far as their rings have room. A layer's last
 * slot is marked. Who fails stops all: the first to do so tells the cause, the
 * others end without an error of their own.
 */
#include "config.h"

#include "layer/pipeline.h"

#include "base/gate.h"
#include "base/intr.h"
#include "base/pool.h"
#include "base/ring.h"
#include "layer/codec.h"
#include "layer/sums.h"
#include "layer/tarread.h"

#include <stdatomic.h>
#include <string.h>

/* Slots are big enough that waking a thread costs nothing per byte, small
 * enough that what is under way stays in the caches. */
#define SLOT_BYTES ((size_t)512 << 10)
#define SLOTS_MAX 16 /* of a lane */
#define SLOTS_ALL 32 /* of all lanes */
#define LANES_MAX 4
#define BLOB_SLOTS 4

enum mark {
	MARK_NONE,
	MARK_LAYER_END,
};

enum reader {
	READER_GIVE, /* of tar */
	READER_DECODE = READER_GIVE, /* of blobs */
	READER_SUM,
};

struct lane {
	struct pipeline *p;
	size_t first; /* of its layers */
	struct ring *blobs;
	struct ring *tar;
	struct gate *good; /* passes the layers whose blob's sum is right */
};

#define STREAMS_MAX (2 * (size_t)LANES_MAX)

/* What one sums thread has. */
struct summing {
	struct pipeline *p;
	struct sums_stream streams[STREAMS_MAX];
	size_t n;
};

struct pipeline {
	const struct layer_source *layers;
	size_t n_layers;
	bool has_blob; /* sums are wanted of some blobs, */
	bool has_diff; /* of some tars */
	struct lane lanes[LANES_MAX];
	size_t n_lanes;
	struct summing summing[STREAMS_MAX];
	size_t n_summing;
	struct gate *bell;      /* for the sums threads */
	atomic_uint_fast64_t n_pushed; /* slots, into any ring */
	struct pool *pool;
	pipeline_give *give;
	void *ctx;
	atomic_bool is_stopped;
};

/* The decode thread's view of one layer. */
struct input {
	struct lane *lane;
	size_t layer;
	const struct layer_source *source;
	struct codec *codec; /* NULL: not yet known */
	uint64_t total;      /* bytes read */
	char *slot;          /* of the tar, being filled, or NULL */
	size_t filled;
};

static void input_clear(struct input *in)
{
	if (in->codec)
		codec_free(in->codec);
}

AUTO_DEFINE(input, struct input, input_clear)

static void push(struct pipeline *p, struct ring *r, size_t n, enum mark mark)
{
	ring_push(r, n, mark);
	if (p->n_summing)
		gate_raise(p->bell, atomic_fetch_add(&p->n_pushed, 1) + 1);
}

static int check_size(const struct input *in, bool is_end, struct err *e)
{
	unsigned long long want = in->source->size;

	if (in->total > want)
		return err_set(e, ERR_DIGEST, "expected %llu bytes, got more",
			       want);
	if (is_end && in->total != want)
		return err_set(e, ERR_DIGEST, "expected %llu bytes, got %llu",
			       want, (unsigned long long)in->total);
	return 0;
}

/* Next bytes of the blob, at least WANT of them unless it ends; their number,
 * or -1, without an error if it was cancelled. *P is the ring's until
 * ring_release. */
static ssize_t fetch(struct input *in, const void **p, size_t want,
		     struct err *e)
{
	const struct layer_source *l = in->source;
	struct ring *ring = in->lane->blobs;
	char *slot = ring_slot(ring);
	size_t got = 0;
	int mark;

	while (slot && got < want) {
		ssize_t n = l->read(l->ctx, slot + got, SLOT_BYTES - got, e);

		if (n < 0)
			return -1;
		if (!n)
			break;
		got += (size_t)n;
	}
	in->total += got;
	if (!slot || check_size(in, !got, e))
		return -1;
	push(in->lane->p, ring, got, got ? MARK_NONE : MARK_LAYER_END);
	return ring_next(ring, READER_DECODE, p, &got, &mark) ? (ssize_t)got
							      : -1;
}

/* Decode N bytes into the ring. -1 without an error if it was cancelled. */
static int decode(struct input *in, const void *p, size_t n, struct err *e)
{
	struct ring *ring = in->lane->tar;
	bool is_full;

	do {
		size_t made;

		if (!in->slot && !(in->slot = ring_slot(ring)))
			return -1;
		if (codec_step(in->codec, &p, &n, in->slot + in->filled,
			       SLOT_BYTES - in->filled, &made, e))
			return -1;
		in->filled += made;
		is_full = in->filled == SLOT_BYTES;
		if (is_full) {
			push(in->lane->p, ring, in->filled, MARK_NONE);
			in->slot = NULL;
			in->filled = 0;
		}
	} while (n || is_full);
	return 0;
}

/* The blob has ended: did its content, too? A wrong digest is the reason of
 * whatever else is wrong, so its sum is waited for; who finds it has told. The
 * layer counts as applied only with the mark. */
static int finish_input(struct input *in, struct err *e)
{
	struct lane *lane = in->lane;
	int failed = codec_end(in->codec, e);
	uint64_t n;

	if (lane->p->has_blob && !gate_wait(lane->good, in->layer, &n)) {
		*e = (struct err){ 0 };
		return -1;
	}
	if (failed || (!in->slot && !(in->slot = ring_slot(lane->tar))))
		return -1;
	push(lane->p, lane->tar, in->filled, MARK_LAYER_END);
	return 0;
}

static int decode_layer(struct lane *lane, size_t i, struct err *e)
{
	AUTO(input)
	struct input in = {
		.lane = lane,
		.layer = i,
		.source = &lane->p->layers[i],
	};
	const void *p;
	ssize_t n = fetch(&in, &p, CODEC_PROBE, e);

	if (n < 0)
		return -1;
	in.codec = codec_new(p, (size_t)n, e);
	if (!in.codec)
		return -1;
	while (n > 0) {
		if (decode(&in, p, (size_t)n, e))
			return -1;
		ring_release(lane->blobs, READER_DECODE);
		n = fetch(&in, &p, 1, e);
	}
	if (n < 0)
		return -1;
	ring_release(lane->blobs, READER_DECODE);
	return finish_input(&in, e);
}

/* What a stage of LAYER returns: if it is the first to fail, all others are
 * stopped and its error is the cause, with the layer's name before it. Later
 * errors may only be due to that, a source's for instance that was told to
 * give up. */
static int stop(struct pipeline *p, const struct layer_source *layer,
		struct err *e)
{
	if (atomic_exchange(&p->is_stopped, true)) {
		*e = (struct err){ 0 };
		return -1;
	}
	for (size_t i = 0; i < p->n_lanes; i++) {
		ring_cancel(p->lanes[i].blobs);
		ring_cancel(p->lanes[i].tar);
		gate_cancel(p->lanes[i].good);
	}
	gate_cancel(p->bell);
	if (layer && layer->name && e->kind != ERR_NONE)
		err_ctx(e, "%s", layer->name);
	return -1;
}

static int decode_main(void *arg, struct err *e)
{
	struct lane *lane = arg;
	struct pipeline *p = lane->p;

	for (size_t i = lane->first; i < p->n_layers; i += p->n_lanes)
		if (decode_layer(lane, i, e))
			return stop(p, &p->layers[i], e);
	return 0;
}

static int sums_main(void *arg, struct err *e)
{
	struct summing *s = arg;
	struct pipeline *p = s->p;
	size_t bad = 0;

	if (sums_run(s->streams, s->n, p->layers, p->n_layers, p->bell, &bad,
		     e))
		return stop(p, &p->layers[bad], e);
	return 0;
}

/* One layer's plain bytes, as the tar reader wants them. */
struct output {
	struct ring *ring;
	bool is_held;  /* the slot given out last */
	bool is_ended; /* the mark was seen */
};

/* A cancelled ring has no error: who cancelled it has. */
static int next_block(void *ctx, const void **p, size_t *n, struct err *e)
{
	struct output *out = ctx;
	int mark;

	if (intr_check(e))
		return -1;
	for (;;) {
		if (out->is_held)
			ring_release(out->ring, READER_GIVE);
		out->is_held = false;
		*n = 0;
		if (out->is_ended)
			return 0;
		if (!ring_next(out->ring, READER_GIVE, p, n, &mark))
			return -1;
		out->is_held = true;
		out->is_ended = mark == MARK_LAYER_END;
		if (*n)
			return 0;
	}
}

/* What stands behind the archive's end is passed over, but it is part of the
 * diff_id. */
static int drain(struct output *out, struct err *e)
{
	const void *p;
	size_t n;

	do {
		if (next_block(out, &p, &n, e))
			return -1;
	} while (n);
	return 0;
}

static int give_layer(struct pipeline *p, size_t i, struct err *e)
{
	struct output out = { .ring = p->lanes[i % p->n_lanes].tar };
	AUTO(tarread) struct tarread *r = tarread_new(next_block, &out);
	struct entries entries = tarread_entries(r);

	if (p->give(p->ctx, i, &entries, e))
		return -1;
	return drain(&out, e);
}

static int give_layers(struct pipeline *p, struct err *e)
{
	for (size_t i = 0; i < p->n_layers; i++)
		if (give_layer(p, i, e))
			return stop(p, &p->layers[i], e);
	return 0;
}

/* More lanes than processors would only take turns. */
static void lanes_new(struct pipeline *p)
{
	size_t n = pool_processors();

	n = n < LANES_MAX ? n : LANES_MAX;
	n = n < p->n_layers ? n : p->n_layers;
	p->n_lanes = n ? n : 1;
	unsigned slots = (unsigned)(SLOTS_ALL / p->n_lanes);

	slots = slots < SLOTS_MAX ? slots : SLOTS_MAX;
	for (size_t i = 0; i < p->n_lanes; i++)
		p->lanes[i] = (struct lane){
			.p = p,
			.first = i,
			.blobs = ring_new(BLOB_SLOTS, SLOT_BYTES,
					  p->has_blob ? 2 : 1),
			.tar = ring_new(slots, SLOT_BYTES, p->has_diff ? 2 : 1),
			.good = gate_new(),
		};
}

/* One of the streams that LANE has, to the thread that has the fewest. */
static void add_stream(struct pipeline *p, const struct lane *lane,
		       bool is_blob)
{
	struct summing *s = &p->summing[0];

	for (size_t i = 1; i < p->n_summing; i++)
		if (p->summing[i].n < s->n)
			s = &p->summing[i];
	s->p = p;
	s->streams[s->n++] = (struct sums_stream){
		.ring = is_blob ? lane->blobs : lane->tar,
		.reader = READER_SUM,
		.is_blob = is_blob,
		.layer = lane->first,
		.step = p->n_lanes,
		.good = is_blob ? lane->good : NULL,
	};
}

static void sums_new(struct pipeline *p)
{
	size_t n = p->n_lanes * ((size_t)p->has_blob + p->has_diff);
	size_t each = sums_per_thread();

	p->n_summing = (n + each - 1) / each;
	for (size_t i = 0; i < p->n_lanes; i++) {
		if (p->has_blob)
			add_stream(p, &p->lanes[i], true);
		if (p->has_diff)
			add_stream(p, &p->lanes[i], false);
	}
}

static int start(struct pipeline *p, struct err *e)
{
	int bad = 0;

	for (size_t i = 0; i < p->n_lanes && !bad; i++)
		bad = pool_start(p->pool, decode_main, &p->lanes[i], e);
	for (size_t i = 0; i < p->n_summing && !bad; i++)
		bad = pool_start(p->pool, sums_main, &p->summing[i], e);
	return bad ? stop(p, NULL, e) : 0;
}

/* A read may be waiting for bytes that nobody wants any more. */
static void cancel_sources(const struct pipeline *p)
{
	for (size_t i = 0; i < p->n_layers; i++)
		if (p->layers[i].cancel)
			p->layers[i].cancel(p->layers[i].ctx);
}

/* After all threads have ended. */
static void pipeline_clear(struct pipeline *p)
{
	pool_free(p->pool);
	for (size_t i = 0; i < p->n_lanes; i++) {
		ring_free(p->lanes[i].blobs);
		ring_free(p->lanes[i].tar);
		gate_free(p->lanes[i].good);
	}
	gate_free(p->bell);
}

AUTO_DEFINE(pipeline, struct pipeline, pipeline_clear)

int pipeline_run(const struct layer_source *layers, size_t n,
		 pipeline_give *give, void *ctx, struct err *e)
{
	AUTO(pipeline)
	struct pipeline p = {
		.layers = layers,
		.n_layers = n,
		.pool = pool_new(),
		.bell = gate_new(),
		.give = give,
		.ctx = ctx,
	};
	struct err cause = { 0 };

	for (size_t i = 0; i < n; i++) {
		p.has_blob = p.has_blob || layers[i].blob_hex;
		p.has_diff = p.has_diff || layers[i].diff_hex;
	}
	lanes_new(&p);
	sums_new(&p);
	int failed = start(&p, e) || give_layers(&p, e);

	if (failed)
		cancel_sources(&p);
	if (pool_join(p.pool, &cause) && (!failed || e->kind == ERR_NONE)) {
		*e = cause;
		failed = true;
	}
	return failed ? -1 : 0;
}
