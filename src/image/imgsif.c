/* imgsif.c - kind: SIF.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "image/imgsif.h"

#include "base/io.h"
#include "base/mem.h"

#define COPY_BYTES ((size_t)256 << 10)
static int copy(const struct layer_source *l, int fd, const char *name,
		struct err *e)
{
	autostr char *buffer = xmalloc(COPY_BYTES);
	ssize_t n;

	while ((n = l->read(l->ctx, buffer, COPY_BYTES, e)) > 0)
		if (io_write(fd, buffer, (size_t)n, name, e))
			return -1;
	return (int)n;
}

int imgsif_copy(const struct dest *dest, const struct imgoci_layers *layers,
		struct err *e)
{
	AUTO(tmp) struct tmp t = TMP_INIT;

	if (tmp_file(&t, dest->parent, e) ||
	    copy(&layers->v[0], t.fd, dest->shown, e))
		return -1;
	if (layers->wait && layers->wait(layers->ctx, e))
		return -1;
	return dest_publish_file(dest, &t, e);
}
