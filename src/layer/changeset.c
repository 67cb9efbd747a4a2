/* changeset.c - what each entry of a layer means for the tree and the disk.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "layer/changeset.h"

#include "base/intr.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/str.h"
#include "format/whiteout.h"
#include "layer/disk.h"
#include "layer/lookup.h"
#include "layer/tree.h"

#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#define TARGET_MAX 4095 /* symlink(2): PATH_MAX with its NUL */

/* Times that every file system and tool we know of can hold or show: ext4's
 * first second and the end of the year 9999. */
#define TIME_MIN INT32_MIN
#define TIME_MAX INT64_C(253402300799)

struct changeset {
	struct tree *tree;
	struct disk *disk;
	struct tree_ops ops;
	struct lookup *lookup;
	struct unpack_stats *stats;
	unsigned layer; /* under way, from 1 */
};

/* An entry on its way. */
struct change {
	struct changeset *c;
	struct tarread *r;
	struct tarread_entry *entry;
	struct node *dir; /* where it goes */
	const char *base; /* its name there */
};

struct changeset *changeset_new(int root, struct unpack_stats *stats,
				struct err *e)
{
	AUTO(changeset) struct changeset *c = xcalloc(1, sizeof(*c));

	c->stats = stats;
	c->disk = disk_new(root, e);
	if (!c->disk)
		return NULL;
	c->ops = (struct tree_ops){
		.gone = disk_gone,
		.made = disk_made,
		.ctx = c->disk,
	};
	c->tree = tree_new(&c->ops);
	c->lookup = lookup_new(c->tree);
	return TAKE(c);
}

void changeset_free(struct changeset *c)
{
	if (c->lookup)
		lookup_free(c->lookup);
	if (c->disk)
		disk_free(c->disk);
	if (c->tree)
		tree_free(c->tree);
	free(c);
}

static struct timespec clamp(struct changeset *c, struct timespec t)
{
	if (t.tv_sec >= TIME_MIN && t.tv_sec <= TIME_MAX)
		return t;
	c->stats->times++;
	t.tv_sec = t.tv_sec < TIME_MIN ? TIME_MIN : TIME_MAX;
	t.tv_nsec = 0;
	return t;
}

/* The mode that is kept: no set-ID bits, and what the owner needs to use and
 * to remove it. */
static mode_t keep_mode(struct change *ch, mode_t needed)
{
	mode_t mode = ch->entry->mode;

	if (mode & (S_ISUID | S_ISGID))
		ch->c->stats->setids++;
	return (mode & (S_ISVTX | 0777)) | needed;
}

/* Is the attribute to be kept? Those of the system are not an ordinary user's
 * to set; of them only file capabilities are missed (ping won't work).
 * user.overlay.* steers an overlay mounted by a user: ours, not the image's. */
static bool is_kept(struct change *ch, const char *name)
{
	if (str_starts(name, "user."))
		return !str_starts(name, "user.overlay.");
	if (!strcmp(name, "security.capability"))
		ch->c->stats->xattrs++;
	return false;
}

/* Set the entry's attributes; whether there are any now. Those the file system
 * does not take are counted. */
static bool set_xattrs(struct change *ch, int fd)
{
	const char *name;
	const void *value;
	size_t size;
	bool any = false;

	while (tarread_xattr(ch->r, &name, &value, &size)) {
		if (!is_kept(ch, name))
			continue;
		if (fsetxattr(fd, name, value, size, 0))
			ch->c->stats->xattrs++;
		else
			any = true;
	}
	return any;
}

/* As set_xattrs for what can't have user.* attributes (xattr(7)). */
static void count_xattrs(struct change *ch)
{
	const char *name;
	const void *value;
	size_t size;

	while (tarread_xattr(ch->r, &name, &value, &size))
		if (is_kept(ch, name))
			ch->c->stats->xattrs++;
}

/* Attributes of a directory are those of its last entry. */
static int dir_xattrs(struct change *ch, struct node *n, struct err *e)
{
	if (!ch->entry->has_xattrs && !n->dir->has_xattrs)
		return 0;
	autofd int fd = disk_open_dir(ch->c->disk, n, e);

	if (fd < 0)
		return -1;
	if (n->dir->has_xattrs)
		disk_clear_xattrs(fd);
	n->dir->has_xattrs = set_xattrs(ch, fd);
	return 0;
}

static int put(struct change *ch, enum node_type type, struct node **n,
	       bool *fresh, struct err *e)
{
	const char *target = type == NODE_SYMLINK ? ch->entry->link : NULL;

	return tree_put(ch->c->tree, ch->dir, ch->base, type, target,
			ch->c->layer, n, fresh, e);
}

static int put_dir(struct change *ch, struct err *e)
{
	struct timespec mtime = clamp(ch->c, ch->entry->mtime);
	struct node *n = ch->dir;
	bool fresh = false;

	if (*ch->base && put(ch, NODE_DIR, &n, &fresh, e))
		return -1;
	n->dir->mode = (uint16_t)keep_mode(ch, S_IRWXU);
	n->dir->mtime_s = mtime.tv_sec;
	n->dir->mtime_ns = (uint32_t)mtime.tv_nsec;
	n->dir->has_time = true;
	n->dir->is_implied = false;
	if (fresh && disk_mkdir(ch->c->disk, n, e))
		return -1;
	return dir_xattrs(ch, n, e);
}

/* A short content that is there in one piece is written when the file is
 * closed: tarread's bytes stay until its next call, and closing copies them. */
static int write_content(struct change *ch, struct closer_file *f,
			 struct err *e)
{
	uint64_t end = 0;
	uint64_t offset;
	const void *p;
	size_t n;
	int got = tarread_data(ch->r, &p, &n, &offset, e);

	if (got > 0 && n == ch->entry->size && n <= CLOSER_DATA_MAX) {
		f->data = p;
		f->n = n;
		ch->c->stats->bytes += n;
		return 0;
	}
	for (; got > 0; got = tarread_data(ch->r, &p, &n, &offset, e)) {
		if (intr_check(e) ||
		    io_pwrite(f->fd, p, n, (off_t)offset, ch->base, e))
			return -1;
		end = offset + n;
		ch->c->stats->bytes += n;
	}
	if (got < 0)
		return -1;
	/* A hole at the end. */
	if (end < ch->entry->size && ftruncate(f->fd, (off_t)ch->entry->size))
		return err_sys(e, "can't make it %llu bytes long",
			       (unsigned long long)ch->entry->size);
	return 0;
}

static int put_file(struct change *ch, struct err *e)
{
	mode_t mode = keep_mode(ch, S_IRUSR);
	struct closer_file f;
	struct node *n;
	bool fresh;

	if (put(ch, NODE_FILE, &n, &fresh, e) ||
	    disk_create(ch->c->disk, n, mode, ch->entry->has_xattrs, &f, e))
		return -1;
	f.name = ch->entry->name;
	f.mtime = clamp(ch->c, ch->entry->mtime);
	if (write_content(ch, &f, e)) {
		disk_abandon(&f);
		return -1;
	}
	if (ch->entry->has_xattrs)
		set_xattrs(ch, f.fd);
	disk_close(ch->c->disk, &f);
	return 0;
}

static int put_symlink(struct change *ch, struct err *e)
{
	struct timespec mtime = clamp(ch->c, ch->entry->mtime);
	size_t len = strlen(ch->entry->link);
	struct node *n;
	bool fresh;

	if (!len || len > TARGET_MAX)
		return err_set(e, ERR_FORMAT,
			       "a symlink to a path of %zu bytes, not 1 to %d",
			       len, TARGET_MAX);
	if (put(ch, NODE_SYMLINK, &n, &fresh, e))
		return -1;
	count_xattrs(ch);
	return disk_symlink(ch->c->disk, n, &mtime, e);
}

static int put_fifo(struct change *ch, struct err *e)
{
	struct timespec mtime = clamp(ch->c, ch->entry->mtime);
	mode_t mode = keep_mode(ch, S_IRUSR);
	struct node *n;
	bool fresh;

	if (put(ch, NODE_FIFO, &n, &fresh, e))
		return -1;
	count_xattrs(ch);
	return disk_fifo(ch->c->disk, n, mode, &mtime, e);
}

/* The node a hard link names: as an entry's name is read, and it must be there
 * already. */
static struct node *find_old(struct change *ch, struct err *e)
{
	autostr char *path = xstrdup(ch->entry->link);
	struct lookup_name name;
	struct node *dir;
	struct node *old = NULL;

	if (lookup_parse(path, &name, e) ||
	    lookup_dir(ch->c->lookup, &name, 0, &dir, e)) {
		err_ctx(e, "hard link to '%s'", ch->entry->link);
		return NULL;
	}
	if (dir && *name.base)
		old = tree_child(ch->c->tree, dir, name.base,
				 strlen(name.base));
	if (!old && (*name.base || !*ch->entry->link))
		err_set(e, ERR_FORMAT,
			"hard link to '%s', which is not in "
			"the image",
			ch->entry->link);
	else if (!old || old->dir)
		err_set(e, ERR_FORMAT, "hard link to '%s', a directory",
			ch->entry->link);
	else
		return old;
	return NULL;
}

static int put_hardlink(struct change *ch, struct err *e)
{
	struct tree *tree = ch->c->tree;
	struct node *n = tree_child(tree, ch->dir, ch->base, strlen(ch->base));
	struct node *old = find_old(ch, e);
	bool fresh;

	if (!old)
		return -1;
	if (ch->entry->size)
		return err_set(e, ERR_FORMAT, "hard link with content");
	if (n == old)
		return 0;
	if (n && tree_is_within(old, n))
		return err_set(e, ERR_FORMAT,
			       "hard link to '%s', which it would replace",
			       ch->entry->link);
	const char *target =
		old->type == NODE_SYMLINK ? tree_target(old) : NULL;

	if (tree_put(tree, ch->dir, ch->base, (enum node_type)old->type, target,
		     ch->c->layer, &n, &fresh, e))
		return -1;
	if (n->type == NODE_DEVICE) {
		ch->c->stats->devices++;
		return 0;
	}
	return disk_link(ch->c->disk, n, old, e);
}

/* Left out, but it still takes the place of what a lower layer had there. */
static int put_device(struct change *ch, struct err *e)
{
	struct node *n;
	bool fresh;

	ch->c->stats->devices++;
	return put(ch, NODE_DEVICE, &n, &fresh, e);
}

static int put_entry(struct change *ch, struct err *e)
{
	static int (*const put_as[])(struct change * ch, struct err * e) = {
		[TARREAD_FILE] = put_file,
		[TARREAD_DIR] = put_dir,
		[TARREAD_SYMLINK] = put_symlink,
		[TARREAD_FIFO] = put_fifo,
		[TARREAD_DEVICE] = put_device,
		[TARREAD_HARDLINK] = put_hardlink,
	};

	if (!*ch->base && ch->entry->type != TARREAD_DIR)
		return err_set(e, ERR_FORMAT,
			       "the root of the image is not a directory");
	return put_as[ch->entry->type](ch, e);
}

static int apply_entry(struct change *ch, struct err *e)
{
	struct changeset *c = ch->c;
	struct lookup_name name;
	const char *hidden;

	if (lookup_parse(ch->entry->name, &name, e))
		return -1;
	enum whiteout kind = whiteout_of(name.base, &hidden);

	if (kind == WHITEOUT_BAD)
		return err_set(e, ERR_FORMAT, "a whiteout of nothing");
	if (kind == WHITEOUT_IGNORE || name.is_aufs)
		return 0;
	if (lookup_dir(c->lookup, &name, kind == WHITEOUT_NONE ? c->layer : 0,
		       &ch->dir, e))
		return -1;
	if (!ch->dir)
		return 0;
	ch->base = name.base;
	if (kind == WHITEOUT_FILE)
		return tree_whiteout(c->tree, ch->dir, hidden, c->layer, e);
	if (kind == WHITEOUT_OPAQUE)
		return tree_opaque(c->tree, ch->dir, c->layer, e);
	return put_entry(ch, e);
}

/* One after the other, up to the first that fails. What a file of before still
 * has to say is asked by the caller. */
static int apply_entries(struct changeset *c, struct tarread *r, struct err *e)
{
	struct tarread_entry entry;
	int got;

	while ((got = tarread_next(r, &entry, e)) > 0) {
		struct change ch = { .c = c, .r = r, .entry = &entry };

		c->stats->entries++;
		if (intr_check(e) || disk_failed(c->disk))
			return -1;
		if (!apply_entry(&ch, e))
			continue;
		/* Not if the source failed: nothing to do with the entry. */
		return e->kind == ERR_NONE ? -1
					   : err_ctx(e, "'%s'", entry.name);
	}
	return got;
}

int changeset_apply(struct changeset *c, struct tarread *r, struct err *e)
{
	if (c->layer == TREE_LAYER_MAX)
		return err_set(e, ERR_LIMIT, "more than %d layers",
			       TREE_LAYER_MAX);
	c->layer++;
	int failed = apply_entries(c, r, e);

	/* A file that could not be completed came before what failed here. */
	return disk_settle(c->disk, e) ? -1 : failed;
}

int changeset_finish(struct changeset *c, struct err *e)
{
	return disk_finish(c->disk, c->tree, e);
}
