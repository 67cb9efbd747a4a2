/* encgzip.c - gzip encoding by zlib, chunk by chunk.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A chunk is deflated with the 32 KiB in front of it as its dictionary and ends
 * at a byte (Z_SYNC_FLUSH), so chunks put one behind the other are one stream,
 * hardly longer than one made in one go. Slots for chunks are used in turn. A
 * thread takes the next number there is and waits until that many chunks were
 * given; a slot's gate says when its chunk is done. The caller waits for the
 * oldest one when all slots are under way, and then fills its slot anew.
 */
#include "config.h"

#include "layer/encgzip.h"

#include "base/gate.h"
#include "base/mem.h"
#include "base/pool.h"

#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <zlib.h>

#define CHUNK_BYTES 131072
#define DICT_BYTES 32768 /* the window of deflate, RFC 1951 */
#define SLOTS 8          /* for each thread: 300 KiB each */
#define SLOTS_ALL 128    /* 38 MiB, whatever the machine */
#define THREADS_MAX 64   /* each has 256 KiB of zlib's */
#define OS_UNIX 3        /* RFC 1952, 2.3.1 */

struct slot {
	unsigned char dict[DICT_BYTES];
	unsigned char data[CHUNK_BYTES];
	uint32_t dict_len; /* the last bytes of dict */
	uint32_t len;
	bool is_last;
	struct gate *done;  /* passes the chunk's number when it is done */
	uint32_t crc;       /* of data */
	unsigned char *out; /* deflated */
	size_t out_len;
};

struct encgzip {
	int (*write)(void *ctx, const void *p, size_t n, struct err *e);
	void *ctx;
	int level;
	struct pool *pool;
	struct slot *slots; /* chunk number I is in slot I modulo N_SLOTS */
	unsigned n_slots;
	size_t bound;              /* bytes of a deflated chunk */
	struct gate *given;        /* chunks */
	atomic_uint_fast64_t next; /* chunk that a thread will work on */
	uint64_t n_given;
	uint64_t n_taken;
	struct slot *slot; /* that is filled */
	uint32_t crc;
	uint32_t size; /* modulo 2^32 */
	bool is_begun;
};

static void deflate_chunk(z_stream *z, struct slot *s, size_t bound)
{
	int flush = s->is_last ? Z_FINISH : Z_SYNC_FLUSH;

	deflateReset(z);
	if (s->dict_len)
		deflateSetDictionary(z, s->dict + DICT_BYTES - s->dict_len,
				     s->dict_len);
	z->next_in = s->data;
	z->avail_in = s->len;
	z->next_out = s->out;
	z->avail_out = (uInt)bound;
	int rc = deflate(z, flush);

	if (rc != (s->is_last ? Z_STREAM_END : Z_OK) || z->avail_in ||
	    !z->avail_out)
		mem_fail("a compressed chunk");
	s->out_len = bound - z->avail_out;
	s->crc = (uint32_t)crc32(0, s->data, s->len);
}

static int work(void *arg, struct err *e)
{
	struct encgzip *g = arg;
	z_stream z = { 0 };

	(void)e;
	/* Raw deflate; 15 and 8 are zlib's defaults. */
	if (deflateInit2(&z, g->level, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY))
		mem_fail("a compressor");
	for (;;) {
		uint64_t i = atomic_fetch_add(&g->next, 1);
		struct slot *s = &g->slots[i % g->n_slots];
		uint64_t given;

		if (!gate_wait(g->given, i, &given))
			break;
		deflate_chunk(&z, s, g->bound);
		gate_raise(s->done, i + 1);
	}
	deflateEnd(&z);
	return 0;
}

struct encgzip *encgzip_new(int level, unsigned threads,
			    int (*write)(void *ctx, const void *p, size_t n,
					 struct err *e),
			    void *ctx, struct err *e)
{
	AUTO(encgzip) struct encgzip *g = xcalloc(1, sizeof(*g));

	g->write = write;
	g->ctx = ctx;
	g->level = level;
	g->bound = deflateBound(NULL, CHUNK_BYTES) + 64;
	g->pool = pool_new();
	g->given = gate_new();
	if (threads > THREADS_MAX)
		threads = THREADS_MAX;
	g->n_slots = threads * SLOTS < SLOTS_ALL ? threads * SLOTS : SLOTS_ALL;
	g->slots = xcalloc(g->n_slots, sizeof(*g->slots));
	for (unsigned i = 0; i < g->n_slots; i++) {
		g->slots[i].done = gate_new();
		g->slots[i].out = xmalloc(g->bound);
	}
	for (unsigned i = 0; i < threads; i++)
		if (pool_start(g->pool, work, g, e))
			return NULL;
	return TAKE(g);
}

void encgzip_free(struct encgzip *g)
{
	gate_cancel(g->given);
	pool_free(g->pool);
	gate_free(g->given);
	for (unsigned i = 0; i < g->n_slots; i++) {
		gate_free(g->slots[i].done);
		free(g->slots[i].out);
	}
	free(g->slots);
	free(g);
}

/* All that could differ is left out: name, time. */
static int begin(struct encgzip *g, struct err *e)
{
	unsigned char header[10] = { 0x1f, 0x8b, Z_DEFLATED };

	if (g->is_begun)
		return 0;
	g->is_begun = true;
	header[8] = g->level == 9 ? 2 : g->level == 1 ? 4 : 0;
	header[9] = OS_UNIX;
	return g->write(g->ctx, header, sizeof(header), e);
}

/* The oldest chunk that is under way. */
static int take(struct encgzip *g, struct err *e)
{
	struct slot *s = &g->slots[g->n_taken % g->n_slots];
	uint64_t done;

	if (!gate_wait(s->done, g->n_taken, &done))
		return err_set(e, ERR_SYS, "a thread that compresses is gone");
	g->n_taken++;
	g->crc = (uint32_t)crc32_combine(g->crc, s->crc, (z_off_t)s->len);
	g->size += s->len;
	return g->write(g->ctx, s->out, s->out_len, e);
}

/* A slot to fill, whose dictionary is the end of the last chunk (LAST may be
 * NULL). */
static void next_slot(struct encgzip *g, const struct slot *last)
{
	struct slot *s = &g->slots[g->n_given % g->n_slots];

	s->len = 0;
	s->is_last = false;
	s->dict_len = last ? DICT_BYTES : 0;
	if (last)
		memcpy(s->dict, last->data + CHUNK_BYTES - DICT_BYTES,
		       DICT_BYTES);
	g->slot = s;
}

/* The chunk is full, or the last. */
static void give(struct encgzip *g)
{
	gate_raise(g->given, ++g->n_given);
}

static int hand_on(struct encgzip *g, struct err *e)
{
	const struct slot *full = g->slot;

	give(g);
	if (g->n_given - g->n_taken == g->n_slots && take(g, e))
		return -1;
	next_slot(g, full);
	return 0;
}

int encgzip_write(struct encgzip *g, const void *p, size_t n, struct err *e)
{
	const unsigned char *from = p;

	if (begin(g, e))
		return -1;
	if (!g->slot)
		next_slot(g, NULL);
	while (n > 0) {
		struct slot *s = g->slot;
		size_t room = CHUNK_BYTES - s->len;
		size_t step = n < room ? n : room;

		memcpy(s->data + s->len, from, step);
		s->len += (uint32_t)step;
		from += step;
		n -= step;
		if (s->len == CHUNK_BYTES && hand_on(g, e))
			return -1;
	}
	return 0;
}

int encgzip_end(struct encgzip *g, struct err *e)
{
	unsigned char trailer[8];

	if (encgzip_write(g, NULL, 0, e))
		return -1;
	g->slot->is_last = true;
	give(g);
	while (g->n_taken < g->n_given)
		if (take(g, e))
			return -1;
	for (int i = 0; i < 4; i++) {
		trailer[i] = (unsigned char)(g->crc >> 8 * i);
		trailer[4 + i] = (unsigned char)(g->size >> 8 * i);
	}
	return g->write(g->ctx, trailer, sizeof(trailer), e);
}
