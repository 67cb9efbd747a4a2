/* storetree.h - an image with layers, unpacked in the store.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef IMAGE_STORETREE_H
#define IMAGE_STORETREE_H

#include "image/source.h"

/* The path of the tree of S (layered.h): one that is there, in the store STORE
 * (NULL: the default) or one of READONLY (stores.h), else S is unpacked, once
 * even if several want it. Caller frees. NULL with E. */
char *storetree_make(struct source *s, const char *store, const char *readonly,
		     struct err *e);

#endif
