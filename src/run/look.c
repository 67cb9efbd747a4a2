/* look.c - what a path is on the host and where it leads in the image.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "run/look.h"

#include "base/dir.h"
#include "base/mem.h"
#include "base/path.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* More entries than any plan asks about need no counting. */
#define COUNT_MAX 1000

int look_on_host(void *ctx, const char *path, enum path_kind *kind)
{
	struct stat st;

	(void)ctx;
	if (stat(path, &st))
		return errno;
	*kind = S_ISDIR(st.st_mode) ? PATH_DIR : PATH_FILE;
	return 0;
}

char *look_real(void *ctx, const char *path)
{
	(void)ctx;
	return realpath(path, NULL);
}

/* How many records of getdents64(2) are in the N bytes at BUF. */
static size_t count_records(const char *buf, size_t n)
{
	size_t count = 0;

	for (size_t at = 0; at < n; count++)
		at += ((const struct dirent64 *)(const void *)(buf + at))
			      ->d_reclen;
	return count;
}

/* Entries of the directory PATH in the image, about COUNT_MAX if they are more
 * or can't be read. Without readdir(3), whose buffer of 32 KiB costs more than
 * the look. */
static size_t count(struct look_image *l, const char *path)
{
	_Alignas(struct dirent64) char buf[4096];
	struct err ignored = { 0 }; /* as said: not readable is "many" */
	int flags = O_RDONLY | O_DIRECTORY;
	autofd int fd = dir_open_in_root(l->fd, path, flags, 0, &ignored);
	size_t total = 0;
	long n = 0;

	while (fd >= 0 && total < COUNT_MAX + 2) {
		n = syscall(SYS_getdents64, fd, buf, sizeof buf);
		if (n <= 0)
			break;
		total += count_records(buf, (size_t)n);
	}
	if (fd < 0 || n < 0)
		return COUNT_MAX;
	return total < 2 ? 0 : total - 2; /* "." and ".." */
}

static size_t count_once(struct look_image *l, const char *path)
{
	if (!l->counted || strcmp(l->counted, path)) {
		free(l->counted);
		l->counted = xstrdup(path);
		l->n_counted = count(l, path);
	}
	return l->n_counted;
}

/* Nothing, or a link that is not followed, is at the N-th byte of PATH. */
static void stop_at(struct look_image *l, struct spot *s, size_t n,
		    enum path_kind kind)
{
	s->kind = kind;
	s->dir = xstrndup(s->path, n ? n : 1);
	s->n_entries = count_once(l, s->dir);
}

/* What is at PATH, as lstat(2) has it. */
static int stat_at(const struct look_image *l, const char *path, mode_t *mode,
		   struct err *e)
{
	struct stat st;

	*mode = 0;
	if (strlist_has(&l->known, path)) {
		*mode = S_IFDIR;
		return 0;
	}
	if (!fstatat(l->fd, path + 1, &st, AT_SYMLINK_NOFOLLOW))
		*mode = st.st_mode;
	else if (errno != ENOENT)
		return err_sys(e, "can't look at '%s' in the image", path);
	return 0;
}

/* Walk s->path. *LINK becomes true if a link is met that must be followed. */
static int walk(struct look_image *l, struct spot *s, bool in_place, bool *link,
		struct err *e)
{
	const char *rest = s->path;
	size_t len, done = 0;

	s->kind = PATH_DIR;
	while (path_next(&rest, &len)) {
		autostr char *prefix =
			xstrndup(s->path, (size_t)(rest - s->path));
		mode_t mode;

		if (stat_at(l, prefix, &mode, e))
			return -1;
		if (!mode || (S_ISLNK(mode) && in_place && !*rest)) {
			stop_at(l, s, done, mode ? PATH_LINK : PATH_MISSING);
			return 0;
		}
		if (!S_ISDIR(mode)) {
			s->kind = *rest ? PATH_BLOCKED : PATH_FILE;
			*link = S_ISLNK(mode);
			return 0;
		}
		if (!strlist_has(&l->known, prefix))
			strlist_add(&l->known, prefix);
		done = (size_t)(rest - s->path);
	}
	return 0;
}

/* PATH without links of the image; the last component stays if IN_PLACE. */
static char *resolve(const struct look_image *l, const char *path,
		     bool in_place, struct err *e)
{
	autostr char *dir = in_place ? path_dir(path) : xstrdup(path);
	autostr char *real = NULL;
	bool exists;

	real = dir_resolve_in_root(l->fd, dir, &exists, e);
	if (!real || !in_place)
		return TAKE(real);
	return path_join(real, path_base(path));
}

int look_in_image(void *ctx, const char *path, bool in_place, struct spot *spot,
		  struct err *e)
{
	struct look_image *l = ctx;
	bool link = false;

	*spot = (struct spot){ .path = xstrdup(path) };
	if (walk(l, spot, in_place, &link, e))
		return -1;
	if (!link)
		return 0;
	free(spot->path);
	spot->path = resolve(l, path, in_place, e);
	link = false;
	if (!spot->path || walk(l, spot, in_place, &link, e))
		return -1;
	if (link)
		return err_set(e, ERR_FORMAT,
			       "'%s' changes in the image while it is looked "
			       "at",
			       path);
	return 0;
}

void look_image_clear(struct look_image *l)
{
	strlist_clear(&l->known);
	free(l->counted);
	l->counted = NULL;
}
