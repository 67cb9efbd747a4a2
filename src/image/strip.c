/* strip.c - entries of a tree without our own /ch.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "image/strip.h"

#include "base/path.h"
#include "base/str.h"

#include <string.h>

static bool is_ours(const char *name)
{
	static const char *const ours[] = {
		"ch",
		"ch/config.json",
		"ch/environment",
		"ch/image",
	};
	size_t len;

	while (str_starts(name, "./") || *name == '/')
		name += *name == '/' ? 1 : 2;
	len = strlen(name);
	while (len && name[len - 1] == '/')
		len--;
	for (size_t i = 0; i < ARRAY_SIZE(ours); i++)
		if (strlen(ours[i]) == len && !strncmp(name, ours[i], len))
			return true;
	return false;
}

static int next(void *ctx, struct entry *out, struct err *e)
{
	struct strip *s = ctx;
	int rc;

	do {
		rc = s->from->next(s->from->ctx, out, e);
	} while (rc > 0 && is_ours(out->name));
	if (rc > 0 && s->is_layer && str_starts(path_base(out->name), ".wh."))
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

	return s->from->data(s->from->ctx, p, n, offset, e);
}

static bool xattr(void *ctx, const char **name, const void **value,
		  size_t *size)
{
	const struct strip *s = ctx;

	return s->from->xattr(s->from->ctx, name, value, size);
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

	s->from = r;
	return s->give(s->arg, i, &stripped, e);
}

static int walk(void *ctx, enum stack_order order, const bool *want,
		stack_give *to, void *arg, struct err *e)
{
	struct strip *s = ctx;

	s->give = to;
	s->arg = arg;
	return s->below->walk(s->below->ctx, order, want, give, s, e);
}

void strip_init(struct strip *s, const struct stack *below, bool is_layer)
{
	*s = (struct strip){
		.stack = *below,
		.below = below,
		.is_layer = is_layer,
	};
	s->stack.walk = walk;
	s->stack.ctx = s;
}
