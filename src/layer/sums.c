/* sums.c - the digests of streams: whichever two have something are taken
 * together.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Nobody waits for a second stream: where there is only one with data, it goes
 * alone, piece by piece. When the processors are busy, all have data.
 */
#include "config.h"

#include "layer/sums.h"

#include "format/digest.h"

#define PIECE ((size_t)64 << 10) /* taken alone before looking for another */
#define STREAMS 4                /* of a thread that takes two together */

size_t sums_per_thread(void)
{
	return hash_has_pairs() ? STREAMS : 1;
}

static void begin(struct sums_stream *s, const struct layer_source *layers)
{
	const struct layer_source *l = &layers[s->layer];

	if (s->is_blob && l->blob_hex)
		s->hash = hash_new(l->blob_algo);
	else if (!s->is_blob && l->diff_hex)
		s->hash = hash_new(l->diff_algo);
}

static int check(struct sums_stream *s, const struct layer_source *l,
		 struct err *e)
{
	struct digest want;

	if (s->is_blob)
		digest_set(&want, l->blob_algo, l->blob_hex);
	else
		digest_set(&want, l->diff_algo, l->diff_hex);
	if (digest_check(s->hash, &want, e))
		return err_ctx(e, s->is_blob ? "digest" : "diff_id");
	return 0;
}

/* The slot in hand is done. */
static int let_go(struct sums_stream *s, const struct layer_source *layers,
		  struct err *e)
{
	s->p = NULL;
	if (s->mark) {
		if (s->hash && check(s, &layers[s->layer], e))
			return -1;
		hash_free(s->hash);
		s->hash = NULL;
		if (s->good)
			gate_raise(s->good, s->layer + 1);
		s->layer += s->step;
	}
	ring_release(s->ring, s->reader);
	return 0;
}

/* See to it that S has a slot with bytes in hand that want summing. False:
 * there is nothing now. */
static int take(struct sums_stream *s, const struct layer_source *layers,
		size_t n_layers, bool *has, struct err *e)
{
	const void *p;

	*has = s->p != NULL;
	while (!*has && s->layer < n_layers) {

		if (!ring_try(s->ring, s->reader, &p, &s->n, &s->mark))
			return 0;
		if (!s->hash)
			begin(s, layers);
		s->p = p;
		*has = s->hash && s->n;
		if (!*has && let_go(s, layers, e))
			return -1;
	}
	return 0;
}

/* A piece of S, and of T as well if there is one. */
static void add(struct sums_stream *s, struct sums_stream *t)
{
	size_t n = s->n;

	if (t) {
		n = n < t->n ? n : t->n;
		hash_add_pair(s->hash, s->p, t->hash, t->p, n);
		t->p += n;
		t->n -= n;
	} else {
		n = n < PIECE ? n : PIECE;
		hash_add(s->hash, s->p, n);
	}
	s->p += n;
	s->n -= n;
}

/* The next two of the N streams, from FIRST on, that have something, or one, or
 * none. -1: *BAD is the layer. */
static int choose(struct sums_stream *s, size_t n, size_t first,
		  const struct layer_source *layers, size_t n_layers,
		  struct sums_stream *two[2], size_t *bad, struct err *e)
{
	size_t k = 0;

	two[0] = two[1] = NULL;
	for (size_t i = 0; i < n && k < 2; i++) {
		struct sums_stream *one = &s[(first + i) % n];
		bool has;

		if (take(one, layers, n_layers, &has, e)) {
			*bad = one->layer;
			return -1;
		}
		if (has)
			two[k++] = one;
	}
	return 0;
}

static bool have_ended(const struct sums_stream *s, size_t n, size_t n_layers)
{
	for (size_t i = 0; i < n; i++)
		if (s[i].layer < n_layers)
			return false;
	return true;
}

static int work(struct sums_stream *s, size_t n,
		const struct layer_source *layers, size_t n_layers,
		struct gate *bell, size_t *bad, struct err *e)
{
	uint64_t heard = 0;
	size_t first = 0;

	while (!have_ended(s, n, n_layers)) {
		struct sums_stream *two[2];

		if (choose(s, n, first, layers, n_layers, two, bad, e))
			return -1;
		if (two[0])
			add(two[0], two[1]);
		else if (!have_ended(s, n, n_layers) &&
			 !gate_wait(bell, heard, &heard))
			return -1;
		for (size_t k = 0; k < 2 && two[k]; k++) {
			*bad = two[k]->layer;
			if (!two[k]->n && let_go(two[k], layers, e))
				return -1;
			first = (size_t)(two[k] - s) + 1;
		}
	}
	return 0;
}

int sums_run(struct sums_stream *s, size_t n, const struct layer_source *layers,
	     size_t n_layers, struct gate *bell, size_t *bad, struct err *e)
{
	int rc = work(s, n, layers, n_layers, bell, bad, e);

	for (size_t i = 0; i < n; i++)
		hash_free(s[i].hash);
	return rc;
}
