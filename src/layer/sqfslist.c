/* sqfslist.c - the names in a directory of a squashfs image.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "layer/sqfslist.h"

#include <endian.h>
#include <sqfs/dir.h>
#include <sqfs/inode.h>
#include <string.h>

void sqfslist_start(struct sqfslist *l, const struct sqfsimage_inode *dir)
{
	l->at = dir->names;
	l->left = dir->names_size;
	l->in_header = 0;
	l->last[0] = '\0';
}

/* N bytes of the listing. */
static int take(struct sqfsimage *img, struct sqfslist *l, void *p,
		size_t n, struct err *e)
{
	if (n > l->left)
		return sqfsimage_bad(e, "a directory ends in the middle of a "
					"name");
	l->left -= (uint32_t)n;
	return sqfsimage_get(img, img->listings, p, n, e);
}

static int take_header(struct sqfsimage *img, struct sqfslist *l,
		       struct err *e)
{
	sqfs_dir_header_t h;
	uint32_t n;

	if (take(img, l, &h, sizeof(h), e))
		return -1;
	n = le32toh(h.count);
	if (n >= SQFS_MAX_DIR_ENT)
		return sqfsimage_bad(e,
				     "expected a directory header for up to "
				     "%d names, found one for %llu",
				     SQFS_MAX_DIR_ENT,
				     (unsigned long long)n + 1);
	l->in_header = n + 1;
	l->block = le32toh(h.start_block);
	return 0;
}

static int check_name(struct sqfslist *l, const char *name, size_t n,
		      struct err *e)
{
	if (strlen(name) != n || strchr(name, '/') || !strcmp(name, ".") ||
	    !strcmp(name, ".."))
		return sqfsimage_bad(e, "a name that can't be: '%s'", name);
	if (strcmp(name, l->last) <= 0)
		return sqfsimage_bad(e, "a directory has '%s' behind '%s'",
				     name, l->last);
	memcpy(l->last, name, n + 1);
	return 0;
}

static int take_name(struct sqfsimage *img, struct sqfslist *l,
		     struct sqfsimage_name *out, struct err *e)
{
	sqfs_dir_entry_t d;
	size_t n;

	if (take(img, l, &d, sizeof(d), e))
		return -1;
	n = le16toh(d.size) + 1u;
	out->type = le16toh(d.type);
	out->ref = (uint64_t)l->block << 16 | le16toh(d.offset);
	if (out->type < SQFS_INODE_DIR || out->type > SQFS_INODE_SOCKET)
		return sqfsimage_bad(e,
				     "a name for an inode of unknown type "
				     "%u",
				     out->type);
	if (n > SQFSIMAGE_NAME_MAX)
		return sqfsimage_bad(e, "a name of %zu bytes", n);
	if (take(img, l, out->text, n, e))
		return -1;
	out->text[n] = '\0';
	return check_name(l, out->text, n, e);
}

int sqfslist_next(struct sqfslist *l, struct sqfsimage *img,
		  struct sqfsimage_name *out, struct err *e)
{
	if (!l->left && !l->in_header)
		return 0;
	if (sqfsimage_seek(img, img->listings, l->at, e) ||
	    (!l->in_header && take_header(img, l, e)) ||
	    take_name(img, l, out, e))
		return -1;
	l->in_header--;
	l->at = sqfsimage_tell(img->listings);
	return 1;
}
