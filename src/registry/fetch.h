/* fetch.h - many blobs at once, each to a descriptor, verified while they
 * stream. One thread, curl's multi interface.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef REGISTRY_FETCH_H
#define REGISTRY_FETCH_H

#include "registry/client.h"
#include "registry/item.h"
#include "registry/parts.h"

#define FETCH_PARALLEL_MAX 16

struct fetch_opts {
	int parallel; /* connections at once, 1 to 16 */
	/* Called at least every 100 ms and after each chunk of work with the
	 * bytes that are there in all, those had before included; -1 with E
	 * stops the fetch (a signal came, another thread failed). May be NULL.
	 */
	int (*tick)(void *ctx, uint64_t bytes, struct err *e);
	void *ctx;
	const struct parts_plan *plan; /* NULL: the default. For tests. */
};

/* Fetch all ITEMS, started in order as far as they are ready; one of size 0, or
 * of which all is had, needs no request. When connections are idle and the rest
 * of a blob takes its one stream seconds, it is fetched in pieces in order, by
 * ranges, as long as the server answers 206 for just what was asked for; if it
 * does not, or the ETag changes, the blob goes on in one stream, or from the
 * start.
 *
 * A transfer that breaks is taken up again where it stopped, through the
 * registry and not where that redirected to, if the server honours Range, else
 * from the start, with the pauses and within the tries of http_retry: a new row
 * begins when an item is complete, or when one breaks that got on by 1 MiB
 * since its last break. An item that fails for good with ERR_NET, ERR_NOTFOUND,
 * ERR_AUTH or a 429 goes on, with all others, where client_fallback leads to,
 * if that leads anywhere; with ERR_DIGEST, too, but from its start.
 *
 * Size and digest must be right: more bytes than SIZE, or a Content-Length that
 * differs, stop the transfer at once; a wrong sum is ERR_DIGEST ("layer 2 of 5:
 * expected sha256:..., got sha256:..."). An expired token is renewed in
 * between. At most HTTP_REDIRECTS_MAX redirects by the rules of http_redirect,
 * the token for the registry only. What was written stays in the files,
 * whatever happens; after ERR_DIGEST it is not to be believed. */
MUST_CHECK int fetch_blobs(struct client *c, struct fetch_item *items, size_t n,
			   const struct fetch_opts *o, struct err *e);

#endif
