/* blobs.c - content by digest in an OCI image layout's blobs/ directory.
 * SPDX-License-Identifier: Apache-2.0
 *
 * What needs sums, and with them libcrypto, is in blobs_sum.c: ch-run looks
 * blobs up, too.
 */
#include "config.h"

#include "image/blobs.h"

#include "base/dir.h"
#include "image/layout.h"

#include <fcntl.h>
#include <sys/stat.h>

static char *blob_path(const struct digest *d)
{
	return str_fmt("blobs/%s/%s", digest_algo(d), digest_hex(d));
}

bool blobs_has(int root, const struct digest *d, uint64_t size)
{
	struct err ignored = { 0 }; /* not there, for whatever reason */
	autofd int fd = blobs_open(root, d, size, &ignored);

	return fd >= 0;
}

int blobs_open(int root, const struct digest *d, uint64_t size, struct err *e)
{
	autostr char *path = blob_path(d);
	struct stat st;
	autofd int fd = -1;

	/* O_NONBLOCK: a fifo in a hostile layout must not stop us. */
	fd = dir_open_beneath(root, path, O_RDONLY | O_NONBLOCK, 0, e);
	if (fd < 0)
		return err_ctx(e, "blob %s", d->text);
	if (fstat(fd, &st))
		return err_sys(e, "blob %s: can't stat", d->text);
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_FORMAT, "blob %s is not a regular file",
			       d->text);
	if ((uint64_t)st.st_size != size)
		return err_set(e, ERR_DIGEST,
			       "blob %s: expected %llu bytes, found %llu",
			       d->text, (unsigned long long)size,
			       (unsigned long long)st.st_size);
	return TAKE_FD(fd);
}

void blobs_drop(int root, const struct digest *d)
{
	autostr char *path = str_fmt("blobs/%s", digest_algo(d));
	struct err ignored = { 0 };
	autofd int dir = dir_open_beneath(root, path, O_RDONLY | O_DIRECTORY, 0,
					  &ignored);

	if (dir >= 0)
		unlinkat(dir, digest_hex(d), 0);
}

int blobs_publish(int root, struct tmp *t, const struct digest *d,
		  struct err *e)
{
	autostr char *path = str_fmt("blobs/%s", digest_algo(d));
	autofd int dir = layout_dir(root, path, e);

	if (dir < 0)
		return -1;
	/* Not ours if it was taken over from a colleague: then as it is. */
	if (fchmod(t->fd, layout_blob_mode(root)) && errno != EPERM)
		return err_sys(e, "can't set the mode of %s", d->text);
	/* Whoever else publishes this digest has the same content. */
	return tmp_publish(t, dir, digest_hex(d), TMP_REPLACE, e);
}
