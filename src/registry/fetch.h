/* fetch.h - many blobs at once, each to a descriptor, verified while they
 * stream. One thread, curl's multi interface.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef REGISTRY_FETCH_H
#define REGISTRY_FETCH_H

#include "registry/client.h"
#include "registry/item.h"

#define FETCH_PARALLEL_MAX 16

struct fetch_opts {
	int parallel; /* connections at once, 1 to 16 */
	/* Called at least every 100 ms and after each chunk of work with the
	 * bytes that have arrived in all; -1 with E stops the fetch (a signal
	 * came, another thread failed). May be NULL. */
	int (*tick)(void *ctx, uint64_t bytes, struct err *e);
	void *ctx;
};

/* Fetch all ITEMS, started in order; one of size 0 needs no request. A
 * transfer that breaks is taken up again where it stopped, through the registry
 * and not where that redirected to, if the server honours Range (a 206 that
 * fits), else from the start, with pauses as http_do. Breaks within one pause
 * count as one; as many in a row as the options have tries end the fetch. A new
 * row begins when an item is complete, or when one breaks that got on by 1 MiB
 * since its last break. Size and
 * digest must be right: more bytes than SIZE, or a Content-Length that differs,
 * stop the transfer at once; a wrong sum is ERR_DIGEST ("layer 2 of 5: expected
 * sha256:..., got sha256:..."). An expired token is renewed in between. At most
 * HTTP_REDIRECTS_MAX redirects by the rules of http_redirect, the token for the
 * registry only. What was written stays in the files, whatever happens. */
MUST_CHECK int fetch_blobs(struct client *c, struct fetch_item *items, size_t n,
			   const struct fetch_opts *o, struct err *e);

#endif
