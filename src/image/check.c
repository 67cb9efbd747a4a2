/* check.c - is a store what it should be, and what can be put right?
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "image/check.h"

#include "base/dir.h"
#include "base/hash.h"
#include "base/io.h"
#include "base/mem.h"
#include "image/aside.h"
#include "image/checktree.h"
#include "image/inventory.h"
#include "image/leftover.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define BUFFER (1u << 18)
#define TREE_LINES 20 /* told of one tree */

struct checker {
	const struct store *s;
	const struct check_opts *o;
	struct check_result *out;
	bool is_shared; /* a group's store: other owners are to be expected */
	size_t in_tree; /* findings in the tree at hand */
};

/* One finding; REPAIRED says how, or is NULL. */
static void PRINTF_LIKE(3, 4)
	found(struct checker *c, const char *repaired, const char *fmt, ...)
{
	AUTO(str) struct str text = { 0 };
	autostr char *harmless = NULL;
	va_list ap;

	va_start(ap, fmt);
	str_addv(&text, fmt, ap);
	va_end(ap);
	harmless = str_escape(str_text(&text));
	c->out->n_found++;
	c->out->n_repaired += repaired != NULL;
	str_addf(&c->out->lines, "%s%s%s\n", harmless, repaired ? "; " : "",
		 repaired ? repaired : "");
}

/* NFS gives a file that is open and was removed such a name. */
static bool is_nfs_name(const char *name)
{
	return str_starts(name, ".nfs");
}

static bool is_ours(const char *name)
{
	static const char *const names[] = {
		"blobs", "index.json", "lock", "oci-layout", "tmp", "trees"
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(name, names[i]))
			return true;
	return is_nfs_name(name);
}

static int check_names(struct checker *c, struct err *e)
{
	AUTO(strlist) struct strlist top = { 0 };
	AUTO(strlist) struct strlist left = { 0 };
	autofd int tmpdir = store_dir(c->s, "tmp", e);

	if (tmpdir < 0 || dir_list(c->s->fd, &top, e) ||
	    dir_list(tmpdir, &left, e))
		return -1;
	for (size_t i = 0; i < top.n; i++)
		if (!is_ours(top.v[i]))
			found(c, NULL, "'%s': unknown", top.v[i]);
	for (size_t i = 0; i < left.n; i++)
		if (leftover_kind(left.v[i]) == LEFTOVER_UNKNOWN &&
		    !is_nfs_name(left.v[i]))
			found(c, NULL, "'tmp/%s': unknown", left.v[i]);
	return 0;
}

static int sum(int fd, const struct digest *d, char hex[HASH_HEX_MAX],
	       struct err *e)
{
	AUTO(hash) struct hash *h = hash_new(d->algo);
	autostr char *buffer = xmalloc(BUFFER);
	ssize_t n;

	while ((n = io_read(fd, buffer, BUFFER, d->text, e)) > 0)
		hash_add(h, buffer, (size_t)n);
	if (n < 0)
		return -1;
	hash_hex(h, hex);
	return 0;
}

/* Remove the blob that was found bad. How, or NULL. */
static const char *remove_blob(struct checker *c, int dir,
			       const struct digest *d)
{
	struct err ignored = { 0 }; /* it stays a finding */

	if (!c->o->repair || dir_remove(dir, digest_hex(d), &ignored))
		return NULL;
	return "removed";
}

static const char *set_mode(struct checker *c, int dir, const char *name,
			    const struct stat *st, mode_t mode)
{
	return c->o->repair && checktree_set_mode(dir, name, st, mode)
		       ? "mode set"
		       : NULL;
}

static int check_sum(struct checker *c, int dir, const struct digest *d,
		     struct err *e)
{
	char hex[HASH_HEX_MAX];
	autofd int fd = openat(dir, digest_hex(d),
			       O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0) {
		found(c, NULL, "blob %s: can't open: %s", d->text,
		      strerror(errno));
		return 0;
	}
	if (sum(fd, d, hex, e))
		return -1;
	if (strcmp(hex, digest_hex(d)))
		found(c, remove_blob(c, dir, d),
		      "blob %s: its content is %s:%s", d->text, digest_algo(d),
		      hex);
	return 0;
}

static int check_blob(struct checker *c, int dir, const struct item *it,
		      struct err *e)
{
	const struct digest *d = &it->digest;
	const char *name = digest_hex(d);
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW))
		return 0; /* gone since */
	if (!S_ISREG(st.st_mode)) {
		found(c, remove_blob(c, dir, d), "blob %s: not a regular file",
		      d->text);
		return 0;
	}
	if (st.st_uid != geteuid() && !c->is_shared)
		found(c, NULL, "blob %s: belongs to another user (uid %u)",
		      d->text, (unsigned)st.st_uid);
	if (st.st_mode & (S_ISUID | S_ISGID))
		found(c, set_mode(c, dir, name, &st, st.st_mode & 0777),
		      "blob %s: has a set-ID bit", d->text);
	return c->o->quick ? 0 : check_sum(c, dir, d, e);
}

static int open_place(struct checker *c, const struct item *it, struct err *e)
{
	autostr char *place = items_place(it->kind, &it->digest);

	return dir_open_beneath(c->s->fd, place, O_RDONLY | O_DIRECTORY, 0, e);
}

static int check_blobs(struct checker *c, const struct items *l, struct err *e)
{
	for (size_t i = 0; i < l->strays.n; i++)
		if (!is_nfs_name(strrchr(l->strays.v[i], '/') + 1))
			found(c, NULL, "'%s': unknown", l->strays.v[i]);
	for (size_t i = 0; i < l->n; i++) {
		const struct item *it = &l->v[i];

		if (it->kind != ITEM_BLOB)
			continue;
		autofd int dir = open_place(c, it, e);

		if (dir < 0 || check_blob(c, dir, it, e))
			return -1;
		c->out->n_blobs++;
	}
	return 0;
}

static int check_images(struct checker *c, const struct inventory *v,
			struct err *e)
{
	for (size_t i = 0; i < v->n; i++) {
		const struct inventory_image *image = &v->v[i];
		autostr char *platform = inventory_platform(image);
		const char *name =
			*image->shown ? image->shown : image->entry.digest.text;
		const char *repaired = NULL;
		size_t n = 0;

		c->out->n_images++;
		if (!image->damage)
			continue;
		if (c->o->repair && store_drop(c->s, &image->entry, &n, e))
			return -1;
		if (n)
			repaired = "its name removed: pull it again";
		found(c, repaired, "image '%s'%s%s%s: %s", name,
		      *platform ? " (" : "", platform, *platform ? ")" : "",
		      image->damage);
	}
	return 0;
}

static void found_in_tree(void *ctx, const char *path, const char *what,
			  bool is_repaired)
{
	struct checker *c = ctx;

	if (c->in_tree++ < TREE_LINES) {
		found(c, is_repaired ? "put right" : NULL, "tree %s: %s", path,
		      what);
		return;
	}
	c->out->n_found++;
	c->out->n_repaired += is_repaired;
}

static int check_inside(struct checker *c, int dir, const struct item *it,
			struct err *e)
{
	struct checktree t = {
		.repair = c->o->repair,
		.is_shared = c->is_shared,
		.found = found_in_tree,
		.ctx = c,
	};

	c->in_tree = 0;
	if (checktree(&t, dir, digest_hex(&it->digest), e))
		return -1;
	if (c->in_tree > TREE_LINES)
		str_addf(&c->out->lines, "tree %s: and %zu more\n",
			 digest_hex(&it->digest), c->in_tree - TREE_LINES);
	return 0;
}

static int check_tree(struct checker *c, const struct item *it, struct err *e)
{
	const char *what = NULL, *repaired = NULL;
	autofd int dir = open_place(c, it, e);

	if (dir < 0)
		return -1;
	if (it->is_odd)
		what = "not a directory";
	else if (it->record == ITEM_NO_RECORD)
		what = "its record /ch/image is missing";
	else if (it->record == ITEM_OTHER_RECORD)
		what = "its record /ch/image is of another manifest";
	if (!what)
		return c->o->quick ? 0 : check_inside(c, dir, it, e);
	if (c->o->repair) {
		if (aside_put(c->s, it, true, c->o->now_s, e))
			return -1;
		repaired = "removed";
	}
	found(c, repaired, "tree %s: %s", digest_hex(&it->digest), what);
	return 0;
}

static int check_trees(struct checker *c, const struct items *l, struct err *e)
{
	for (size_t i = 0; i < l->n; i++) {
		if (l->v[i].kind != ITEM_TREE)
			continue;
		if (check_tree(c, &l->v[i], e))
			return -1;
		c->out->n_trees++;
	}
	return 0;
}

/* Those set aside go, if nobody runs them. When an image is damaged beyond that
 * they stay until gc. */
static int remove_trees(struct checker *c, struct err *e)
{
	struct aside_opts o = { .now_s = c->o->now_s };
	struct aside_done done;

	if (!c->o->repair || !aside_settle(c->s, &o, &done, e))
		return 0;
	return e->kind == ERR_FORMAT ? 0 : -1;
}

int check(const struct store *s, const struct check_opts *o,
	  struct check_result *out, struct err *e)
{
	struct checker c = { .s = s, .o = o, .out = out };
	AUTO(items) struct items items = { 0 };
	AUTO(inventory) struct inventory v = { 0 };
	struct stat st;

	*out = (struct check_result){ 0 };
	if (fstat(s->fd, &st))
		return err_sys(e, "can't stat store '%s'", s->path);
	c.is_shared = st.st_mode & S_IWGRP;
	if ((o->repair && aside_restore(s, e)) || check_names(&c, e) ||
	    items_load(s, &items, e) || check_blobs(&c, &items, e))
		return -1;
	/* The names as they are now that bad blobs have gone. */
	if (inventory_load(s, &v, e) || check_images(&c, &v, e) ||
	    check_trees(&c, &v.items, e) || remove_trees(&c, e))
		return -1;
	return 0;
}
