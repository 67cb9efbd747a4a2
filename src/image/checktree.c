/* checktree.c - what may be wrong inside a tree of the store.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "image/checktree.h"

#include "base/str.h"
#include "image/treewalk.h"

#include <fcntl.h>

/* By descriptor, since a name may be a link by now. An O_PATH one, which a
 * directory gives that can't be read, takes no fchmod, but its entry in /proc
 * does (open(2)). */
bool checktree_set_mode(int dir, const char *name, const struct stat *st,
			mode_t mode)
{
	struct stat now;
	autofd int fd = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	autostr char *link = str_fmt("/proc/self/fd/%d", fd);

	if (fd < 0 || fstat(fd, &now) || now.st_ino != st->st_ino ||
	    now.st_dev != st->st_dev || S_ISLNK(now.st_mode))
		return false;
	return !chmod(link, mode);
}

static void tell(const struct checktree *c, const struct treewalk_entry *entry,
		 const char *what, bool is_repaired)
{
	c->found(c->ctx, entry->path, what, is_repaired);
}

static int look_at_directory(const struct checktree *c,
			     const struct treewalk_entry *entry)
{
	mode_t mode = entry->st->st_mode & ALLPERMS;
	bool is_repaired;

	if ((mode & S_IRWXU) == S_IRWXU)
		return 0;
	is_repaired =
		c->repair && checktree_set_mode(entry->dir, entry->name,
						entry->st, mode | S_IRWXU);
	tell(c, entry, "directory lacks a permission of its owner",
	     is_repaired);
	return is_repaired || (mode & (S_IRUSR | S_IXUSR)) ==
				       (S_IRUSR | S_IXUSR)
		       ? 0
		       : TREEWALK_SKIP;
}

static int visit(void *ctx, const struct treewalk_entry *entry, struct err *e)
{
	const struct checktree *c = ctx;
	const struct stat *st = entry->st;
	mode_t mode = st->st_mode & ALLPERMS, ids = S_ISUID | S_ISGID;

	(void)e;
	if (st->st_uid != geteuid() && !c->is_shared)
		tell(c, entry, "belongs to another user", false);
	if (S_ISDIR(st->st_mode))
		return look_at_directory(c, entry);
	if (S_ISREG(st->st_mode) && mode & ids)
		tell(c, entry, "has a set-ID bit",
		     c->repair && checktree_set_mode(entry->dir, entry->name,
						     st, mode & ~ids));
	if (S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode))
		tell(c, entry, "is a device",
		     c->repair && !unlinkat(entry->dir, entry->name, 0));
	return 0;
}

int checktree(const struct checktree *c, int dir, const char *name,
	      struct err *e)
{
	struct checktree own = *c;

	return treewalk(dir, name, visit, &own, e);
}
