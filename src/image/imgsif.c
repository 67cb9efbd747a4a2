/* imgsif.c - kind: SIF.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "image/imgsif.h"

#include "base/hash.h"
#include "base/intr.h"
#include "base/io.h"
#include "base/mem.h"

#include <string.h>
#include <unistd.h>

#define COPY_BYTES ((size_t)256 << 10)
#define SIF_MAGIC "SIF_MAGIC"
#define SIF_MAGIC_AT 32 /* behind the line "#!..." */

/* No layer's content is checked here that would show what has gone bad in a
 * store, so the sum is. */
static int copy(const struct layer_source *l, const struct digest *want, int fd,
		const char *shown, struct err *e)
{
	AUTO(hash) struct hash *h = hash_new(want->algo);
	autostr char *buffer = xmalloc(COPY_BYTES);
	ssize_t n;

	while ((n = l->read(l->ctx, buffer, COPY_BYTES, e)) > 0) {
		if (intr_check(e))
			return -1;
		hash_add(h, buffer, (size_t)n);
		if (io_write(fd, buffer, (size_t)n, shown, e))
			return -1;
	}
	if (n < 0)
		return -1;
	return digest_check(h, want, e) ? err_ctx(e, "%s", l->name) : 0;
}

static int check_magic(int fd, struct err *e)
{
	char magic[sizeof SIF_MAGIC - 1];

	if (pread(fd, magic, sizeof magic, SIF_MAGIC_AT) == sizeof magic &&
	    !memcmp(magic, SIF_MAGIC, sizeof magic))
		return 0;
	return err_set(e, ERR_FORMAT,
		       "the image says that it is a SIF file, but at byte %d "
		       "'%s' is missing",
		       SIF_MAGIC_AT, SIF_MAGIC);
}

int imgsif_copy(const struct dest *dest, const struct imgoci *i,
		const struct imgoci_layers *layers, struct err *e)
{
	AUTO(tmp) struct tmp t = TMP_INIT;

	if (dest_check_room(dest, i->manifest.layers[0].size, e) ||
	    tmp_file(&t, dest->parent, e) ||
	    copy(&layers->v[0], &i->manifest.layers[0].digest, t.fd,
		 dest->shown, e))
		return -1;
	if (layers->wait && layers->wait(layers->ctx, e))
		return -1;
	return check_magic(t.fd, e) ? -1 : dest_publish_file(dest, &t, 0777, e);
}
