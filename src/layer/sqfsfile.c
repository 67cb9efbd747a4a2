/* sqfsfile.c - part of a file as libsquashfs wants files.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "layer/sqfsfile.h"

#include "base/intr.h"
#include "base/io.h"

#include <errno.h>
#include <sqfs/error.h>

// clang-format off
static const struct {
	int code;
	enum err_kind kind;
	const char *text;
} meanings[] = {
	{ SQFS_ERROR_COMPRESSOR, ERR_FORMAT,
	  "a block can't be decompressed" },
	{ SQFS_ERROR_CORRUPTED, ERR_FORMAT, "it is damaged" },
	{ SQFS_ERROR_OUT_OF_BOUNDS, ERR_FORMAT,
	  "it points outside of itself or of a table" },
	{ SQFS_ERROR_OVERFLOW, ERR_FORMAT, "a number in it is too big" },
	{ SQFS_ERROR_UNSUPPORTED, ERR_UNSUPPORTED,
	  "it has something unknown to libsquashfs" },
};
// clang-format on

int sqfsfile_fail(const struct sqfsfile *f, int code, struct err *e)
{
	if (f->error.kind) {
		*e = f->error;
		return -1;
	}
	if (code == SQFS_ERROR_ALLOC)
		return err_sysno(e, ENOMEM, "squashfs image");
	for (size_t i = 0; i < ARRAY_SIZE(meanings); i++)
		if (code == meanings[i].code)
			return err_set(e, meanings[i].kind,
				       "squashfs image: %s", meanings[i].text);
	return err_set(e, ERR_FORMAT, "squashfs image: libsquashfs error %d",
		       code);
}

static int read_at(sqfs_file_t *base, sqfs_u64 offset, void *p, size_t n)
{
	struct sqfsfile *f = (struct sqfsfile *)base;

	if (offset > f->size || n > f->size - offset)
		return SQFS_ERROR_OUT_OF_BOUNDS;
	while (n) {
		ssize_t got = pread(f->fd, p, n, (off_t)(f->at + offset));

		if (got < 0 && errno == EINTR && !intr_check(&f->error))
			continue;
		if (got < 0 && f->error.kind != ERR_INTR)
			err_sys(&f->error, "can't read the squashfs image");
		if (got == 0)
			err_set(&f->error, ERR_FORMAT,
				"squashfs image: it became shorter while it "
				"was read");
		if (got <= 0)
			return SQFS_ERROR_IO;
		p = (char *)p + got;
		n -= (size_t)got;
		offset += (size_t)got;
	}
	return 0;
}

static int write_at(sqfs_file_t *base, sqfs_u64 offset, const void *p, size_t n)
{
	struct sqfsfile *f = (struct sqfsfile *)base;

	if (offset > INT64_MAX - f->at - n)
		return SQFS_ERROR_OUT_OF_BOUNDS;
	/* A write that failed is not tried again with other blocks. */
	if (f->error.kind)
		return SQFS_ERROR_IO;
	if (io_pwrite(f->fd, p, n, (off_t)(f->at + offset), "image",
		      &f->error)) {
		if (f->error.kind == ERR_SYS)
			err_sysno(&f->error, f->error.code,
				  "can't write the squashfs image");
		return SQFS_ERROR_IO;
	}
	if (offset + n > f->size)
		f->size = offset + n;
	return 0;
}

static sqfs_u64 get_size(const sqfs_file_t *base)
{
	const struct sqfsfile *f = (const struct sqfsfile *)base;

	return f->size;
}

/* What is behind the end is written over, or cut off when all is done. */
static int cut(sqfs_file_t *base, sqfs_u64 size)
{
	struct sqfsfile *f = (struct sqfsfile *)base;

	f->size = size;
	return 0;
}

static void nothing(sqfs_object_t *o)
{
	(void)o;
}

void sqfsfile_init(struct sqfsfile *f, int fd, uint64_t at, uint64_t size)
{
	*f = (struct sqfsfile){
		.base = {
			.base.destroy = nothing,
			.read_at = read_at,
			.write_at = write_at,
			.get_size = get_size,
			.truncate = cut,
		},
		.fd = fd,
		.at = at,
		.size = size,
	};
}
