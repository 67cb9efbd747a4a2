/* io.c - descriptors: read and write fully, small files, copies.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/io.h"

#include "base/intr.h"
#include "base/mem.h"

#include <fcntl.h>
#include <sys/stat.h>

#define CHUNK ((size_t)128 << 10)

/* What to do after a system call failed: 0 to try again, else -1 with E set.
 * Interrupted by a signal that asks nothing of us (SIGWINCH, a stop and
 * continue), the call is repeated. */
static int again(const char *doing, const char *name, struct err *e)
{
	if (errno == EINTR)
		return intr_check(e);
	return err_sys(e, "can't %s '%s'", doing, name);
}

int io_write(int fd, const void *p, size_t n, const char *name, struct err *e)
{
	const char *at = p;

	while (n > 0) {
		ssize_t k = write(fd, at, n);

		if (k < 0) {
			if (again("write", name, e))
				return -1;
			continue;
		}
		at += k;
		n -= (size_t)k;
	}
	return 0;
}

int io_pwrite(int fd, const void *p, size_t n, off_t at, const char *name,
	      struct err *e)
{
	const char *from = p;

	while (n > 0) {
		ssize_t k = pwrite(fd, from, n, at);

		if (k < 0) {
			if (again("write", name, e))
				return -1;
			continue;
		}
		from += k;
		at += k;
		n -= (size_t)k;
	}
	return 0;
}

ssize_t io_read(int fd, void *p, size_t n, const char *name, struct err *e)
{
	char *to = p;
	size_t got = 0;

	while (got < n) {
		ssize_t k = read(fd, to + got, n - got);

		if (k == 0)
			break;
		if (k > 0)
			got += (size_t)k;
		else if (again("read", name, e))
			return -1;
	}
	return (ssize_t)got;
}

int io_read_all(int fd, size_t limit, const char *name, struct str *out,
		struct err *e)
{
	size_t total = 0;
	size_t want = 4096;

	for (;;) {
		/* One byte more than allowed tells "full" from "too much". */
		if (want > limit - total)
			want = limit - total + 1;
		ssize_t k = io_read(fd, str_reserve(out, want), want, name, e);

		if (k < 0)
			return -1;
		out->len += (size_t)k;
		out->p[out->len] = '\0';
		total += (size_t)k;
		if (total > limit)
			return err_set(e, ERR_LIMIT,
				       "'%s' is longer than the limit of "
				       "%zu bytes",
				       name, limit);
		if ((size_t)k < want)
			return 0;
		want = want < CHUNK ? want * 2 : CHUNK;
	}
}

static int open_failed(const char *path, struct err *e)
{
	int code = errno;

	/* ELOOP is what O_NOFOLLOW says of a link, ENXIO what a socket says. */
	if (code == ELOOP || code == ENXIO) {
		err_set(e, ERR_FORMAT, "'%s' is not a regular file", path);
		e->code = code;
		return -1;
	}
	err_sysno(e, code, "can't open '%s'", path);
	if (code == ENOENT || code == ENOTDIR)
		e->kind = ERR_NOTFOUND;
	return -1;
}

/* O_NONBLOCK: nobody may ever write to a fifo. */
int io_read_file(int dirfd, const char *path, size_t limit, struct str *out,
		 struct err *e)
{
	struct stat st;
	autofd int fd = openat(dirfd, path,
			       O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY |
				       O_CLOEXEC);

	if (fd < 0)
		return open_failed(path, e);
	if (fstat(fd, &st))
		return err_sys(e, "can't read '%s'", path);
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_FORMAT, "'%s' is not a regular file",
			       path);
	return io_read_all(fd, limit, path, out, e);
}

int io_copy(int from, const char *name, int to, const char *to_name,
	    uint64_t *copied, struct err *e)
{
	autostr char *buffer = xmalloc(CHUNK);
	uint64_t total = 0;

	for (;;) {
		ssize_t k = read(from, buffer, CHUNK);

		if (k == 0)
			break;
		if (k < 0) {
			if (again("read", name, e))
				return -1;
			continue;
		}
		if (io_write(to, buffer, (size_t)k, to_name, e))
			return -1;
		total += (uint64_t)k;
	}
	if (copied)
		*copied = total;
	return 0;
}

int io_sync(int fd, const char *name, struct err *e)
{
	while (fsync(fd)) {
		if (errno == EINVAL || errno == EROFS)
			return 0;
		if (again("sync", name, e))
			return -1;
	}
	return 0;
}

int io_close(int *fd, const char *name, struct err *e)
{
	int closing = TAKE_FD(*fd);

	/* Linux has released the descriptor even when it says EINTR (close(2),
	 * "Dealing with error returns"), so there is nothing to repeat. */
	if (close(closing) && errno != EINTR)
		return err_sys(e, "can't write '%s'", name);
	return 0;
}
