/* nearby.c - the place of the store, whether it is there or not.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "run/nearby.h"

#include "base/dir.h"
#include "base/path.h"
#include "base/str.h"
#include "image/store.h"

#include <string.h>

int nearby_open(struct nearby *n, const char *store, struct err *e)
{
	n->store = store_path(store);
	n->path = str_fmt("%s", n->store);
	while ((n->fd = dir_open(n->path, e)) < 0) {
		autostr char *above = path_dir(n->path);

		if (e->code != ENOENT || !strcmp(above, n->path))
			return -1;
		*e = (struct err){ 0 };
		free(n->path);
		n->path = TAKE(above);
	}
	return 0;
}

void nearby_close(struct nearby *n)
{
	free(n->store);
	free(n->path);
	auto_fd_(&n->fd);
	*n = (struct nearby)NEARBY_INIT;
}
