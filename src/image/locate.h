/* locate.h - from an image's name to a directory that can be run.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Needs none of the network and archive libraries: an image of the store that
 * is not flattened yet is handed to ch-convert, in a child process.
 */
#ifndef IMAGE_LOCATE_H
#define IMAGE_LOCATE_H

#include "base/err.h"
#include "image/name.h"

/* Absolute path of the directory tree of image TEXT. STORE is the store's path
 * or NULL for the default, READONLY those that are read as well (stores.h). A
 * tree in one of these is good; one that has to be made goes to STORE. A store
 * reference (and an OCI layout) without a tree is flattened into the store
 * first, if MAY_UNPACK, else ERR_UNSUPPORTED; a reference that the store lacks
 * is ERR_NOTFOUND with the next step ("ch-pull REF"). Caller frees. */
char *locate_tree(const char *text, const char *store, const char *readonly,
		  bool may_unpack, struct err *e);
/* The path of ch-convert: beside the program that runs, else where it was
 * installed. Caller frees. */
char *locate_convert(void);

#endif
