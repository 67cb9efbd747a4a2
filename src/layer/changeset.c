/* changeset.c - what each entry of a layer means for the tree.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "layer/changeset.h"

#include "base/intr.h"
#include "base/mem.h"
#include "base/str.h"
#include "format/whiteout.h"

#include <string.h>

#define TARGET_MAX 4095 /* symlink(2): PATH_MAX with its NUL */

struct changeset {
	struct changeset_ops ops;
	void *ctx;
	struct tree *tree;
	struct lookup *lookup;
	unsigned layer; /* under way, from 1 */
};

/* An entry on its way. */
struct change {
	struct changeset *c;
	const struct entries *r;
	enum lookup_rule rule;
	struct entry *entry;
	struct node *dir; /* where it goes */
	const char *base; /* its name there */
};

struct changeset *changeset_new(const struct changeset_ops *ops)
{
	struct changeset *c = xcalloc(1, sizeof(*c));

	c->ops = *ops;
	c->ctx = ops->tree.ctx;
	c->tree = tree_new(&c->ops.tree);
	c->lookup = lookup_new(c->tree);
	return c;
}

void changeset_free(struct changeset *c)
{
	lookup_free(c->lookup);
	tree_free(c->tree);
	free(c);
}

struct tree *changeset_tree(struct changeset *c)
{
	return c->tree;
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
	struct changeset *c = ch->c;
	struct node *n = ch->dir;
	bool fresh = false;

	if (*ch->base && put(ch, NODE_DIR, &n, &fresh, e))
		return -1;
	n->dir->is_implied = false;
	return c->ops.dir(c->ctx, n, fresh, ch->entry, ch->r, e);
}

static int put_file(struct change *ch, struct err *e)
{
	struct changeset *c = ch->c;
	struct node *n;
	bool fresh;

	if (put(ch, NODE_FILE, &n, &fresh, e))
		return -1;
	return c->ops.file(c->ctx, n, ch->entry, ch->r, e);
}

static int put_other(struct change *ch, enum node_type type, struct err *e)
{
	struct changeset *c = ch->c;
	struct node *n;
	bool fresh;

	if (put(ch, type, &n, &fresh, e))
		return -1;
	return c->ops.other(c->ctx, n, ch->entry, ch->r, e);
}

static int put_symlink(struct change *ch, struct err *e)
{
	size_t len = strlen(ch->entry->link);

	if (!len || len > TARGET_MAX)
		return err_set(e, ERR_FORMAT,
			       "a symlink to a path of %zu bytes, not 1 to %d",
			       len, TARGET_MAX);
	return put_other(ch, NODE_SYMLINK, e);
}

static int put_fifo(struct change *ch, struct err *e)
{
	return put_other(ch, NODE_FIFO, e);
}

static int put_device(struct change *ch, struct err *e)
{
	return put_other(ch, NODE_DEVICE, e);
}

/* The node a hard link names: as an entry's name is read, and it must be there
 * already. */
static struct node *find_old(struct change *ch, struct err *e)
{
	autostr char *path = xstrdup(ch->entry->link);
	struct lookup_name name;
	struct node *dir;
	struct node *old = NULL;

	if (lookup_parse(path, ch->rule, &name, e) ||
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
	struct changeset *c = ch->c;
	struct node *n =
		tree_child(c->tree, ch->dir, ch->base, strlen(ch->base));
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

	if (tree_put(c->tree, ch->dir, ch->base, (enum node_type)old->type,
		     target, c->layer, &n, &fresh, e))
		return -1;
	return c->ops.link(c->ctx, n, old, e);
}

static int put_entry(struct change *ch, struct err *e)
{
	static int (*const put_as[])(struct change * ch, struct err * e) = {
		[ENTRY_FILE] = put_file,         [ENTRY_DIR] = put_dir,
		[ENTRY_SYMLINK] = put_symlink,   [ENTRY_FIFO] = put_fifo,
		[ENTRY_CHAR] = put_device,       [ENTRY_BLOCK] = put_device,
		[ENTRY_HARDLINK] = put_hardlink,
	};

	if (!*ch->base && ch->entry->type != ENTRY_DIR)
		return err_set(e, ERR_FORMAT,
			       "the root of the image is not a directory");
	return put_as[ch->entry->type](ch, e);
}

static int apply_entry(struct change *ch, struct err *e)
{
	struct changeset *c = ch->c;
	enum whiteout kind = WHITEOUT_NONE;
	struct lookup_name name;
	const char *hidden;

	if (lookup_parse(ch->entry->name, ch->rule, &name, e))
		return -1;
	if (ch->rule == LOOKUP_LAYER)
		kind = whiteout_of(name.base, &hidden);
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
static int apply_entries(struct changeset *c, const struct entries *r,
			 enum lookup_rule rule, struct err *e)
{
	struct entry entry;
	int got;

	while ((got = r->next(r->ctx, &entry, e)) > 0) {
		struct change ch = {
			.c = c,
			.r = r,
			.rule = rule,
			.entry = &entry,
		};

		if (intr_check(e) || c->ops.has_failed(c->ctx))
			return -1;
		if (!apply_entry(&ch, e))
			continue;
		/* Not if the source failed: nothing to do with the entry. */
		return e->kind == ERR_NONE ? -1
					   : err_ctx(e, "'%s'", entry.name);
	}
	return got;
}

int changeset_apply(struct changeset *c, const struct entries *r,
		    enum lookup_rule rule, struct err *e)
{
	if (c->layer == TREE_LAYER_MAX)
		return err_set(e, ERR_LIMIT, "more than %d layers",
			       TREE_LAYER_MAX);
	c->layer++;
	int failed = apply_entries(c, r, rule, e);

	/* A file that could not be completed came before what failed here. */
	return c->ops.settle(c->ctx, e) ? -1 : failed;
}
