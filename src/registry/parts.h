/* parts.h - one blob on its way, in one part or in several: what has arrived,
 * who fetches what, the sum over the bytes in order. No networking.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The pieces lie side by side in order, from the first byte that is not in the
 * file to the end of the blob. A piece is given to one transfer at a time. As
 * long as the blob comes in one stream there is one piece; after a split, what
 * nobody fetches yet is the last, and each taker cuts a piece from its front.
 */
#ifndef REGISTRY_PARTS_H
#define REGISTRY_PARTS_H

#include "base/hash.h"
#include "registry/item.h"

#include <stdbool.h>

/* When and how a blob is split. */
struct parts_plan {
	uint64_t piece;     /* bytes of a piece */
	int64_t worth_ms;   /* time left, at least, to be worth it */
	uint64_t fast_rate; /* bytes per second that one stream brings: then
			     * others would not bring more */
};
#define PARTS_PLAN_DEFAULT                                                    \
	{                                                                     \
		.piece = 16u << 20, .worth_ms = 2000, .fast_rate = 64u << 20, \
	}

struct piece {
	uint64_t from, to;
	uint64_t at; /* arrived up to here */
	bool taken;  /* by a transfer */
	struct piece *next;
};

struct parts {
	struct fetch_item *item;
	struct piece *first;
	struct hash *hash;       /* of the first `summed` bytes */
	uint64_t summed;         /* at most parts_prefix */
	uint64_t have;           /* of them from an earlier run, or 0 */
	uint64_t received;       /* in the file, wherever */
	uint64_t top;            /* the most `received` has been */
	uint64_t broke_at;       /* `top` at the last break */
	uint64_t told, told_all; /* last given to item->progress */
	uint64_t arrived;        /* over the network, since `since_ms` */
	int64_t since_ms;        /* when the first byte came; 0: not yet */
	char *etag;              /* of the first answer that had a strong one */
	bool split;              /* in several pieces */
	bool no_ranges;          /* several are not to be asked for */
	bool changed;            /* it began anew for another ETag */
	bool anew;               /* it began anew: no ranges any more */
};

/* Begin with ITEM, and with what it has; zero *P before. */
MUST_CHECK int parts_begin(struct parts *p, struct fetch_item *item,
			   struct err *e);
void parts_clear(struct parts *p);

/* The bytes from the start that are in the file. */
uint64_t parts_prefix(const struct parts *p);
/* Is C all that is not there yet? */
bool parts_is_sole(const struct parts *p, const struct piece *c);
/* A piece for a transfer that would be at the front and that nobody fetches, or
 * NULL. */
struct piece *parts_front(struct parts *p, const struct parts_plan *plan);
/* One more piece beside those that are being fetched, MAX in all, if ranges are
 * good for this blob and worth it at NOW_MS; or NULL. */
struct piece *parts_more(struct parts *p, const struct parts_plan *plan,
			 int max, int64_t now_ms);
/* The transfer of C has ended. */
void parts_release(struct parts *p, struct piece *c);

/* N bytes at BYTES arrived for C, at C->at: to the file, and into the sum if
 * they are next in order. */
MUST_CHECK int parts_write(struct parts *p, struct piece *c, const void *bytes,
			   size_t n, struct err *e);
/* Are there bytes that have to be read back for the sum? */
bool parts_lags(const struct parts *p);
/* Sum up a few MiB of them. */
MUST_CHECK int parts_sum(struct parts *p, struct err *e);
/* Is all there and summed up, and no transfer left? */
bool parts_complete(const struct parts *p);
/* Is the sum right? ERR_DIGEST if not; it is spent either way. */
MUST_CHECK int parts_verify(struct parts *p, struct err *e);

/* Ranges are no good: what lies behind the front is forgotten, and no second
 * transfer starts any more. Only the front may be taken. */
void parts_join(struct parts *p);
/* Nothing is had any more. Only the front may be taken. All comes in one stream
 * then: a reader that was told of more goes on meanwhile, and may give back to
 * the file system what would have to be read for the sum. */
void parts_restart(struct parts *p);
/* Note ETAG (or NULL) of an answer that carries bytes from AT on. False if the
 * blob is not the one that was begun: restart. That happens once, since hosts
 * of one name may differ in nothing but the ETag; the digest decides. */
bool parts_same(struct parts *p, const char *etag, uint64_t at);
/* Another host will send the rest. */
void parts_moved(struct parts *p);
/* Tell the item's owner how far it is if that is news: any, or SOME (256 KiB).
 */
void parts_tell(struct parts *p);
void parts_tell_some(struct parts *p);

#endif
