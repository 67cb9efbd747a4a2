/* layers.c - the layers of an overlay that is written to or put together from
 * the host's directories.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "run/layers.h"

#include "base/dir.h"
#include "base/mem.h"
#include "base/str.h"
#include "run/cause.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define UPPER LAYERS_UPPER
#define WORK "work"
/* Shown as the source in /proc/self/mountinfo. */
#define SOURCE "chassis"

char *layers_dir(const char *text, bool *readonly)
{
	*readonly = str_ends(text, ":ro");
	return xstrndup(text, strlen(text) - (*readonly ? 3 : 0));
}

static int open_in(int dir, const char *name, struct err *e)
{
	int flags = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(dir, name, flags);

	return fd < 0 ? err_sys(e, "can't open '%s'", name) : fd;
}

int layers_make(struct layers *l, int memory, struct err *e)
{
	if (mkdirat(memory, UPPER, 0755) && errno != EEXIST)
		return err_sys(e, "can't make the writable layer");
	if (mkdirat(memory, WORK, 0700) && errno != EEXIST)
		return err_sys(e, "can't make the writable layer");
	l->upper = open_in(memory, UPPER, e);
	if (l->upper < 0)
		return -1;
	l->work = open_in(memory, WORK, e);
	return l->work < 0 ? -1 : 0;
}

static int take_upper(struct layers *l, const char *path, struct err *e)
{
	autofd int dir = -1;

	if (mkdir(path, 0700) && errno != EEXIST)
		return err_sys(e, "can't make '%s'", path);
	dir = dir_open(path, e);
	if (dir < 0)
		return -1;
	return layers_make(l, dir, e) ? err_ctx(e, "'%s'", path) : 0;
}

static int take_lower(struct layers *l, const char *path, struct err *e)
{
	autofd int dir = dir_open(path, e);

	if (dir < 0)
		return -1;
	l->lower[l->n_lower] = open_in(dir, UPPER, e);
	if (l->lower[l->n_lower] < 0)
		return err_ctx(e, "'%s' holds no layer", path);
	l->n_lower++;
	return 0;
}

int layers_take(struct layers *l, const struct step *s, struct err *e)
{
	l->lower = xcalloc(s->lower.n + 1, sizeof *l->lower);
	for (size_t i = 0; i < s->lower.n; i++)
		if (take_lower(l, s->lower.v[i], e))
			return -1;
	return s->src ? take_upper(l, s->src, e) : 0;
}

/* Descriptors and not paths, which may hold ':' and ','. */
static void add_fd(struct str *options, const char *before, int fd)
{
	str_addf(options, "%s/proc/self/fd/%d", before, fd);
}

/* EINVAL has many reasons, see ovl_fill_super; this is the one that is met. */
static int refused(const struct layers *l, int code, struct err *e)
{
	const struct cause *c = cause_overlay(code);

	if (c) {
		cause_error(c, "can't mount an overlay", e);
		return err_hint(e, "--write can change a copy of the image");
	}
	err_sysno(e, code, "can't mount an overlay");
	if (code != EINVAL || l->upper < 0)
		return -1;
	return err_hint(e, "the file system of the writable layer can't hold "
			   "one (NFS and Lustre can't): choose another "
			   "directory, or --write-fake");
}

int layers_mount(const struct layers *l, const char *at, int fresh, int image,
		 struct err *e)
{
	unsigned long flags = MS_NOSUID | (l->upper < 0 ? MS_RDONLY : 0);
	AUTO(str) struct str options = { 0 };
	size_t plain;

	add_fd(&options, "lowerdir=", fresh);
	for (size_t i = l->n_lower; i-- > 0;)
		add_fd(&options, ":", l->lower[i]);
	add_fd(&options, ":", image);
	if (l->upper >= 0) {
		add_fd(&options, ",upperdir=", l->upper);
		add_fd(&options, ",workdir=", l->work);
	}
	/* A user's marks are in "user." attributes (Linux 5.11); an older
	 * kernel that was taught to let users in does not know the word. */
	plain = options.len;
	str_add(&options, ",userxattr");
	if (options.len >= (size_t)sysconf(_SC_PAGESIZE))
		return err_set(e, ERR_LIMIT,
			       "too many layers: %zu below the writable one; "
			       "the kernel takes one page of names (mount(2))",
			       l->n_lower);
	if (!mount(SOURCE, at, "overlay", flags, str_text(&options)))
		return 0;
	options.p[plain] = '\0';
	if (errno == EINVAL &&
	    !mount(SOURCE, at, "overlay", flags, str_text(&options)))
		return 0;
	return refused(l, errno, e);
}

void layers_close(struct layers *l)
{
	for (size_t i = 0; i < l->n_lower; i++)
		close(l->lower[i]);
	free(l->lower);
	auto_fd_(&l->upper);
	auto_fd_(&l->work);
	*l = (struct layers)LAYERS_INIT;
}
