/* whiteout.h - what the name of a layer entry means (OCI layer.md,
 * "Whiteouts").
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef FORMAT_WHITEOUT_H
#define FORMAT_WHITEOUT_H

#include "base/err.h"

enum whiteout {
	WHITEOUT_NONE,   /* an ordinary name */
	WHITEOUT_FILE,   /* ".wh.NAME": NAME of the layers below is gone */
	WHITEOUT_OPAQUE, /* ".wh..wh..opq": all siblings below are gone */
	WHITEOUT_IGNORE, /* AUFS's own bookkeeping ".wh..wh.*": no entry */
	WHITEOUT_BAD,    /* ".wh." alone, ".wh..", ".wh...": refuse */
};

/* Classify the last component BASE; for WHITEOUT_FILE *NAME points behind the
 * prefix, into BASE. */
enum whiteout whiteout_of(const char *base, const char **name);

#endif
