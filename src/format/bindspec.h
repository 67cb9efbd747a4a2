/* bindspec.h - SRC[:DST[:OPT[,OPT...]]] of --bind.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef FORMAT_BINDSPEC_H
#define FORMAT_BINDSPEC_H

#include "base/err.h"

#include <stdbool.h>

struct bindspec {
	char *src; /* as given; relative is relative to the caller's cwd */
	char *dst; /* absolute and clean */
	bool readonly;
	bool optional; /* a missing SRC is skipped */
};

/* Parse TEXT. DST left out is SRC, which must then be absolute. A backslash
 * before ':' or '\' makes it part of the path. Options: ro, rw, optional.
 * ERR_USAGE: empty part, relative DST, DST "/", unknown option. */
MUST_CHECK int bindspec_parse(const char *text, struct bindspec *out,
			      struct err *e);
void bindspec_clear(struct bindspec *b);
AUTO_DEFINE(bindspec, struct bindspec, bindspec_clear)

#endif
