/* lookup.c - resolve entry names in the tree, symlinks included.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "layer/lookup.h"

#include "base/mem.h"
#include "base/str.h"

#include <string.h>

#define LINKS_MAX 40 /* as the kernel: path_resolution(7) */
#define WHITEOUT ".wh."
#define AUFS WHITEOUT WHITEOUT

struct lookup {
	struct tree *tree;
	/* The last directory part and where it led: archives list directory by
	 * directory, so it is mostly asked for again. */
	struct str last;
	struct node *last_dir; /* NULL: none */
	uint64_t last_changes;
};

/* One resolution: the paths that are still to be gone, innermost link last. */
struct walk {
	struct tree *tree;
	enum lookup_rule rule;
	unsigned layer; /* 0: make nothing */
	struct node *at;
	struct rest {
		const char *path;
		size_t len;
	} rest[1 + LINKS_MAX];
	unsigned n_rest;
	unsigned n_links;
};

static bool is_name(const char *s, size_t len, const char *name)
{
	return len == strlen(name) && !memcmp(s, name, len);
}

static bool starts(const char *s, size_t len, const char *prefix)
{
	return len >= strlen(prefix) && !memcmp(s, prefix, strlen(prefix));
}

static int check_length(size_t len, struct err *e)
{
	if (len <= LOOKUP_NAME_MAX)
		return 0;
	return err_set(e, ERR_FORMAT,
		       "a name of %zu bytes, more than the limit of %d", len,
		       LOOKUP_NAME_MAX);
}

static int not_a_dir(const char *s, size_t len, struct err *e)
{
	return err_set(e, ERR_FORMAT, "'%.*s', a whiteout, as a directory",
		       (int)len, s);
}

static int check_middle(const char *s, size_t len, struct lookup_name *name,
			struct err *e)
{
	if (starts(s, len, AUFS))
		name->is_aufs = true;
	else if (starts(s, len, WHITEOUT))
		return not_a_dir(s, len, e);
	return 0;
}

size_t lookup_cut(char *path)
{
	size_t len = strlen(path);

	while (len > 0 &&
	       (path[len - 1] == '/' ||
		(path[len - 1] == '.' && (len == 1 || path[len - 2] == '/'))))
		len--;
	path[len] = '\0';
	return len;
}

static int check_component(const char *s, size_t len, bool is_name_only,
			   struct lookup_name *name, struct err *e)
{
	if (is_name(s, len, ".."))
		return err_set(e, ERR_FORMAT, "'..' in the name of an entry");
	if (check_length(len, e))
		return -1;
	return is_name_only ? 0 : check_middle(s, len, name, e);
}

int lookup_parse(char *path, enum lookup_rule rule, struct lookup_name *name,
		 struct err *e)
{
	size_t len = lookup_cut(path);
	size_t at = 0;

	*name = (struct lookup_name){
		.rule = rule,
		.dir = path,
		.base = path + len,
	};
	if (len > LOOKUP_PATH_MAX)
		return err_set(e, ERR_FORMAT,
			       "a path of %zu bytes, more than the limit of %d",
			       len, LOOKUP_PATH_MAX);
	while (at < len) {
		size_t n = strcspn(path + at, "/");

		if (check_component(path + at, n,
				    rule == LOOKUP_FLAT || at + n == len, name,
				    e))
			return -1;
		if (at + n == len) {
			name->dir_len = at;
			name->base = path + at;
		}
		at += n + 1;
	}
	return 0;
}

/* Make what is missing, or stop there. Names of entries were checked, what a
 * symlink says was not. */
static int missing(struct walk *w, const char *s, size_t len, struct err *e)
{
	if (!w->layer) {
		w->at = NULL;
		return 0;
	}
	if (check_length(len, e))
		return -1;
	if (w->rule == LOOKUP_LAYER && starts(s, len, WHITEOUT))
		return not_a_dir(s, len, e);
	w->at = tree_imply(w->tree, w->at, s, len, w->layer, e);
	return w->at ? 0 : -1;
}

static int follow(struct walk *w, const struct node *link, struct err *e)
{
	const char *target = tree_target(link);

	if (++w->n_links > LINKS_MAX)
		return err_set(e, ERR_FORMAT,
			       "more than %d symlinks on the way", LINKS_MAX);
	if (*target == '/')
		w->at = tree_root(w->tree);
	w->rest[w->n_rest++] = (struct rest){ target, strlen(target) };
	return 0;
}

static int step(struct walk *w, const char *s, size_t len, struct err *e)
{
	if (is_name(s, len, "."))
		return 0;
	if (is_name(s, len, "..")) {
		w->at = w->at->parent; /* the root's is the root */
		return 0;
	}
	struct node *n = tree_child(w->tree, w->at, s, len);

	if (!n)
		return missing(w, s, len, e);
	if (n->type == NODE_SYMLINK)
		return follow(w, n, e);
	if (!n->dir)
		return err_set(e, ERR_FORMAT, "'%s' is not a directory",
			       n->name);
	w->at = n;
	return 0;
}

static int walk(struct walk *w, struct err *e)
{
	while (w->n_rest > 0 && w->at) {
		struct rest *r = &w->rest[w->n_rest - 1];
		const char *s = r->path;
		size_t len = 0;

		while (len < r->len && s[len] != '/')
			len++;
		size_t used = len < r->len ? len + 1 : len;

		r->path += used;
		r->len -= used;
		if (!r->len)
			w->n_rest--;
		if (len && step(w, s, len, e))
			return -1;
	}
	return 0;
}

struct lookup *lookup_new(struct tree *t)
{
	struct lookup *l = xcalloc(1, sizeof(*l));

	l->tree = t;
	return l;
}

void lookup_free(struct lookup *l)
{
	str_clear(&l->last);
	free(l);
}

static bool is_last(const struct lookup *l, const struct lookup_name *name)
{
	return l->last_dir && l->last_changes == tree_changes(l->tree) &&
	       l->last.len == name->dir_len &&
	       (!name->dir_len || !memcmp(l->last.p, name->dir, name->dir_len));
}

int lookup_dir(struct lookup *l, const struct lookup_name *name, unsigned layer,
	       struct node **dir, struct err *e)
{
	struct walk w = {
		.tree = l->tree,
		.rule = name->rule,
		.layer = layer,
		.at = tree_root(l->tree),
		.rest = { { name->dir, name->dir_len } },
		.n_rest = 1,
	};

	if (is_last(l, name)) {
		*dir = l->last_dir;
		return 0;
	}
	if (walk(&w, e))
		return -1;
	*dir = w.at;
	l->last.len = 0;
	str_addn(&l->last, name->dir, name->dir_len);
	l->last_dir = w.at;
	l->last_changes = tree_changes(l->tree);
	return 0;
}
