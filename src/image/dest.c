/* dest.c - where a new image goes.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "image/dest.h"

#include "base/dir.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "image/name.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define SIF_MAGIC "SIF_MAGIC"
#define SIF_MAGIC_AT 32

enum state { FREE, EMPTY, IMAGE };

/* What tells an unpacked image from any other directory: ours, Charliecloud's.
 * --force must not be able to replace a home directory. */
static bool looks_like_image(int fd)
{
	static const char *const marks[] = {
		"ch/image",
		"ch/config.json",
		"ch/environment",
		"WEIRD_AL_YANKOVIC",
	};
	struct stat st;

	for (size_t i = 0; i < ARRAY_SIZE(marks); i++)
		if (!fstatat(fd, marks[i], &st, AT_SYMLINK_NOFOLLOW) &&
		    S_ISREG(st.st_mode))
			return true;
	return false;
}

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
	is_image = looks_like_image(fd);
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

/* SIF's global header has its magic behind 32 bytes for the line "#!..." (SIF
 * specification, "Global header"). */
static bool is_sif(int fd)
{
	char magic[sizeof SIF_MAGIC - 1];

	return pread(fd, magic, sizeof magic, SIF_MAGIC_AT) == sizeof magic &&
	       !memcmp(magic, SIF_MAGIC, sizeof magic);
}

static int check_file(const struct dest *d, enum state *state, struct err *e)
{
	struct stat st;
	autofd int fd = -1;
	bool is_image;

	*state = FREE;
	if (fstatat(d->parent, d->name, &st, AT_SYMLINK_NOFOLLOW)) {
		if (errno == ENOENT)
			return 0;
		return err_sys(e, "can't stat '%s'", d->shown);
	}
	if (S_ISDIR(st.st_mode))
		return err_set(e, ERR_EXISTS,
			       "the image is a SIF file, but '%s' is a "
			       "directory; name a file, as in '%s/image.sif'",
			       d->shown, d->shown);
	if (S_ISREG(st.st_mode))
		fd = openat(d->parent, d->name,
			    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	is_image = fd >= 0 && is_sif(fd);
	if (d->mode != DEST_REPLACE) {
		err_set(e, ERR_EXISTS, "'%s' exists%s", d->shown,
			is_image ? "" : " and is not an image");
		return is_image ? err_hint(e, "use --force to replace it") : -1;
	}
	if (!is_image)
		return err_set(e, ERR_EXISTS,
			       "'%s' is not a SIF file, so --force won't "
			       "replace it; remove it yourself",
			       d->shown);
	*state = IMAGE;
	return 0;
}

/* Open the directory that TEXT is in, and say if it can't be written. */
static int open_parent(struct dest *d, const char *text, bool force,
		       struct err *e)
{
	AUTO(name) struct name n = { 0 };
	autostr char *name = NULL;
	autostr char *dir = NULL;

	*d = (struct dest)DEST_INIT;
	if (name_parse_out(text, &n, e))
		return -1;
	/* Not cleaned: behind a symlink ".." is not what it looks like. */
	name = xstrndup(path_base(n.path), strcspn(path_base(n.path), "/"));
	if (!*name || str_eq(name, ".") || str_eq(name, ".."))
		return err_set(e, ERR_USAGE,
			       "'%s' can't be the name of a new image", text);
	dir = path_dir(n.path);
	d->shown = xstrdup(text);
	d->name = TAKE(name);
	d->mode = force ? DEST_REPLACE : DEST_NEW;
	d->parent = dir_open(dir, e);
	if (d->parent < 0)
		return err_ctx(e, "can't write '%s'", text);
	if (faccessat(d->parent, ".", W_OK | X_OK, AT_EACCESS))
		return err_sys(e, "can't write '%s'", text);
	tmp_sweep(d->parent);
	return 0;
}

int dest_open(struct dest *d, const char *text, bool force, struct err *e)
{
	enum state state;

	return open_parent(d, text, force, e) ? -1 : check(d, &state, e);
}

int dest_open_file(struct dest *d, const char *text, bool force, struct err *e)
{
	enum state state;

	return open_parent(d, text, force, e) ? -1 : check_file(d, &state, e);
}

bool dest_is_file(const char *text)
{
	struct stat st;

	if (!stat(text, &st))
		return S_ISREG(st.st_mode);
	return strlen(text) > 4 && str_ends(text, ".sif");
}

int dest_refuse_file(const char *text, struct err *e)
{
	return err_set(e, ERR_UNSUPPORTED,
		       "can't write '%s': the image is not a SIF file; DEST "
		       "must be a directory",
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

int dest_publish_file(const struct dest *d, struct tmp *t, struct err *e)
{
	enum state state;
	mode_t mask;

	if (!is_sif(t->fd))
		return err_set(e, ERR_FORMAT,
			       "the image says that it is a SIF file, but at "
			       "byte %d '%s' is missing",
			       SIF_MAGIC_AT, SIF_MAGIC);
	if (check_file(d, &state, e))
		return -1;
	mask = umask(077);
	umask(mask);
	if (fchmod(t->fd, 0777 & ~mask))
		return err_sys(e, "can't set the mode of '%s'", d->shown);
	return tmp_publish(t, d->parent, d->name,
			   state == IMAGE ? TMP_REPLACE : TMP_EXCL, e);
}
