/* strip.c - entries of a tree without our own /ch.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "image/strip.h"

#include "base/path.h"
#include "base/str.h"

#include <string.h>

/* NAME is PATH; some write "./" or "/" in front of it, and "/" behind. */
static bool is_path(const char *name, const char *path)
{
	size_t len;

	name = path_inside(name);
	len = strlen(name);
	while (len && name[len - 1] == '/')
		len--;
	return strlen(path) == len && !strncmp(name, path, len);
}

static bool is_ours(const struct source *s, const struct entry *entry)
{
	if (entry->type == ENTRY_DIR)
		return is_path(entry->name, "ch") &&
		       (s->has_ch_config || s->has_ch_env);
	return (s->has_ch_config && (is_path(entry->name, "ch/config.json") ||
				     is_path(entry->name, "ch/image"))) ||
	       (s->has_ch_env && is_path(entry->name, "ch/environment"));
}

/* Any name on the way may be a directory that the entry makes. */
static bool has_whiteout(const char *name)
{
	while (!str_starts(name, ".wh.")) {
		name = strchr(name, '/');
		if (!name++)
			return false;
	}
	return true;
}

static int next(void *ctx, struct entry *out, struct err *e)
{
	struct strip *s = ctx;
	int rc;

	do {
		rc = s->entries->next(s->entries->ctx, out, e);
	} while (rc > 0 && is_ours(s->from, out));
	if (rc > 0 && s->is_layer && has_whiteout(out->name))
		return err_set(e, ERR_UNSUPPORTED,
			       "'%s': a layer can't hold names that begin with "
			       "'.wh.', which remove files there",
			       out->name);
	return rc;
}

static int data(void *ctx, const void **p, size_t *n, uint64_t *offset,
		struct err *e)
{
	const struct strip *s = ctx;

	return s->entries->data(s->entries->ctx, p, n, offset, e);
}

static bool xattr(void *ctx, const char **name, const void **value,
		  size_t *size)
{
	const struct strip *s = ctx;

	return s->entries->xattr(s->entries->ctx, name, value, size);
}

static int give(void *arg, size_t i, const struct entries *r, struct err *e)
{
	struct strip *s = arg;
	struct entries stripped = {
		.next = next,
		.data = data,
		.xattr = xattr,
		.ctx = s,
	};

	s->entries = r;
	return s->give(s->arg, i, &stripped, e);
}

static int walk(void *ctx, enum stack_order order, const bool *want,
		stack_give *to, void *arg, struct err *e)
{
	struct strip *s = ctx;

	const struct stack *below = &s->from->stack;

	s->give = to;
	s->arg = arg;
	return below->walk(below->ctx, order, want, give, s, e);
}

void strip_init(struct strip *s, const struct source *from, bool is_layer)
{
	*s = (struct strip){
		.stack = from->stack,
		.from = from,
		.is_layer = is_layer,
	};
	if (is_layer) /* nor does a symlink lead to such a directory */
		s->stack.rule = LOOKUP_LAYER;
	s->stack.walk = walk;
	s->stack.ctx = s;
}
