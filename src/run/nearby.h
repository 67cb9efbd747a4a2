/* nearby.h - the place of the store, whether it is there or not.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef RUN_NEARBY_H
#define RUN_NEARBY_H

#include "base/err.h"

/* The store's directory, or, while there is none, the deepest one above its
 * place. */
struct nearby {
	char *store; /* the store's path */
	char *path;  /* of the directory */
	int fd;
};
#define NEARBY_INIT      \
	{                \
		.fd = -1 \
	}

/* STORE as the user named it, or NULL for the default. */
MUST_CHECK int nearby_open(struct nearby *n, const char *store, struct err *e);
void nearby_close(struct nearby *n);
AUTO_DEFINE(nearby, struct nearby, nearby_close)

#endif
