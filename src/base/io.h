/* io.h - descriptors: read and write fully, small files, copies.
 * SPDX-License-Identifier: Apache-2.0
 *
 * EINTR is retried unless intr_check says stop. NAME is used in messages
 * only: "can't write 'NAME': No space left on device".
 */
#ifndef BASE_IO_H
#define BASE_IO_H

#include "base/err.h"
#include "base/str.h"

#include <stdint.h>
#include <sys/types.h>

MUST_CHECK int io_write(int fd, const void *p, size_t n, const char *name,
			struct err *e);
MUST_CHECK int io_pwrite(int fd, const void *p, size_t n, off_t at,
			 const char *name, struct err *e);
/* Up to N bytes, short only at the end of the file; the count or -1. */
MUST_CHECK ssize_t io_read(int fd, void *p, size_t n, const char *name,
			   struct err *e);
/* Append all that FD still gives to OUT; ERR_LIMIT beyond LIMIT bytes. */
MUST_CHECK int io_read_all(int fd, size_t limit, const char *name,
			   struct str *out, struct err *e);
/* The content of a regular file PATH relative to DIRFD, appended to OUT: opened
 * O_NOFOLLOW (last component) and O_NONBLOCK; a fifo, device or directory is
 * ERR_FORMAT, missing ERR_NOTFOUND, longer than LIMIT bytes ERR_LIMIT. */
MUST_CHECK int io_read_file(int dirfd, const char *path, size_t limit,
			    struct str *out, struct err *e);
/* Copy all that FROM still gives to TO, called NAME and TO_NAME; *COPIED (may
 * be NULL) counts. */
MUST_CHECK int io_copy(int from, const char *name, int to, const char *to_name,
		       uint64_t *copied, struct err *e);
/* fsync, reporting failure ("can't sync 'NAME'"); EINVAL and EROFS, which say
 * that there is nothing to sync, are success. */
MUST_CHECK int io_sync(int fd, const char *name, struct err *e);
/* Close *FD and set it to -1; an error of close is an error of the write. */
MUST_CHECK int io_close(int *fd, const char *name, struct err *e);

#endif
