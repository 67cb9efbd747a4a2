/* xfer.h - one blob on its way: the requests it takes, its running sum, what
 * is in its file. The part of fetch.c that knows one transfer only.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef REGISTRY_XFER_H
#define REGISTRY_XFER_H

#include "base/hash.h"
#include "registry/client.h"
#include "registry/item.h"

/* What is to be done after a request has ended. */
enum xfer_next {
	XFER_FAILED = -1, /* give up; the error is set */
	XFER_DONE = 0,    /* complete and verified */
	XFER_AGAIN,       /* next request at once: redirect, new token */
	XFER_BROKEN,      /* next request after a pause, if there are tries
			   * left; the error says what happened */
};

struct xfer {
	struct client *client;
	int (*between)(void *ctx, struct err *e);
	void *ctx;
	struct fetch_item *item; /* NULL: free */
	CURL *easy;              /* used for all requests */
	struct curl_slist *fields;
	struct http_head head;
	struct hash *hash;   /* of the first `at` bytes */
	char *origin;        /* URL at the registry */
	char *url;           /* asked now */
	uint64_t at;         /* bytes hashed and written */
	uint64_t top;        /* the most `at` has been */
	uint64_t told;       /* last given to item->progress */
	uint64_t broke_at;   /* `top` at the last break */
	int hops;            /* redirects followed */
	int refusals;        /* in a row, of this item */
	unsigned generation; /* of the token sent */
	bool running;        /* in the multi handle */
	bool judged;         /* the answer's fields were looked at */
	bool wanted;         /* it carries the bytes from `at` on */
	bool failed;         /* a callback did, and says why in `err` */
	struct err err;
	struct str refusal; /* body of an answer that is not the blob, cut */
	char detail[CURL_ERROR_SIZE];
};

/* Ready for any number of items of C. BETWEEN is called before each write,
 * since libcurl may go on for long when bytes keep coming; -1 with its error
 * stops the transfer. */
MUST_CHECK int xfer_init(struct xfer *x, struct client *c,
			 int (*between)(void *ctx, struct err *e), void *ctx,
			 struct err *e);
void xfer_clear(struct xfer *x);
/* Take on ITEM. */
void xfer_begin(struct xfer *x, struct fetch_item *item);
/* Set x->easy up for the next request. */
MUST_CHECK int xfer_request(struct xfer *x, struct err *e);
/* The request ended with CODE. */
enum xfer_next xfer_ended(struct xfer *x, CURLcode code, struct err *e);
/* Tell the item's owner how far it is, if that is news. */
void xfer_tell(struct xfer *x);

#endif
