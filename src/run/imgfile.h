/* imgfile.h - small files of the image, which is hostile: read only if they are
 * regular, inside of it, and not too long.
 * SPDX-License-Identifier: Apache-2.0
 *
 * IMAGE is a descriptor of the image's root directory. Links are followed as
 * the command will see them.
 */
#ifndef RUN_IMGFILE_H
#define RUN_IMGFILE_H

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>

/* PATH, opened for reading. */
MUST_CHECK int imgfile_open(int image, const char *path, struct err *e);
/* Add the content of PATH to OUT. */
MUST_CHECK int imgfile_read(int image, const char *path, struct str *out,
			    struct err *e);
/* A file that the image may do without. What is wrong with it must not keep the
 * user from running (or repairing) the image, but he is told. False and nothing
 * in OUT if there is none that can be used. */
bool imgfile_optional(int image, const char *path, struct str *out);
/* Is there a regular file at PATH? And a directory? */
bool imgfile_is_file(int image, const char *path);
bool imgfile_is_dir(int image, const char *path);

#endif
