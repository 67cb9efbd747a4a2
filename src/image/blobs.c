/* blobs.c - content by digest in an OCI image layout's blobs/ directory.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "image/blobs.h"

#include "base/dir.h"
#include "base/hash.h"
#include "base/io.h"

#include <fcntl.h>
#include <string.h>
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

int blobs_read(int root, const struct digest *d, uint64_t size, size_t limit,
	       struct str *out, struct err *e)
{
	char hex[HASH_HEX_MAX];
	size_t before = out->len;
	autofd int fd = -1;

	if (size > limit)
		return err_set(e, ERR_LIMIT,
			       "blob %s: %llu bytes are over the limit of %zu",
			       d->text, (unsigned long long)size, limit);
	fd = blobs_open(root, d, size, e);
	if (fd < 0 || io_read_all(fd, limit, d->text, out, e))
		return -1;
	hash_buffer(d->algo, out->p ? out->p + before : "", out->len - before,
		    hex);
	if (strcmp(hex, digest_hex(d)))
		return err_set(e, ERR_DIGEST, "blob %s: its content is %s:%s",
			       d->text, digest_algo(d), hex);
	return 0;
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
	autofd int dir = dir_make_path(root, path, 0700, e);

	if (dir < 0)
		return -1;
	/* Whoever else publishes this digest has the same content. */
	return tmp_publish(t, dir, digest_hex(d), TMP_REPLACE, e);
}

int blobs_put(int root, const struct digest *d, const void *p, size_t n,
	      struct err *e)
{
	AUTO(tmp) struct tmp t = TMP_INIT;
	AUTO(str) struct str old = { 0 };
	struct err ignored = { 0 };
	autofd int tmpdir = -1;

	/* Not by its size alone: what has gone bad is to be replaced. */
	if (!blobs_read(root, d, n, n, &old, &ignored))
		return 0;
	tmpdir = dir_make_path(root, "tmp", 0700, e);
	if (tmpdir < 0 || tmp_file(&t, tmpdir, e) ||
	    io_write(t.fd, p, n, d->text, e))
		return -1;
	return blobs_publish(root, &t, d, e);
}
