/* blobs_sum.c - blobs whose sums are computed: read, stored, copied.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/hash.h"
#include "base/intr.h"
#include "base/io.h"
#include "base/mem.h"
#include "image/blobs.h"
#include "image/layout.h"

#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>

#define COPY_BYTES (256u << 10)

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
	tmpdir = layout_tmpdir(root, e);
	if (tmpdir < 0 || tmp_file(&t, tmpdir, e) ||
	    io_write(t.fd, p, n, d->text, e))
		return -1;
	return blobs_publish(root, &t, d, e);
}

/* Copy FROM to TO, unless the file system has made TO share FROM's blocks
 * already, and sum it up. */
static int copy_and_sum(int from, int to, const struct digest *d,
			uint64_t *size, char hex[HASH_HEX_MAX], struct err *e)
{
	AUTO(hash) struct hash *h = hash_new(d->algo);
	autostr char *buffer = xmalloc(COPY_BYTES);
	bool is_shared = !ioctl(to, FICLONE, from);
	int source = is_shared ? to : from;
	ssize_t n;

	for (*size = 0;; *size += (uint64_t)n) {
		n = io_read(source, buffer, COPY_BYTES, d->text, e);
		if (n < 0 || intr_check(e))
			return -1;
		if (!n)
			break;
		hash_add(h, buffer, (size_t)n);
		if (!is_shared && io_write(to, buffer, (size_t)n, d->text, e))
			return -1;
	}
	hash_hex(h, hex);
	return 0;
}

int blobs_copy(int root, int from, const struct digest *d, uint64_t size,
	       struct err *e)
{
	AUTO(tmp) struct tmp t = TMP_INIT;
	autofd int tmpdir = layout_tmpdir(root, e);
	char hex[HASH_HEX_MAX];
	uint64_t got;

	if (tmpdir < 0 || tmp_file(&t, tmpdir, e) ||
	    copy_and_sum(from, t.fd, d, &got, hex, e))
		return -1;
	if (got != size)
		return err_set(e, ERR_DIGEST,
			       "blob %s: expected %llu bytes, found %llu",
			       d->text, (unsigned long long)size,
			       (unsigned long long)got);
	if (strcmp(hex, digest_hex(d)) != 0)
		return err_set(e, ERR_DIGEST, "blob %s: its content is %s:%s",
			       d->text, digest_algo(d), hex);
	return blobs_publish(root, &t, d, e);
}
