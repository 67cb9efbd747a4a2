/* convert.h - any readable kind of image to any writable kind.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef IMAGE_CONVERT_H
#define IMAGE_CONVERT_H

#include "base/err.h"

#include <stdbool.h>

struct convert_opts {
	const char *store;    /* path or NULL: the default */
	const char *readonly; /* stores that are read as well (stores.h), or
			       * NULL */
	const char *platform; /* for an index; NULL: this machine */
	bool force;           /* replace OUT if it is an image */
};

/* Convert IN to OUT. OUT NULL: flatten IN in the store. *PATH (caller frees) is
 * where the result is. */
MUST_CHECK int convert(const char *in, const char *out,
		       const struct convert_opts *o, char **path,
		       struct err *e);

#endif
