/* entry.h - what a tree is made of, one after the other: files, directories,
 * links, with their names and all that is known of them; and where such entries
 * come from.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A tar archive gives entries (tarread.h), a directory (dirread.h), a squashfs
 * image (sqfsread.h) and a list in memory (memread.h). Who reads them need not
 * know which. Nothing about a name is checked here.
 */
#ifndef LAYER_ENTRY_H
#define LAYER_ENTRY_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

enum entry_type {
	ENTRY_FILE,
	ENTRY_DIR,
	ENTRY_SYMLINK,
	ENTRY_HARDLINK,
	ENTRY_FIFO,
	ENTRY_CHAR,
	ENTRY_BLOCK,
};

/* Bytes of a sparse file that are there. What is behind so many of them is not
 * told apart any more: the last one reaches to the end of the file. A map of so
 * many in a tar archive is below HEAD_MAX of tarread.c. */
#define ENTRY_EXTENTS_MAX 131072
struct extent {
	uint64_t at;
	uint64_t n;
};

struct entry {
	enum entry_type type;
	char *name;            /* never NULL; may be changed in place */
	char *link;            /* what a symlink or hard link says, else "" */
	uint64_t size;         /* of the content, holes included */
	mode_t mode;           /* 07777 */
	uint32_t uid, gid;     /* owner; who can't be told is 0 */
	uint32_t major, minor; /* of ENTRY_CHAR and ENTRY_BLOCK */
	struct timespec mtime; /* any second, 0 to 999999999 ns */
	bool has_xattrs;
	/* A sparse file's extents, ascending and apart; everything else is
	 * holes. Not sparse: NULL. */
	bool is_sparse;
	const struct extent *extents;
	size_t n_extents;
};

/* A source of entries. What it gives stays valid until the next call of NEXT,
 * pieces of content until the next call of NEXT or DATA. */
struct entries {
	/* The next entry: 1, 0 at the end, -1 with E. */
	int (*next)(void *ctx, struct entry *out, struct err *e);
	/* The next piece of the entry's content and where it belongs: 1, 0 at
	 * its end, or -1 with E. Offsets only grow; between the pieces and up
	 * to the entry's size are holes. Content nobody asks for is passed
	 * over. */
	int (*data)(void *ctx, const void **p, size_t *n, uint64_t *offset,
		    struct err *e);
	/* The entry's next extended attribute; false if there is no more. */
	bool (*xattr)(void *ctx, const char **name, const void **value,
		      size_t *size);
	void *ctx;
};

/* Bytes of the content that are there, without holes. */
uint64_t entry_held(const struct entry *x);
/* An `xattr` for entries that have none. */
bool entry_no_xattr(void *ctx, const char **name, const void **value,
		    size_t *size);

#endif
