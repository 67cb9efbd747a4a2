/* bindspec.h - SRC[:DST[:OPT[,OPT...]]] of --bind, KEY=VALUE[,KEY...] of
 * --mount, and the sizes of file systems in memory.
 * SPDX-License-Identifier: Apache-2.0
 *
 * --mount is what docker(1) has, with fields as in RFC 4180: one that holds a
 * comma or a quote stands in quotes, '"src=/a,b",dst=/c', and a quote in it is
 * doubled.
 */
#ifndef FORMAT_BINDSPEC_H
#define FORMAT_BINDSPEC_H

#include "base/err.h"

#include <stdbool.h>

struct bindspec {
	char *src;  /* as given; relative is relative to the caller's cwd;
		     * NULL: a new, empty directory in memory */
	char *size; /* of that, or NULL */
	char *dst; /* absolute and clean */
	bool readonly;
	bool optional; /* a missing SRC is skipped */
};

/* Parse TEXT. DST left out is USUAL, or if that is NULL, SRC, which must then
 * be absolute. A backslash before ':' or '\' makes it part of the path.
 * Options: ro, rw, optional. ERR_USAGE: empty part, relative DST, DST "/",
 * unknown option. */
MUST_CHECK int bindspec_parse(const char *text, const char *usual,
			      struct bindspec *out, struct err *e);
/* Parse TEXT of --mount: type=bind (the default) with src, dst (left out: SRC)
 * and ro, rw, optional; or type=tmpfs with dst and size. Other names that
 * docker has for these are known, too. ERR_USAGE as above. */
MUST_CHECK int bindspec_parse_mount(const char *text, struct bindspec *out,
				    struct err *e);
/* A number with an optional K, M, G, T or %, as tmpfs(5) takes it? ERR_USAGE:
 * "expected ..., found 'x'". */
MUST_CHECK int bindspec_check_size(const char *text, struct err *e);
void bindspec_clear(struct bindspec *b);
AUTO_DEFINE(bindspec, struct bindspec, bindspec_clear)

#endif
