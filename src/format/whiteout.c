/* whiteout.c - tells whiteouts from ordinary names.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "format/whiteout.h"

#include "base/str.h"

#include <string.h>

#define PREFIX ".wh."

/* The name is looked at behind the prefix too: ".wh..." would otherwise remove
 * the directory above. */
enum whiteout whiteout_of(const char *base, const char **name)
{
	const char *rest = base + strlen(PREFIX);

	*name = NULL;
	if (!str_starts(base, PREFIX))
		return WHITEOUT_NONE;
	if (!strcmp(rest, PREFIX ".opq"))
		return WHITEOUT_OPAQUE;
	if (str_starts(rest, PREFIX))
		return WHITEOUT_IGNORE;
	if (!*rest || !strcmp(rest, ".") || !strcmp(rest, ".."))
		return WHITEOUT_BAD;
	*name = rest;
	return WHITEOUT_FILE;
}
