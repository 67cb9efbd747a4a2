/* dest.c - where a new image goes.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "image/dest.h"

#include "base/dir.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "base/umask.h"
#include "image/mark.h"
#include "image/room.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define OUTPUT 1 /* the descriptor of standard output */

enum state { FREE, EMPTY, IMAGE };

static int look_inside(const struct dest *d, enum state *state, struct err *e)
{
	autofd int fd = openat(d->parent, d->name,
			       O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	bool empty, is_image;

	if (fd < 0)
		return err_sys(e, "can't open '%s'", d->shown);
	if (dir_is_empty(fd, &empty, e))
		return -1;
	*state = empty ? EMPTY : IMAGE;
	if (empty)
		return 0;
	is_image = mark_dir(fd);
	if (d->mode != DEST_REPLACE) {
		err_set(e, ERR_EXISTS, "'%s' exists and is not empty%s",
			d->shown, is_image ? "" : ", and it is not an image");
		return is_image ? err_hint(e, "use --force to replace it") : -1;
	}
	if (!is_image)
		return err_set(e, ERR_EXISTS,
			       "'%s' does not look like an image, so --force "
			       "won't replace it; remove it yourself",
			       d->shown);
	return 0;
}

static int check(const struct dest *d, enum state *state, struct err *e)
{
	struct stat st;

	*state = FREE;
	if (fstatat(d->parent, d->name, &st, AT_SYMLINK_NOFOLLOW)) {
		if (errno == ENOENT)
			return 0;
		return err_sys(e, "can't stat '%s'", d->shown);
	}
	if (!S_ISDIR(st.st_mode))
		return err_set(e, ERR_EXISTS,
			       "'%s' exists and is not a directory", d->shown);
	return look_inside(d, state, e);
}

static bool is_image_file(const struct dest *d)
{
	autofd int fd = openat(d->parent, d->name,
			       O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	return fd >= 0 && mark_file(fd);
}

static int check_file(const struct dest *d, enum state *state, struct err *e)
{
	struct stat st;
	bool is_image;

	*state = FREE;
	if (fstatat(d->parent, d->name, &st, AT_SYMLINK_NOFOLLOW)) {
		if (errno == ENOENT)
			return 0;
		return err_sys(e, "can't stat '%s'", d->shown);
	}
	if (S_ISDIR(st.st_mode) && d->kind == NAME_DIR) /* as it seemed */
		return err_set(e, ERR_EXISTS,
			       "the image is a SIF file, but '%s' is a "
			       "directory; name a file, as in '%s/image.sif'",
			       d->shown, d->shown);
	if (S_ISDIR(st.st_mode))
		return err_set(e, ERR_EXISTS,
			       "'%s' is a directory, and a file is to be "
			       "written there",
			       d->shown);
	is_image = S_ISREG(st.st_mode) && is_image_file(d);
	if (d->mode != DEST_REPLACE) {
		err_set(e, ERR_EXISTS, "'%s' exists%s", d->shown,
			is_image ? "" : " and is not an image");
		return is_image ? err_hint(e, "use --force to replace it") : -1;
	}
	if (!is_image)
		return err_set(e, ERR_EXISTS,
			       "'%s' is not an image, so --force won't "
			       "replace it; remove it yourself",
			       d->shown);
	*state = IMAGE;
	return 0;
}

/* Open the directory that N is in, and say if it can't be written. */
static int open_parent(struct dest *d, const struct name *n, bool force,
		       struct err *e)
{
	autostr char *name = NULL;
	autostr char *dir = NULL;

	*d = (struct dest)DEST_INIT;
	/* Not cleaned: behind a symlink ".." is not what it looks like. */
	name = xstrndup(path_base(n->path), strcspn(path_base(n->path), "/"));
	if (!*name || str_eq(name, ".") || str_eq(name, ".."))
		return err_set(e, ERR_USAGE,
			       "'%s' can't be the name of a new image",
			       n->text);
	dir = path_dir(n->path);
	d->shown = xstrdup(n->path);
	d->name = TAKE(name);
	d->kind = n->kind;
	d->mode = force ? DEST_REPLACE : DEST_NEW;
	d->parent = dir_open(dir, e);
	if (d->parent < 0)
		return err_ctx(e, "can't write '%s'", n->path);
	if (faccessat(d->parent, ".", W_OK | X_OK, AT_EACCESS))
		return err_sys(e, "can't write '%s'", n->path);
	tmp_sweep(d->parent);
	return 0;
}

int dest_open(struct dest *d, const struct name *n, bool force, struct err *e)
{
	enum state state;

	return open_parent(d, n, force, e) ? -1 : check(d, &state, e);
}

static int open_stdout(struct dest *d, struct err *e)
{
	*d = (struct dest)DEST_INIT;
	if (isatty(OUTPUT))
		return err_set(e, ERR_USAGE,
			       "standard output is a terminal; send the image "
			       "to a file with '>FILE' or through a pipe");
	d->shown = xstrdup("standard output");
	return 0;
}

int dest_open_file(struct dest *d, const struct name *n, bool force,
		   struct err *e)
{
	enum state state;

	if (str_eq(n->path, "-"))
		return open_stdout(d, e);
	return open_parent(d, n, force, e) ? -1 : check_file(d, &state, e);
}

bool dest_is_file(const struct name *n)
{
	struct stat st;

	return n->kind == NAME_SIF ||
	       (n->kind == NAME_DIR && !stat(n->path, &st) &&
		S_ISREG(st.st_mode));
}

int dest_refuse_file(const char *text, struct err *e)
{
	return err_set(e, ERR_UNSUPPORTED,
		       "can't write '%s': the image is not a SIF file; without "
		       "--no-store it is made into one",
		       text);
}

void dest_keep(struct dest *d, int parent, const char *name)
{
	*d = (struct dest){
		.parent = parent,
		.name = xstrdup(name),
		.shown = xstrdup(name),
		.mode = DEST_KEEP,
	};
}

void dest_clear(struct dest *d)
{
	if (d->parent >= 0)
		close(d->parent);
	free(d->name);
	free(d->shown);
	*d = (struct dest)DEST_INIT;
}

int dest_check_apart(const struct name *n, const char *in, bool may_be_same,
		     struct err *e)
{
	autostr char *base =
		xstrndup(path_base(n->path), strcspn(path_base(n->path), "/"));
	autostr char *dir = path_dir(n->path);
	autostr char *full = realpath(dir, NULL);
	autostr char *from = full ? realpath(in, NULL) : NULL;
	autostr char *to = from ? path_join(full, base) : NULL;

	if (!to) /* what is not there is told where it is opened */
		return 0;
	if (str_eq(from, to) && may_be_same)
		return 0;
	if (str_eq(from, to))
		return err_set(e, ERR_USAGE, "'%s' is what is read, too",
			       n->path);
	if (path_is_within(from, to))
		return err_set(e, ERR_USAGE, "'%s' is in '%s', which is read",
			       n->path, in);
	if (path_is_within(to, from))
		return err_set(e, ERR_USAGE, "'%s', which is read, is in '%s'",
			       in, n->path);
	return 0;
}

int dest_check_room(const struct dest *d, uint64_t bytes, struct err *e)
{
	return d->parent < 0 ? 0 : room_check(d->parent, d->shown, bytes, e);
}

int dest_publish(const struct dest *d, struct tmp *t, struct err *e)
{
	enum state state;
	int rc;

	if (d->mode == DEST_KEEP) {
		rc = tmp_publish(t, d->parent, d->name, TMP_EXCL, e);
		/* Somebody else was faster with the same image. */
		return rc && e->kind == ERR_EXISTS ? 0 : rc;
	}
	if (check(d, &state, e))
		return -1;
	if (state == EMPTY && unlinkat(d->parent, d->name, AT_REMOVEDIR))
		return err_sys(e, "can't replace the empty directory '%s'",
			       d->shown);
	return tmp_publish(t, d->parent, d->name,
			   state == IMAGE ? TMP_REPLACE : TMP_EXCL, e);
}

int dest_publish_file(const struct dest *d, struct tmp *t, mode_t mode,
		      struct err *e)
{
	enum state state;

	if (check_file(d, &state, e))
		return -1;
	if (fchmod(t->fd, mode & ~umask_read()))
		return err_sys(e, "can't set the mode of '%s'", d->shown);
	return tmp_publish(t, d->parent, d->name,
			   state == IMAGE ? TMP_REPLACE : TMP_EXCL, e);
}
