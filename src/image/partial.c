/* partial.c - a blob that is being fetched, in a file that a later run can go
 * on with.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "image/partial.h"

#include "base/dir.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/str.h"
#include "image/layout.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#define COPY_BYTES (256u << 10)

static char *parked_name(const struct digest *d)
{
	return str_fmt(PARTIAL_PREFIX "%s.%s", digest_algo(d), digest_hex(d));
}

/* "part.ALG.HEX" and "part.ALG.HEX.ID" belong to "part.ALG.HEX". */
static bool belongs(const char *file, const char *parked)
{
	size_t n = strlen(parked);

	return str_starts(file, parked) && (!file[n] || file[n] == '.');
}

/* How much of FD, before its first hole, is there. Where the file system knows
 * of no holes, that is all. */
static uint64_t before_hole(int fd, const struct stat *st, uint64_t size)
{
	off_t hole = lseek(fd, 0, SEEK_HOLE);
	uint64_t n = (uint64_t)(hole < 0 ? st->st_size : hole);

	return n < size ? n : size;
}

/* What a process left that did not give it up in good order: one name, or
 * NULL. */
static char *find_left(int tmpdir, const char *parked)
{
	AUTO(strlist) struct strlist names = { 0 };
	struct err ignored = { 0 }; /* then we begin anew */

	if (dir_list(tmpdir, &names, &ignored))
		return NULL;
	for (size_t i = 0; i < names.n; i++)
		if (belongs(names.v[i], parked))
			return xstrdup(names.v[i]);
	return NULL;
}

/* Open FILE for reading, or, if it is ours, for both. */
static int open_old(int tmpdir, const char *file, struct stat *st)
{
	int flags = O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	autofd int fd = openat(tmpdir, file, O_RDWR | flags);

	if (fd < 0)
		fd = openat(tmpdir, file, O_RDONLY | flags);
	if (fd < 0 || fstat(fd, st) || !S_ISREG(st->st_mode))
		return -1;
	return TAKE_FD(fd);
}

static int copy_bytes(int from, int to, uint64_t n, struct err *e)
{
	autostr char *buffer = xmalloc(COPY_BYTES);
	ssize_t got;

	/* A copy that shares the blocks costs nothing. */
	if (!ioctl(to, FICLONE, from))
		return ftruncate(to, (off_t)n);
	if (lseek(from, 0, SEEK_SET))
		return -1;
	for (; n; n -= (uint64_t)got) {
		got = io_read(from, buffer, n < COPY_BYTES ? n : COPY_BYTES,
			      "blob", e);
		if (got <= 0 || io_write(to, buffer, (size_t)got, "blob", e))
			return -1;
	}
	return 0;
}

/* A file of our own, with what is good of FROM (-1: none). If that can't be
 * had it starts empty; ERR_INTR. */
static int make_new(int tmpdir, const char *own, int from, uint64_t *have,
		    struct err *e)
{
	autofd int fd =
		openat(tmpdir, own, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC,
		       layout_file_mode(tmpdir));
	struct err why = { 0 };

	if (fd < 0)
		return err_sys(e, "can't make '%s'", own);
	if (from < 0 || !copy_bytes(from, fd, *have, &why))
		return TAKE_FD(fd);
	*have = 0;
	if (why.kind == ERR_INTR) {
		unlinkat(tmpdir, own, 0);
		*e = why;
		return -1;
	}
	if (ftruncate(fd, 0) || lseek(fd, 0, SEEK_SET)) {
		unlinkat(tmpdir, own, 0);
		return err_sys(e, "can't empty '%s'", own);
	}
	return TAKE_FD(fd);
}

/* Does nobody else write to FILE? */
static bool is_free(const char *file, const char *parked, const struct stat *st,
		    const struct lease_view *before)
{
	const char *id = file + strlen(parked);

	if (st->st_uid != geteuid() || st->st_nlink != 1)
		return false;
	return !*id || (before->is_proved && !strcmp(id + 1, before->id));
}

/* Go on in the old FILE, open as *FD, under the name OWN. */
static bool take_old(int tmpdir, const char *file, const char *own, int fd,
		     uint64_t have)
{
	struct stat st, now;

	if (renameat(tmpdir, file, tmpdir, own))
		return false;
	/* Was it still the same, and can it be written to? */
	if (!fstat(fd, &st) &&
	    !fstatat(tmpdir, own, &now, AT_SYMLINK_NOFOLLOW) &&
	    st.st_ino == now.st_ino && st.st_dev == now.st_dev &&
	    !ftruncate(fd, (off_t)have))
		return true;
	unlinkat(tmpdir, own, 0);
	return false;
}

static int open_any(int tmpdir, const char *parked, const char *own,
		    uint64_t size, const struct lease_view *before,
		    uint64_t *have, struct err *e)
{
	autostr char *file = find_left(tmpdir, parked);
	autofd int old = -1;
	struct stat st;
	int fd;

	*have = 0;
	if (file)
		old = open_old(tmpdir, file, &st);
	if (old >= 0)
		*have = before_hole(old, &st, size);
	if (*have && before->total && file[strlen(parked)] &&
	    !strcmp(file + strlen(parked) + 1, before->id) &&
	    before->done < *have)
		*have = before->done;
	if (*have && is_free(file, parked, &st, before) &&
	    take_old(tmpdir, file, own, old, *have))
		return TAKE_FD(old);
	fd = make_new(tmpdir, own, *have ? old : -1, have, e);
	if (fd >= 0 && file)
		unlinkat(tmpdir, file, 0);
	return fd;
}

int partial_open(int tmpdir, const struct digest *d, uint64_t size,
		 const struct lease *l, const struct lease_view *before,
		 struct tmp *t, uint64_t *have, struct err *e)
{
	autostr char *parked = parked_name(d);
	autostr char *own = str_fmt("%s.%s", parked, lease_id(l));
	autofd int fd = open_any(tmpdir, parked, own, size, before, have, e);

	if (fd < 0)
		return -1;
	if (tmp_adopt(t, tmpdir, fd, own, e)) {
		unlinkat(tmpdir, own, 0);
		return -1;
	}
	fd = -1;
	own = NULL;
	return 0;
}

void partial_park(struct tmp *t, const struct digest *d, uint64_t prefix)
{
	autostr char *parked = parked_name(d);

	if (t->name && prefix && !ftruncate(t->fd, (off_t)prefix) &&
	    !renameat(t->dirfd, t->name, t->dirfd, parked))
		free(TAKE(t->name));
	tmp_clear(t);
}

void partial_drop(int tmpdir, const struct digest *d)
{
	AUTO(strlist) struct strlist names = { 0 };
	autostr char *parked = parked_name(d);
	struct err ignored = { 0 }; /* what is left is found some day */

	if (dir_list(tmpdir, &names, &ignored))
		return;
	for (size_t i = 0; i < names.n; i++)
		if (belongs(names.v[i], parked))
			unlinkat(tmpdir, names.v[i], 0);
}

char *partial_lease(const char *file)
{
	const char *name = file + strlen(PARTIAL_PREFIX);
	size_t n;

	if (!str_starts(file, PARTIAL_PREFIX))
		return NULL;
	n = strcspn(name, ".");
	if (!name[n])
		return NULL;
	n += 1 + strcspn(name + n + 1, ".");
	return str_fmt(LEASE_PREFIX "%.*s", (int)n, name);
}

bool partial_has(const struct strlist *names, const char *name)
{
	autostr char *parked = str_fmt(PARTIAL_PREFIX "%s", name);

	for (size_t i = 0; i < names->n; i++)
		if (belongs(names->v[i], parked))
			return true;
	return false;
}
