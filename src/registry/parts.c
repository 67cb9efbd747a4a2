/* parts.c - one blob on its way, in one part or in several.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The sum needs the bytes in order. Those of the front go into it from where
 * they arrive; those of later pieces, and those of an earlier run, are read
 * back from the file when the sum gets there, in slices, so that transfers go
 * on in between. They mostly come from the page cache.
 *
 * When all starts anew, bytes that a reader may have consumed already are
 * written again. Should they differ from the first ones, nothing is lost: the
 * sum of what was written last decides about the file, and the reader checks
 * the sum of what it read.
 */
#include "config.h"

#include "registry/parts.h"

#include "base/clock.h"
#include "base/intr.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/str.h"
#include "registry/http.h"

#include <errno.h>
#include <string.h>

#define TELL_BYTES (256u << 10) /* news for readers in steps of this */
#define SLICE_BYTES (4u << 20)  /* summed up between two looks at the net */
#define BUFFER_BYTES (256u << 10)

static struct piece *piece_new(uint64_t from, uint64_t to)
{
	struct piece *c = xcalloc(1, sizeof *c);

	*c = (struct piece){ .from = from, .to = to, .at = from };
	return c;
}

static void free_after(struct piece *c)
{
	struct piece *next;

	for (struct piece *v = c->next; v; v = next) {
		next = v->next;
		free(v);
	}
	c->next = NULL;
}

static void sum_anew(struct parts *p)
{
	hash_free(p->hash);
	p->hash = hash_new(p->item->digest.algo);
	p->summed = 0;
}

int parts_begin(struct parts *p, struct fetch_item *item, struct err *e)
{
	p->item = item;
	p->first = piece_new(0, item->size);
	sum_anew(p);
	if (item->have > item->size) {
		if (ftruncate(item->fd, (off_t)item->size))
			return err_sys(e, "can't cut a file that is too long");
	} else {
		p->have = item->have;
	}
	p->first->at = p->have;
	p->received = p->top = p->broke_at = p->have;
	parts_tell(p);
	return 0;
}

void parts_clear(struct parts *p)
{
	if (p->first)
		free_after(p->first);
	free(p->first);
	hash_free(p->hash);
	free(p->etag);
	*p = (struct parts){ 0 };
}

/* The first piece that is not full, or the last one. */
static struct piece *front(const struct parts *p)
{
	struct piece *c = p->first;

	while (c->at == c->to && c->next)
		c = c->next;
	return c;
}

uint64_t parts_prefix(const struct parts *p)
{
	return front(p)->at;
}

bool parts_is_sole(const struct parts *p, const struct piece *c)
{
	return p->first == c && !c->next;
}

/* What is full is done with. */
static void trim(struct parts *p)
{
	struct piece *c;

	while ((c = p->first)->next && c->at == c->to && !c->taken) {
		p->first = c->next;
		free(c);
	}
}

/* Leave no more than N bytes from C->at on to C. */
static void cut(struct piece *c, uint64_t n)
{
	struct piece *rest;

	if (c->to - c->at <= n)
		return;
	rest = piece_new(c->at + n, c->to);
	rest->next = c->next;
	c->next = rest;
	c->to = rest->from;
}

static struct piece *take(struct parts *p, struct piece *c,
			  const struct parts_plan *plan)
{
	if (p->split)
		cut(c, plan->piece);
	c->taken = true;
	return c;
}

struct piece *parts_front(struct parts *p, const struct parts_plan *plan)
{
	struct piece *c = front(p);

	return c->taken || c->at == c->to ? NULL : take(p, c, plan);
}

/* Is what the one stream has left to do worth a split? */
static bool worth(const struct parts *p, const struct parts_plan *plan,
		  int64_t now_ms)
{
	const struct piece *c = p->first;
	uint64_t left = c->to - c->at, ms, rate;

	if (!p->since_ms || left <= 2 * plan->piece)
		return false;
	ms = (uint64_t)(now_ms - p->since_ms);
	if (ms * 4 < (uint64_t)plan->worth_ms) /* too early to tell */
		return false;
	rate = p->arrived * 1000 / (ms ? ms : 1) + 1;
	return rate < plan->fast_rate &&
	       left / rate >= (uint64_t)plan->worth_ms / 1000;
}

struct piece *parts_more(struct parts *p, const struct parts_plan *plan,
			 int max, int64_t now_ms)
{
	int n = 0;

	if (p->no_ranges)
		return NULL;
	trim(p);
	if (!p->split) {
		if (!p->first->taken || !worth(p, plan, now_ms))
			return NULL;
		p->split = true;
		cut(p->first, plan->piece);
	}
	for (struct piece *c = p->first; c && n <= max; c = c->next, n++)
		if (!c->taken && c->at < c->to)
			return n < max ? take(p, c, plan) : NULL;
	return NULL;
}

void parts_release(struct parts *p, struct piece *c)
{
	c->taken = false;
	trim(p);
}

int parts_write(struct parts *p, struct piece *c, const void *bytes, size_t n,
		struct err *e)
{
	if (!p->since_ms)
		p->since_ms = clock_ms();
	if (p->summed == c->at) {
		hash_add(p->hash, bytes, n);
		p->summed += n;
	}
	if (io_pwrite(p->item->fd, bytes, n, (off_t)c->at, "blob", e))
		return -1;
	c->at += n;
	p->arrived += n;
	p->received += n;
	if (p->received > p->top)
		p->top = p->received;
	parts_tell_some(p);
	return 0;
}

bool parts_lags(const struct parts *p)
{
	return p->summed < parts_prefix(p);
}

/* Up to N bytes of the file at P->summed. */
static ssize_t read_back(const struct parts *p, void *to, uint64_t n,
			 struct err *e)
{
	ssize_t got;

	if (n > BUFFER_BYTES)
		n = BUFFER_BYTES;
	do
		got = pread(p->item->fd, to, n, (off_t)p->summed);
	while (got < 0 && errno == EINTR && !intr_check(e));
	if (got < 0)
		return e->kind ? -1 : err_sys(e, "can't read a blob back");
	if (got == 0)
		return err_set(e, ERR_SYS,
			       "can't read a blob back: it is cut off");
	return got;
}

int parts_sum(struct parts *p, struct err *e)
{
	autostr char *buffer = xmalloc(BUFFER_BYTES);
	uint64_t end = parts_prefix(p);

	if (end - p->summed > SLICE_BYTES)
		end = p->summed + SLICE_BYTES;
	while (p->summed < end) {
		ssize_t n = read_back(p, buffer, end - p->summed, e);

		if (n < 0)
			return -1;
		hash_add(p->hash, buffer, (size_t)n);
		p->summed += (uint64_t)n;
		parts_tell_some(p);
	}
	return 0;
}

bool parts_complete(const struct parts *p)
{
	if (p->summed < p->item->size)
		return false;
	for (const struct piece *c = p->first; c; c = c->next)
		if (c->taken)
			return false;
	return true;
}

int parts_verify(struct parts *p, struct err *e)
{
	parts_tell(p);
	return digest_check(p->hash, &p->item->digest, e);
}

void parts_join(struct parts *p)
{
	struct piece *c = front(p);

	free_after(c);
	c->to = p->item->size;
	p->received = c->at;
	p->split = false;
	p->no_ranges = true;
	trim(p);
}

/* Bytes that may be read back for the sum are not for the owner yet, who may
 * give back to the file system what it has read. */
static uint64_t known(const struct parts *p)
{
	return p->summed > p->have ? p->summed : p->have;
}

void parts_tell(struct parts *p)
{
	if (known(p) == p->told && p->received == p->told_all)
		return;
	p->told = known(p);
	p->told_all = p->received;
	if (p->item->progress)
		p->item->progress(p->item->ctx, p->told, p->told_all);
}

void parts_restart(struct parts *p)
{
	struct piece *c = p->first;

	free_after(c);
	c->from = c->at = 0;
	c->to = p->item->size;
	p->received = p->have = 0;
	p->split = false;
	if (!p->anew) /* progress counts once more, not for ever */
		p->top = p->broke_at = 0;
	p->anew = p->no_ranges = true;
	sum_anew(p);
	parts_tell(p); /* else it may be the same number when told next */
}

bool parts_same(struct parts *p, const char *etag, uint64_t at)
{
	if (!etag || etag[0] != '"' ||
	    p->changed) /* W/: says nothing of bytes */
		return true;
	if (p->etag && at > 0) {
		p->changed = strcmp(p->etag, etag) != 0;
		return !p->changed;
	}
	free(p->etag);
	p->etag = xstrdup(etag);
	return true;
}

void parts_moved(struct parts *p)
{
	free(TAKE(p->etag));
	p->changed = false;
	p->no_ranges = p->anew;
	p->arrived = 0;
	p->since_ms = 0;
}

void parts_tell_some(struct parts *p)
{
	if (known(p) < p->told || known(p) - p->told >= TELL_BYTES ||
	    p->received < p->told_all ||
	    p->received - p->told_all >= TELL_BYTES)
		parts_tell(p);
}
