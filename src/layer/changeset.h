/* changeset.h - what the entries of a layer mean (OCI layer.md, "Applying
 * Changesets"): the one place that knows whiteouts, replacing and hard links.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The tree (tree.h) is kept here; who makes what it says is told step by step:
 * place.h makes it on a disk, merge.h in memory.
 */
#ifndef LAYER_CHANGESET_H
#define LAYER_CHANGESET_H

#include "base/err.h"
#include "layer/entry.h"
#include "layer/lookup.h"
#include "layer/tree.h"

/* Each returns 0 or -1 with E. What an entry says of content and attributes is
 * the callee's to read from R. */
struct changeset_ops {
	struct tree_ops tree; /* its context is that of all */
	/* N, a directory, is what ENTRY says; FRESH: it was not there. */
	int (*dir)(void *ctx, struct node *n, bool fresh,
		   const struct entry *entry, const struct entries *r,
		   struct err *e);
	/* N, a new file. */
	int (*file)(void *ctx, struct node *n, const struct entry *entry,
		    const struct entries *r, struct err *e);
	/* N, a new symlink, fifo or device. */
	int (*other)(void *ctx, struct node *n, const struct entry *entry,
		     const struct entries *r, struct err *e);
	/* N, new, is another name of OLD. */
	int (*link)(void *ctx, struct node *n, struct node *old, struct err *e);
	/* Something failed that was begun earlier: -1. Asked before each
	 * entry. */
	bool (*has_failed)(void *ctx);
	/* All that was begun is done, or -1 with what failed. Asked after each
	 * layer. */
	int (*settle)(void *ctx, struct err *e);
};

struct changeset;

/* For layers to be applied one after the other. OPS is copied. */
struct changeset *changeset_new(const struct changeset_ops *ops);
void changeset_free(struct changeset *c);
AUTO_DEFINE_PTR(changeset, struct changeset, changeset_free)

/* Apply the next layer, up to the end of what R reads. With LOOKUP_FLAT it is
 * no layer: names ".wh.*" mean nothing. The message names the entry; what R's
 * source says is passed on as it is. */
MUST_CHECK int changeset_apply(struct changeset *c, const struct entries *r,
			       enum lookup_rule rule, struct err *e);
struct tree *changeset_tree(struct changeset *c);

#endif
