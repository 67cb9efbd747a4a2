/* fuselist.c - a directory's names as the FUSE protocol wants them.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A position is where sqdir_list goes on, plus two; before that are "." and
 * "..", which an image does not have as names.
 */
#include "config.h"

#include "squash/fuselist.h"

#include "squash/sqdir.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

enum { AT_DOT, AT_DOTDOT, AT_NAMES };

struct list {
	const struct fuseattr_view *view;
	bool plus;
	char *at; /* where the next record goes */
	size_t left;
};

/* One record, padded to 8 bytes with what is zero. False if it does not fit. */
static bool add(struct list *l, const struct sqdir_entry *x,
		const struct fuse_entry_out *entry)
{
	size_t front = l->plus ? sizeof(*entry) : 0;
	size_t n = front + FUSE_DIRENT_ALIGN(FUSE_NAME_OFFSET + x->len);
	struct fuse_dirent d = {
		.ino = x->number,
		.off = x->next,
		.namelen = (uint32_t)x->len,
		.type = x->type,
	};

	if (n > l->left)
		return false;
	memset(l->at + n - sizeof(uint64_t), 0, sizeof(uint64_t));
	if (front)
		memcpy(l->at, entry, front);
	memcpy(l->at + front, &d, FUSE_NAME_OFFSET);
	memcpy(l->at + front + FUSE_NAME_OFFSET, x->name, x->len);
	l->at += n;
	l->left -= n;
	return true;
}

static bool add_dots(struct list *l, const char *name, uint32_t number,
		     uint64_t next)
{
	/* Whose node the kernel knows anyway: it takes none from here. */
	static const struct fuse_entry_out none = { 0 };
	struct sqdir_entry x = {
		.name = name,
		.len = strlen(name),
		.number = number,
		.next = next,
		.type = DT_DIR,
	};

	return add(l, &x, &none);
}

/* A node that can't be read has no entry, only a name: so the kernel asks for
 * it when somebody wants it, and gets the error. */
static int add_name(void *ctx, const struct sqdir_entry *x)
{
	struct list *l = ctx;
	struct fuse_entry_out entry = { 0 };
	struct sqdir_entry shifted = *x;
	struct sqnode n;

	shifted.next += AT_NAMES;
	if (l->plus && !sqnode_read(l->view->image, x->ref, &n))
		fuseattr_entry(l->view, &n, &entry);
	return !add(l, &shifted, &entry);
}

ssize_t fuselist(const struct fuseattr_view *v, const struct sqnode *dir,
		 uint64_t at, bool plus, char *buf, size_t n)
{
	struct list l = { .view = v, .plus = plus, .at = buf, .left = n };
	int rc = 0;

	if (!S_ISDIR(dir->mode))
		return -ENOTDIR;
	if (at <= AT_DOT && !add_dots(&l, ".", dir->number, AT_DOTDOT))
		return -EINVAL;
	if (at <= AT_DOTDOT && !add_dots(&l, "..", dir->parent, AT_NAMES))
		return l.at - buf;
	at = at < AT_NAMES ? 0 : at - AT_NAMES;
	rc = sqdir_list(v->image, dir, at, add_name, &l);
	/* What follows the names that could be read fails the next time. */
	return rc < 0 && l.at == buf ? rc : l.at - buf;
}
