/* xfer.h - one connection's work on a piece of a blob: the requests it takes
 * and what their answers mean. The part of fetch.c that knows one transfer
 * only. SPDX-License-Identifier: Apache-2.0
 */
#ifndef REGISTRY_XFER_H
#define REGISTRY_XFER_H

#include "registry/client.h"
#include "registry/parts.h"

/* What is to be done after a request has ended. */
enum xfer_next {
	XFER_FAILED = -1, /* give up; the error is set */
	XFER_DONE = 0,    /* the piece is full */
	XFER_AGAIN,       /* next request at once: redirect, new token */
	XFER_BROKEN,      /* next request after a pause, if there are tries
			   * left; the error says what happened */
	XFER_JOIN,        /* ranges are no good here: parts_join */
	XFER_ANEW,        /* the blob has changed: parts_restart, parts_join */
};

struct xfer {
	struct client *client;
	int (*between)(void *ctx, struct err *e);
	void *ctx;
	struct parts *parts; /* the blob, and what of it; NULL: free */
	struct piece *piece;
	CURL *easy; /* used for all requests */
	struct curl_slist *fields;
	struct http_head head;
	char *origin;        /* URL at the registry */
	char *url;           /* asked now */
	uint64_t until;      /* end of the range asked for, 0: none was given */
	int hops;            /* redirects followed */
	int refusals;        /* in a row, of this piece */
	unsigned generation; /* of the token sent */
	bool running;        /* in the multi handle */
	bool judged;         /* the answer's fields were looked at */
	bool wanted;         /* it carries the bytes from piece->at on */
	bool failed;         /* a callback did, and says why in `err` */
	enum xfer_next instead; /* of an answer that is of no use, if not 0 */
	struct err err;
	struct str refusal; /* body of an answer that is not the blob, cut */
	char detail[CURL_ERROR_SIZE];
};

/* Ready for any number of pieces of C's blobs. BETWEEN is called before each
 * write, since libcurl may go on for long when bytes keep coming; -1 with its
 * error stops the transfer. */
MUST_CHECK int xfer_init(struct xfer *x, struct client *c,
			 int (*between)(void *ctx, struct err *e), void *ctx,
			 struct err *e);
void xfer_clear(struct xfer *x);
/* Take on PIECE of PARTS, which the caller has taken for it. */
void xfer_begin(struct xfer *x, struct parts *parts, struct piece *piece);
/* Set x->easy up for the next request. */
MUST_CHECK int xfer_request(struct xfer *x, struct err *e);
/* The request ended with CODE. */
enum xfer_next xfer_ended(struct xfer *x, CURLcode code, struct err *e);
/* Have no piece any more. */
void xfer_leave(struct xfer *x);

#endif
