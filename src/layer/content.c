/* content.c - read a file by its extents.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Not mapped: a file that is cut meanwhile would be a SIGBUS then.
 */
#include "config.h"

#include "layer/content.h"

#include "base/intr.h"
#include "base/mem.h"

#include <fcntl.h>

#define BUFFER_BYTES 262144
#define BLOCK 512 /* of st_blocks, stat(3type) */

void content_init(struct content *c)
{
	*c = (struct content){ .fd = -1 };
}

void content_close(struct content *c)
{
	if (c->fd >= 0)
		close(TAKE_FD(c->fd));
}

void content_clear(struct content *c)
{
	content_close(c);
	free(c->extents);
	free(c->buffer);
}

static void add(struct content *c, uint64_t at, uint64_t end)
{
	c->extents = mem_grow(c->extents, &c->extents_cap, c->n_extents + 1,
			      sizeof(*c->extents));
	c->extents[c->n_extents++] = (struct extent){ at, end - at };
}

static int changed(struct err *e)
{
	return err_set(e, ERR_DIGEST, "changed while it was read");
}

/* Where data (SEEK_DATA) or a hole (SEEK_HOLE) begins at or behind AT: *FOUND,
 * SIZE if nowhere. */
static int find(int fd, int whence, uint64_t at, uint64_t size, uint64_t *found)
{
	off_t got = lseek(fd, (off_t)at, whence);

	if (got < 0 && errno != ENXIO)
		return -1;
	*found = got < 0 || (uint64_t)got > size ? size : (uint64_t)got;
	return 0;
}

/* What is there between the holes. */
static int find_extents(struct content *c, const char *path, struct err *e)
{
	uint64_t size = (uint64_t)c->st.st_size;
	uint64_t at = 0;
	uint64_t end;

	while (at < size) {
		if (find(c->fd, SEEK_DATA, at, size, &at))
			break;
		if (at == size)
			return 0;
		end = size;
		if (c->n_extents < ENTRY_EXTENTS_MAX - 1 &&
		    find(c->fd, SEEK_HOLE, at, size, &end))
			break;
		if (end <= at) {
			changed(e);
			return err_ctx(e, "'%s'", path);
		}
		add(c, at, end);
		at = end;
	}
	if (at == size)
		return 0;
	if (errno != EINVAL && errno != ENOTSUP)
		return err_sys(e, "can't look for holes in '%s'", path);
	c->n_extents = 0; /* the file system tells no holes */
	add(c, 0, size);
	return 0;
}

static bool is_whole(const struct content *c)
{
	return c->n_extents == 1 && !c->extents[0].at &&
	       c->extents[0].n == (uint64_t)c->st.st_size;
}

int content_open(struct content *c, int fd, const struct stat *st,
		 const char *path, struct err *e)
{
	uint64_t size = (uint64_t)st->st_size;

	content_close(c);
	c->fd = fd;
	c->st = *st;
	c->n_extents = 0;
	c->extent = 0;
	c->pos = 0;
	c->is_sparse = false;
	if (!size)
		return 0;
	if ((uint64_t)st->st_blocks >= size / BLOCK) {
		add(c, 0, size);
	} else {
		if (find_extents(c, path, e))
			return -1;
		c->is_sparse = !is_whole(c);
	}
	if (size > BUFFER_BYTES)
		posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	return 0;
}

static ssize_t read_at(struct content *c, size_t n, struct err *e)
{
	ssize_t got;

	while ((got = pread(c->fd, c->buffer, n, (off_t)c->pos)) < 0)
		if (errno != EINTR)
			return err_sys(e, "can't read it");
		else if (intr_check(e))
			return -1;
	return got ? got : changed(e);
}

static bool is_same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

/* All was read; is it still the file that was opened? */
static int check(const struct content *c, struct err *e)
{
	struct stat now;

	if (fstat(c->fd, &now))
		return err_sys(e, "can't read it");
	if (now.st_size != c->st.st_size ||
	    !is_same_time(&now.st_mtim, &c->st.st_mtim))
		return changed(e);
	return 0;
}

/* There are no more pieces. */
static int finish(struct content *c, struct err *e)
{
	if (!c->n_extents && check(c, e))
		return -1;
	content_close(c);
	return 0;
}

int content_next(struct content *c, const void **p, size_t *n, uint64_t *offset,
		 struct err *e)
{
	if (c->fd < 0)
		return 0;
	if (c->extent == c->n_extents)
		return finish(c, e);
	const struct extent *x = &c->extents[c->extent];

	if (c->pos < x->at)
		c->pos = x->at;
	uint64_t left = x->at + x->n - c->pos;

	if (!c->buffer)
		c->buffer = xmalloc(BUFFER_BYTES);
	ssize_t got = read_at(c, left < BUFFER_BYTES ? left : BUFFER_BYTES, e);

	if (got < 0)
		return -1;
	*p = c->buffer;
	*n = (size_t)got;
	*offset = c->pos;
	c->pos += (uint64_t)got;
	if (c->pos < x->at + x->n)
		return 1;
	/* Who knows the size need not ask again after the last piece. */
	c->extent++;
	return c->extent == c->n_extents && check(c, e) ? -1 : 1;
}
