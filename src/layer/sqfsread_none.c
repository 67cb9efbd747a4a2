/* sqfsread_none.c - squashfs images can't be read: no libsquashfs.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "layer/sqfsread.h"

struct sqfsread *sqfsread_new(int fd, uint64_t at, uint64_t size, struct err *e)
{
	(void)fd;
	(void)at;
	(void)size;
	err_set(e, ERR_UNSUPPORTED,
		"this build has no squashfs (libsquashfs of "
		"squashfs-tools-ng was not found when it was made)");
	return NULL;
}

void sqfsread_free(struct sqfsread *r)
{
	(void)r;
}

/* Nobody has a sqfsread to ask. */
struct entries sqfsread_entries(struct sqfsread *r)
{
	(void)r;
	return (struct entries){ 0 };
}

void sqfsread_limit(struct sqfsread *r, size_t bytes)
{
	(void)r;
	(void)bytes;
}

uint64_t sqfsread_sockets(const struct sqfsread *r)
{
	(void)r;
	return 0;
}

int sqfsread_file(struct sqfsread *r, const char *path, size_t max,
		  struct str *out, struct err *e)
{
	(void)r;
	(void)max;
	(void)out;
	return err_set(e, ERR_UNSUPPORTED, "can't read '%s': no squashfs",
		       path);
}
