/* tarread.h - a tar archive, entry by entry, from blocks of bytes.
 * SPDX-License-Identifier: Apache-2.0
 *
 * libarchive reads it: tar in all its dialects and nothing else. Names are the
 * archive's bytes, whatever the locale; nothing about them is checked here but
 * that they hold no NUL. Wrong checksums, entries of unknown types and
 * archives that end early are errors (ERR_FORMAT); one without its two final
 * zero blocks is not, nor is an empty one.
 */
#ifndef LAYER_TARREAD_H
#define LAYER_TARREAD_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

enum tarread_type {
	TARREAD_FILE,
	TARREAD_DIR,
	TARREAD_SYMLINK,
	TARREAD_HARDLINK,
	TARREAD_FIFO,
	TARREAD_DEVICE, /* block or character */
};

struct tarread_entry {
	enum tarread_type type;
	char *name;            /* never NULL; may be changed in place */
	char *link;            /* what a symlink or hard link says, else "" */
	uint64_t size;         /* of the content, holes included */
	mode_t mode;           /* 07777 */
	struct timespec mtime; /* any second, 0 to 999999999 ns */
	bool has_xattrs;
};

struct tarread;

/* NEXT gives the archive's next bytes, as many as it likes: *N is 0 at the
 * end, -1 is a failure, with E. They must stay until it is called again. */
struct tarread *tarread_new(int (*next)(void *ctx, const void **p, size_t *n,
					struct err *e),
			    void *ctx);
void tarread_free(struct tarread *r);
AUTO_DEFINE_PTR(tarread, struct tarread, tarread_free)

/* The next entry, valid until the next call: 1, 0 at the archive's end, or -1.
 * What NEXT said is passed on. */
MUST_CHECK int tarread_next(struct tarread *r, struct tarread_entry *entry,
			    struct err *e);
/* The next piece of the entry's content and where it belongs: 1, 0 at its end
 * or -1. Offsets only grow; between the pieces and up to the entry's size are
 * holes. */
MUST_CHECK int tarread_data(struct tarread *r, const void **p, size_t *n,
			    uint64_t *offset, struct err *e);
/* The entry's next extended attribute; false if there is no more. */
bool tarread_xattr(struct tarread *r, const char **name, const void **value,
		   size_t *size);

#endif
