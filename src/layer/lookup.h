/* lookup.h - from an entry's name to a directory of the tree and a name in it.
 * SPDX-License-Identifier: Apache-2.0
 *
 * No path of an image is ever resolved by the kernel: symlinks in the middle of
 * one are followed here, inside the image's root, at most 40 of them, and ".."
 * in a link can't climb above the root. The last component is never followed.
 */
#ifndef LAYER_LOOKUP_H
#define LAYER_LOOKUP_H

#include "layer/tree.h"

#define LOOKUP_NAME_MAX 255           /* bytes of a component */
#define LOOKUP_PATH_MAX TREE_PATH_MAX /* bytes of an entry's name */

enum lookup_rule {
	LOOKUP_LAYER, /* names ".wh.*" are those of layers */
	LOOKUP_FLAT,  /* they are names like others */
};

/* An entry's name, taken apart. Points into what was parsed. */
struct lookup_name {
	enum lookup_rule rule;
	const char *dir; /* directory part, not NUL-terminated */
	size_t dir_len;
	const char *base; /* last component; "" for the root itself */
	bool is_aufs;     /* below AUFS's own ".wh..wh.*": not an entry */
};

/* Cut what stands behind PATH's last component ("/", "/."); the rest's
 * length. */
size_t lookup_cut(char *path);
/* Take PATH apart, an entry's name as the archive has it; it is cut
 * (lookup_cut). ERR_FORMAT: a component "..", one
 * over 255 bytes, a whiteout's name in the middle, more than 4096 bytes. */
MUST_CHECK int lookup_parse(char *path, enum lookup_rule rule,
			    struct lookup_name *name, struct err *e);

struct lookup;

/* For paths in T, which must live as long. */
struct lookup *lookup_new(struct tree *t);
void lookup_free(struct lookup *l);
AUTO_DEFINE_PTR(lookup, struct lookup, lookup_free)

/* The directory that NAME's directory part leads to. What is missing is made
 * as implied directories of LAYER - or, if LAYER is 0, *DIR is NULL.
 * ERR_FORMAT: a file where a directory should be, too many symlinks, too long
 * a path; ERR_LIMIT: as tree_put. */
MUST_CHECK int lookup_dir(struct lookup *l, const struct lookup_name *name,
			  unsigned layer, struct node **dir, struct err *e);

#endif
