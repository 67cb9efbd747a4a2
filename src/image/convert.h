/* convert.h - any readable kind of image to any writable kind.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef IMAGE_CONVERT_H
#define IMAGE_CONVERT_H

#include "base/err.h"
#include "image/pack.h"
#include "image/progress.h"
#include "layer/dirread.h"

#include <stdbool.h>

struct convert_opts {
	const char *store;        /* path or NULL: the default */
	const char *readonly;     /* stores that are read as well (stores.h), or
				   * NULL */
	const char *platform;     /* for an index; NULL: this machine */
	bool force;               /* replace OUT if it is an image */
	enum dirread_owner owner; /* in a directory that is read */
	struct pack pack;
	const char *tmpdir; /* for what must be put aside and has no OUT
			     * beside which it could be; NULL: /tmp */
	enum progress_style progress; /* JSON can't go where OUT "-" does */
	bool is_pull; /* the end is told as that of a pull */
};

/* Can OUT be written, as far as can be told without IN? Errors as of dest.h and
 * name_parse_out. */
MUST_CHECK int convert_check_out(const char *out, const struct convert_opts *o,
				 struct err *e);

/* Convert IN to OUT. OUT NULL: flatten IN in the store. *PATH (caller frees) is
 * where the result is, NULL if that is no path. What OUT can't hold is told by
 * one line each (log.h). P is told how far it is, and the end. On failure OUT
 * is what it was. */
MUST_CHECK int convert(const char *in, const char *out,
		       const struct convert_opts *o, struct progress *p,
		       char **path, struct err *e);

#endif
