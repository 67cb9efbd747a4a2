/* sqfswrite_none.c - squashfs images can't be written: no libsquashfs.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "layer/sqfswrite.h"

static int none(struct err *e)
{
	return err_set(e, ERR_UNSUPPORTED,
		       "this build has no squashfs (libsquashfs of "
		       "squashfs-tools-ng was not found when it was made)");
}

void sqfswrite_compressors(struct strlist *out)
{
	(void)out;
}

struct sqfswrite *sqfswrite_new(int fd, uint64_t at,
				const struct sqfswrite_opts *o, struct err *e)
{
	(void)fd;
	(void)at;
	(void)o;
	none(e);
	return NULL;
}

void sqfswrite_free(struct sqfswrite *w)
{
	(void)w;
}

int sqfswrite_put(void *w, const struct entry *entry, const struct entries *r,
		  void **handle, struct err *e)
{
	(void)w;
	(void)entry;
	(void)r;
	(void)handle;
	return none(e);
}

int sqfswrite_finish(struct sqfswrite *w, struct tree *t, uint64_t *size,
		     struct sqfswrite_stats *stats, struct err *e)
{
	(void)w;
	(void)t;
	(void)size;
	(void)stats;
	return none(e);
}
