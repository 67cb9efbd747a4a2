/* tarread.h - a tar archive, entry by entry, from blocks of bytes.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Tar in all the dialects that libarchive knows, and nothing else. Names are
 * the archive's bytes, whatever the locale; nothing about them is checked here
 * but that they hold no NUL. Wrong checksums, entries of unknown types and
 * archives that end early are errors (ERR_FORMAT); one without its two final
 * zero blocks is not, nor is an empty one. Memory is bounded: an entry with
 * more than 8 MiB of headers is ERR_LIMIT.
 */
#ifndef LAYER_TARREAD_H
#define LAYER_TARREAD_H

#include "layer/entry.h"

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
MUST_CHECK int tarread_next(struct tarread *r, struct entry *entry,
			    struct err *e);
/* The next piece of the entry's content, see entry.h. */
MUST_CHECK int tarread_data(struct tarread *r, const void **p, size_t *n,
			    uint64_t *offset, struct err *e);
/* The entry's next extended attribute, its name valid until the next call;
 * false if there is no more. */
bool tarread_xattr(struct tarread *r, const char **name, const void **value,
		   size_t *size);
/* All that as a source; R's as long as it lives. */
struct entries tarread_entries(struct tarread *r);

#endif
