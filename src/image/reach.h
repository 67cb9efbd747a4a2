/* reach.h - how registries are reached, from what the user has set and from the
 * environment.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef IMAGE_REACH_H
#define IMAGE_REACH_H

#include "base/err.h"
#include "registry/client.h"

#define REACH_TIMEOUT_MAX_S 86400
#define REACH_PARALLEL 4 /* connections at once, unless told otherwise */
#define REACH_PARALLEL_MAX 16

/* As options give it; NULL: not said. */
struct reach {
	const char *tls_verify; /* "yes" or "no" */
	const char *authfile;
	const char *timeout; /* seconds, checked */
	int retry_pause_ms;  /* checked; 0: not said */
};

/* Are the values of --timeout, --parallel and --retry-pause right?
 * ERR_USAGE. */
MUST_CHECK int reach_check_timeout(const char *value, struct err *e);
MUST_CHECK int reach_check_parallel(const char *value, struct err *e);
MUST_CHECK int reach_check_retry_pause(const char *value, struct err *e);

/* Fill in O, which has its defaults. ERR_USAGE. */
MUST_CHECK int reach_set(const struct reach *r, struct client_opts *o,
			 struct err *e);

#endif
