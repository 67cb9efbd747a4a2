/* locate.h - from an image's name to what can be run: a directory tree, or a
 * squashfs file system in a file.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Needs none of the network and archive libraries: an image of the store that
 * is not flattened yet is handed to ch-convert, in a child process.
 */
#ifndef IMAGE_LOCATE_H
#define IMAGE_LOCATE_H

#include "base/err.h"
#include "image/name.h"

#include <stdint.h>

struct located {
	char *path;        /* absolute */
	int fd;            /* the file, open; -1: PATH is a directory */
	uint64_t at, size; /* where in the file the file system is, in bytes */
};
#define LOCATED_INIT      \
	{                 \
		.fd = -1, \
	}

/* Where image TEXT is. STORE is the store's path or NULL for the default,
 * READONLY those that are read as well (stores.h). A tree in one of these is
 * good; one that has to be made goes to STORE. A store reference (and an OCI
 * layout) without a tree is flattened into the store first, if MAY_UNPACK, else
 * ERR_UNSUPPORTED; a reference that the store lacks is ERR_NOTFOUND with the
 * next step ("ch-pull REF"). What a file is, its bytes say; of a SIF file it is
 * the primary partition, ERR_UNSUPPORTED if that is no squashfs. */
MUST_CHECK int locate_image(struct located *out, const char *text,
			    const char *store, const char *readonly,
			    bool may_unpack, struct err *e);
void located_clear(struct located *l);
AUTO_DEFINE(located, struct located, located_clear)

/* The path of ch-convert: beside the program that runs, else where it was
 * installed. Caller frees. */
char *locate_convert(void);

#endif
