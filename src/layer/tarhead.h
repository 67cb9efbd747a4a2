/* tarhead.h - the headers in front of a tar entry, as they stand in the archive
 * (POSIX.1-2008, pax, "pax Interchange Format").
 * SPDX-License-Identifier: Apache-2.0
 *
 * A second look at what libarchive reads, for what it does not tell: the
 * entry's type letter, whether the PAX records are well-formed, and the names
 * in them as bytes - libarchive converts them to the locale's character set,
 * with another spelling of the same character if it likes, and ends them at a
 * NUL -, and times before 1970 with a fraction. Pure: bytes in, pointers into
 * them out.
 */
#ifndef LAYER_TARHEAD_H
#define LAYER_TARHEAD_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct tarhead_text {
	const char *p; /* not NUL-terminated; NULL: not given by PAX records */
	size_t len;
};

struct tarhead {
	char type; /* of the entry itself: '0' to '7', 'S', 'D' or NUL */
	struct tarhead_text path;
	struct tarhead_text link;
	bool is_sparse;            /* its body has a map of extents in front */
	struct tarhead_text mtime; /* seconds, maybe with a sign and a
				    * fraction */
};

/* P is N bytes that begin with the first header of an entry and hold all of
 * them; more may follow. Names are only those that PAX records have the last
 * word on. ERR_FORMAT: malformed records, a NUL in a name, a type that is not
 * known. ERR_LIMIT: more than 1 MiB of records, or a name of that. */
MUST_CHECK int tarhead_read(const void *p, size_t n, struct tarhead *h,
			    struct err *e);

#endif
