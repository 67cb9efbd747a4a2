/* pipeline.c - the stages of reading layers, each at its own pace, joined by a
 * ring.
 * SPDX-License-Identifier: Apache-2.0
 *
 *	decode thread   source -> blob sum, size -> codec -> ring
 *	hash thread     ring -> sum of the plain tar (only if a diff_id is
 *	                given)
 *	caller          ring -> tar entries -> whoever wants them
 *
 * The first two and their ring are a lane, and there are a few of them: lane i
 * has every n-th layer from the i-th. Layers are given in order, so those of
 * other lanes are decoded ahead as far as their rings have room. A layer's last
 * slot is marked. Who fails stops all: the first to do so tells the cause, the
 * others end without an error of their own.
 */
#include "config.h"

#include "layer/pipeline.h"

#include "base/mem.h"
#include "base/pool.h"
#include "base/ring.h"
#include "layer/codec.h"
#include "layer/tarread.h"

#include <stdatomic.h>
#include <string.h>

/* Slots are big enough that waking a thread costs nothing per byte, small
 * enough that what is under way stays in the caches. */
#define SLOT_BYTES ((size_t)256 << 10)
#define SLOTS_MAX 32 /* of a lane */
#define SLOTS_ALL 64 /* of all lanes */
#define LANES_MAX 4
#define INPUT_BYTES ((size_t)256 << 10)

enum mark {
	MARK_NONE,
	MARK_LAYER_END,
};

enum reader {
	READER_GIVE,
	READER_HASH,
};

struct lane {
	struct pipeline *p;
	size_t first; /* of its layers */
	struct ring *ring;
};

struct pipeline {
	const struct layer_source *layers;
	size_t n_layers;
	struct lane lanes[LANES_MAX];
	size_t n_lanes;
	struct pool *pool;
	pipeline_give *give;
	void *ctx;
	atomic_bool is_stopped;
};

/* The decode thread's view of one layer. */
struct input {
	struct ring *ring;
	const struct layer_source *layer;
	struct codec *codec; /* NULL: not yet known */
	struct hash *hash;   /* of the blob, or NULL */
	uint64_t total;      /* bytes read */
	char *slot;          /* being filled, or NULL */
	size_t filled;
};

static void input_clear(struct input *in)
{
	if (in->codec)
		codec_free(in->codec);
	if (in->hash)
		hash_free(in->hash);
}

AUTO_DEFINE(input, struct input, input_clear)

/* Next bytes of the blob, at least WANT of them unless it ends; their number,
 * or -1. */
static ssize_t fetch(struct input *in, char *buffer, size_t want, struct err *e)
{
	const struct layer_source *l = in->layer;
	size_t got = 0;

	while (got < want) {
		ssize_t n = l->read(l->ctx, buffer + got, INPUT_BYTES - got, e);

		if (n < 0)
			return -1;
		if (!n)
			break;
		got += (size_t)n;
	}
	in->total += got;
	if (in->total > l->size)
		return err_set(e, ERR_DIGEST, "expected %llu bytes, got more",
			       (unsigned long long)l->size);
	if (in->hash)
		hash_add(in->hash, buffer, got);
	return (ssize_t)got;
}

/* Decode N bytes into the ring. -1 without an error if it was cancelled. */
static int decode(struct input *in, const void *p, size_t n, struct err *e)
{
	struct ring *ring = in->ring;
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
			ring_push(ring, in->filled, MARK_NONE);
			in->slot = NULL;
			in->filled = 0;
		}
	} while (n || is_full);
	return 0;
}

static int check_sum(struct hash *h, enum hash_algo algo, const char *want,
		     const char *what, struct err *e)
{
	const char *name = algo == HASH_SHA512 ? "sha512" : "sha256";
	char got[HASH_HEX_MAX];

	hash_hex(h, got);
	if (!strcmp(got, want))
		return 0;
	return err_set(e, ERR_DIGEST, "%s: expected %s:%s, got %s:%s", what,
		       name, want, name, got);
}

/* The blob has ended: is it what it should be? The layer counts as applied only
 * with the mark, which comes after all checks. */
static int finish_input(struct input *in, struct err *e)
{
	const struct layer_source *l = in->layer;

	if (in->total != l->size)
		return err_set(e, ERR_DIGEST, "expected %llu bytes, got %llu",
			       (unsigned long long)l->size,
			       (unsigned long long)in->total);
	if (in->hash &&
	    check_sum(in->hash, l->blob_algo, l->blob_hex, "digest", e))
		return -1;
	if (codec_end(in->codec, e))
		return -1;
	if (!in->slot && !(in->slot = ring_slot(in->ring)))
		return -1;
	ring_push(in->ring, in->filled, MARK_LAYER_END);
	return 0;
}

static int decode_layer(struct ring *ring, const struct layer_source *l,
			char *buffer, struct err *e)
{
	AUTO(input) struct input in = { .ring = ring, .layer = l };
	ssize_t n;

	if (l->blob_hex)
		in.hash = hash_new(l->blob_algo);
	n = fetch(&in, buffer, CODEC_PROBE, e);
	if (n < 0)
		return -1;
	in.codec = codec_new(buffer, (size_t)n, e);
	if (!in.codec)
		return -1;
	while (n > 0) {
		if (decode(&in, buffer, (size_t)n, e))
			return -1;
		n = fetch(&in, buffer, 1, e);
	}
	return n < 0 ? -1 : finish_input(&in, e);
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
	for (size_t i = 0; i < p->n_lanes; i++)
		ring_cancel(p->lanes[i].ring);
	if (layer && e->kind != ERR_NONE)
		err_ctx(e, "%s", layer->name);
	return -1;
}

static int decode_main(void *arg, struct err *e)
{
	const struct lane *lane = arg;
	struct pipeline *p = lane->p;
	autostr char *buffer = xmalloc(INPUT_BYTES);

	for (size_t i = lane->first; i < p->n_layers; i += p->n_lanes)
		if (decode_layer(lane->ring, &p->layers[i], buffer, e))
			return stop(p, &p->layers[i], e);
	return 0;
}

static int hash_layer(struct ring *ring, const struct layer_source *l,
		      struct err *e)
{
	AUTO(hash) struct hash *h = l->diff_hex ? hash_new(l->diff_algo) : NULL;
	int mark = MARK_NONE;

	while (mark != MARK_LAYER_END) {
		const void *data;
		size_t n;

		if (!ring_next(ring, READER_HASH, &data, &n, &mark))
			return -1;
		if (h)
			hash_add(h, data, n);
		ring_release(ring, READER_HASH);
	}
	return h ? check_sum(h, l->diff_algo, l->diff_hex, "diff_id", e) : 0;
}

static int hash_main(void *arg, struct err *e)
{
	const struct lane *lane = arg;
	struct pipeline *p = lane->p;

	for (size_t i = lane->first; i < p->n_layers; i += p->n_lanes)
		if (hash_layer(lane->ring, &p->layers[i], e))
			return stop(p, &p->layers[i], e);
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

	(void)e;
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
	struct output out = { .ring = p->lanes[i % p->n_lanes].ring };
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

static bool has_diff(const struct layer_source *layers, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (layers[i].diff_hex)
			return true;
	return false;
}

/* More lanes than processors would only take turns. */
static void lanes_new(struct pipeline *p, bool has_hash)
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
			.ring = ring_new(slots, SLOT_BYTES, has_hash ? 2 : 1),
		};
}

static int start(struct pipeline *p, bool has_hash, struct err *e)
{
	for (size_t i = 0; i < p->n_lanes; i++) {
		struct lane *l = &p->lanes[i];

		if (pool_start(p->pool, decode_main, l, e) ||
		    (has_hash && pool_start(p->pool, hash_main, l, e)))
			return stop(p, NULL, e);
	}
	return 0;
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
	for (size_t i = 0; i < p->n_lanes; i++)
		ring_free(p->lanes[i].ring);
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
		.give = give,
		.ctx = ctx,
	};
	bool has_hash = has_diff(layers, n);
	struct err cause = { 0 };

	lanes_new(&p, has_hash);
	int failed = start(&p, has_hash, e) || give_layers(&p, e);

	if (failed)
		cancel_sources(&p);
	if (pool_join(p.pool, &cause) && (!failed || e->kind == ERR_NONE)) {
		*e = cause;
		failed = true;
	}
	return failed ? -1 : 0;
}
