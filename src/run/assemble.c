/* assemble.c - fill a directory of ours with the entries of the image's.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "run/assemble.h"

#include "base/dir.h"
#include "base/path.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#define DIR_MODE 0755
#define FILE_MODE 0644

/* One directory being filled. */
struct fill {
	const struct mnt *mnt;
	const struct plan *plan;
	const struct step *step;
	int old; /* the image's */
	int new; /* ours, writable */
	int at;  /* ours as mounted, where the entries are bound */
};

/* Is NAME one of the new entries, or the way to one? */
static bool is_fresh(const struct fill *f, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < f->step->n_fresh; i++) {
		const char *path = f->step->fresh[i].path;

		if (!strncmp(path, name, n) && (!path[n] || path[n] == '/'))
			return true;
	}
	return false;
}

/* Will the directory NAME be mounted over, so that binding it is for nothing?
 */
static bool is_covered(const struct fill *f, const char *name)
{
	autostr char *path = path_join(f->step->dst, name);

	for (const struct step *s = f->step + 1; s < f->plan->v + f->plan->n;
	     s++)
		if (s->dst && !strcmp(s->dst, path))
			return true;
	return false;
}

static int copy_link(const struct fill *f, const char *name, struct err *e)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(f->old, name, target, sizeof target - 1);

	if (n < 0)
		return err_sys(e, "can't read the link '%s'", name);
	target[n] = '\0';
	return symlinkat(target, f->new, name)
		       ? err_sys(e, "can't copy the link '%s'", name)
		       : 0;
}

/* A mount point for NAME of the image. */
static int make_place(const struct fill *f, const char *name, mode_t mode,
		      struct err *e)
{
	int bad = S_ISDIR(mode) ? mkdirat(f->new, name, DIR_MODE)
				: mknodat(f->new, name, S_IFREG | FILE_MODE, 0);

	return bad ? err_sys(e, "can't make a mount point for '%s'", name) : 0;
}

static int fill_one(const struct fill *f, const char *name, struct err *e)
{
	struct stat st;

	if (is_fresh(f, name))
		return 0;
	if (fstatat(f->old, name, &st, AT_SYMLINK_NOFOLLOW))
		return f->step->of_host && errno == ENOENT
			       ? 0 /* removed a moment ago */
			       : err_sys(e, "can't read '%s'", name);
	if (S_ISLNK(st.st_mode))
		return copy_link(f, name, e);
	if (make_place(f, name, st.st_mode, e))
		return -1;
	if (S_ISDIR(st.st_mode) && is_covered(f, name))
		return 0;
	if (!mnt_bind_entry(f->mnt, f->old, f->at, name, e))
		return 0;
	if (!f->step->of_host || e->code != ENOENT)
		return -1;
	*e = (struct err){ 0 };
	return 0;
}

int assemble_fill(const struct mnt *m, const struct plan *p,
		  const struct step *s, int old, int top, int new,
		  struct err *e)
{
	int flags = O_PATH | O_DIRECTORY;
	autofd int at = dir_open_in_root(top, s->dst, flags, 0, e);
	AUTO(strlist) struct strlist names = { 0 };
	struct fill f = {
		.mnt = m,
		.plan = p,
		.step = s,
		.old = old,
		.new = new,
		.at = at,
	};

	if (at < 0 || dir_list(old, &names, e))
		return -1;
	for (size_t i = 0; i < names.n; i++)
		if (fill_one(&f, names.v[i], e))
			return -1;
	return 0;
}
