/* place.c - entries to files on disk.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "layer/place.h"

#include "base/intr.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/strlist.h"
#include "layer/attrs.h"
#include "layer/disk.h"

#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

/* Times that every file system and tool we know of can hold or show: ext4's
 * first second and the end of the year 9999. */
#define TIME_MIN INT32_MIN
#define TIME_MAX INT64_C(253402300799)

struct place {
	struct disk *disk;
	struct unpack_stats *stats;
};

/* An entry on its way. */
struct change {
	struct place *p;
	const struct entries *r;
	const struct entry *entry;
	struct strlist lost; /* names of attributes that can't be kept */
};

struct place *place_new(int root, struct unpack_stats *stats, struct err *e)
{
	AUTO(place) struct place *p = xcalloc(1, sizeof(*p));

	p->stats = stats;
	p->disk = disk_new(root, e);
	return p->disk ? TAKE(p) : NULL;
}

void place_free(struct place *p)
{
	if (p->disk)
		disk_free(p->disk);
	free(p);
}

static struct timespec clamp(struct unpack_stats *stats, struct timespec t)
{
	if (t.tv_sec >= TIME_MIN && t.tv_sec <= TIME_MAX)
		return t;
	stats->times++;
	t.tv_sec = t.tv_sec < TIME_MIN ? TIME_MIN : TIME_MAX;
	t.tv_nsec = 0;
	return t;
}

/* What every new thing has in common. */
static void count(struct change *ch)
{
	ch->p->stats->entries++;
	if (ch->entry->uid || ch->entry->gid)
		ch->p->stats->owners++;
}

/* The mode that is kept: no set-ID bits, and what the owner needs to use and
 * to remove it. */
static mode_t keep_mode(struct change *ch, mode_t needed)
{
	mode_t mode = ch->entry->mode;

	if (mode & (S_ISUID | S_ISGID))
		ch->p->stats->setids++;
	return (mode & (S_ISVTX | 0777)) | needed;
}

/* Is the attribute to be kept? Those of the system are not an ordinary user's
 * to set; of them only file capabilities are missed (ping won't work). */
static bool is_kept(struct change *ch, const char *name)
{
	if (str_starts(name, "user."))
		return attrs_belong(name);
	if (!strcmp(name, "security.capability"))
		strlist_add(&ch->lost, name);
	return false;
}

/* Each once: bsdtar writes attributes in two ways. */
static void count_lost(struct change *ch)
{
	struct strlist *lost = &ch->lost;

	strlist_sort(lost);
	for (size_t i = 0; i < lost->n; i++)
		if (!i || strcmp(lost->v[i], lost->v[i - 1]) != 0)
			ch->p->stats->xattrs++;
	strlist_clear(lost);
}

/* Set the entry's attributes; whether there are any now. Those the file system
 * does not take are counted. */
static bool set_xattrs(struct change *ch, int fd)
{
	const char *name;
	const void *value;
	size_t size;
	bool any = false;

	while (ch->r->xattr(ch->r->ctx, &name, &value, &size)) {
		if (!is_kept(ch, name))
			continue;
		if (fsetxattr(fd, name, value, size, 0))
			strlist_add(&ch->lost, name);
		else
			any = true;
	}
	count_lost(ch);
	return any;
}

/* As set_xattrs for what can't have user.* attributes (xattr(7)). */
static void count_xattrs(struct change *ch)
{
	const char *name;
	const void *value;
	size_t size;

	while (ch->r->xattr(ch->r->ctx, &name, &value, &size))
		if (is_kept(ch, name))
			strlist_add(&ch->lost, name);
	count_lost(ch);
}

/* Attributes of a directory are those of its last entry. */
static int dir_xattrs(struct change *ch, struct node *n, struct err *e)
{
	if (!ch->entry->has_xattrs && !n->dir->has_xattrs)
		return 0;
	autofd int fd = disk_open_dir(ch->p->disk, n, e);

	if (fd < 0)
		return -1;
	if (n->dir->has_xattrs)
		disk_clear_xattrs(fd);
	n->dir->has_xattrs = set_xattrs(ch, fd);
	return 0;
}

static int make_dir(void *ctx, struct node *n, bool fresh,
		    const struct entry *entry, const struct entries *r,
		    struct err *e)
{
	struct change ch = { .p = ctx, .r = r, .entry = entry };
	struct timespec mtime = clamp(ch.p->stats, entry->mtime);

	count(&ch);
	n->dir->mode = (uint16_t)keep_mode(&ch, S_IRWXU);
	n->dir->mtime_s = mtime.tv_sec;
	n->dir->mtime_ns = (uint32_t)mtime.tv_nsec;
	n->dir->has_time = true;
	if (fresh && disk_mkdir(ch.p->disk, n, e))
		return -1;
	return dir_xattrs(&ch, n, e);
}

/* A short content that is there in one piece is written when the file is
 * closed: the source's bytes stay until its next call, and closing copies
 * them. */
static int write_content(struct change *ch, struct node *node,
			 struct closer_file *f, struct err *e)
{
	const struct entries *r = ch->r;
	uint64_t end = 0;
	uint64_t offset;
	const void *p;
	size_t n;
	int got = r->data(r->ctx, &p, &n, &offset, e);

	if (got > 0 && n == ch->entry->size && n <= CLOSER_DATA_MAX) {
		f->data = p;
		f->n = n;
		ch->p->stats->bytes += n;
		return 0;
	}
	for (; got > 0; got = r->data(r->ctx, &p, &n, &offset, e)) {
		if (intr_check(e) ||
		    io_pwrite(f->fd, p, n, (off_t)offset, node->name, e))
			return -1;
		end = offset + n;
		ch->p->stats->bytes += n;
	}
	if (got < 0)
		return -1;
	/* A hole at the end. */
	if (end < ch->entry->size && ftruncate(f->fd, (off_t)ch->entry->size))
		return err_sys(e, "can't make it %llu bytes long",
			       (unsigned long long)ch->entry->size);
	return 0;
}

static int make_file(void *ctx, struct node *n, const struct entry *entry,
		     const struct entries *r, struct err *e)
{
	struct change ch = { .p = ctx, .r = r, .entry = entry };
	struct disk *disk = ch.p->disk;
	mode_t mode = keep_mode(&ch, S_IRUSR);
	struct closer_file f;

	count(&ch);
	if (disk_create(disk, n, mode, entry->has_xattrs, &f, e))
		return -1;
	f.name = entry->name;
	f.mtime = clamp(ch.p->stats, entry->mtime);
	if (write_content(&ch, n, &f, e)) {
		disk_abandon(&f);
		return -1;
	}
	if (entry->has_xattrs)
		set_xattrs(&ch, f.fd);
	disk_close(disk, &f);
	return 0;
}

static int make_other(void *ctx, struct node *n, const struct entry *entry,
		      const struct entries *r, struct err *e)
{
	struct change ch = { .p = ctx, .r = r, .entry = entry };
	struct timespec mtime;

	count(&ch);
	/* Left out, but it takes the place of what a lower layer had there. */
	if (n->type == NODE_DEVICE) {
		ch.p->stats->devices++;
		return 0;
	}
	mtime = clamp(ch.p->stats, entry->mtime);
	count_xattrs(&ch);
	if (n->type == NODE_SYMLINK)
		return disk_symlink(ch.p->disk, n, &mtime, e);
	return disk_fifo(ch.p->disk, n, keep_mode(&ch, S_IRUSR), &mtime, e);
}

static int make_link(void *ctx, struct node *n, struct node *old, struct err *e)
{
	struct place *p = ctx;

	p->stats->entries++;
	if (n->type != NODE_DEVICE)
		return disk_link(p->disk, n, old, e);
	p->stats->devices++;
	return 0;
}

static int on_gone(void *ctx, struct node *n, struct err *e)
{
	struct place *p = ctx;

	return disk_gone(p->disk, n, e);
}

static int on_made(void *ctx, struct node *n, struct err *e)
{
	struct place *p = ctx;

	return disk_mkdir(p->disk, n, e);
}

static bool has_failed(void *ctx)
{
	const struct place *p = ctx;

	return disk_failed(p->disk);
}

static int settle(void *ctx, struct err *e)
{
	struct place *p = ctx;

	return disk_settle(p->disk, e);
}

struct changeset_ops place_ops(struct place *p)
{
	return (struct changeset_ops){
		.tree = { .gone = on_gone, .made = on_made, .ctx = p },
		.dir = make_dir,
		.file = make_file,
		.other = make_other,
		.link = make_link,
		.has_failed = has_failed,
		.settle = settle,
	};
}

int place_finish(struct place *p, struct tree *t, struct err *e)
{
	return disk_finish(p->disk, t, e);
}
