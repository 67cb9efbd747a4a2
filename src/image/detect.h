/* detect.h - what kind of image is in a file: told by its bytes, and of an
 * archive by what is in it. SPDX-License-Identifier: Apache-2.0
 */
#ifndef IMAGE_DETECT_H
#define IMAGE_DETECT_H

#include "base/err.h"
#include "image/name.h"

/* The kind of the file FD, which can be read anywhere in it and stands at its
 * start afterwards: NAME_SQUASH, NAME_SIF, NAME_TAR (a root file system), or
 * NAME_OCI_ARCHIVE for an archive in which an image was saved, in either form.
 * SHOWN is its name for messages. ERR_UNSUPPORTED: none of these. ERR_FORMAT:
 * an archive that can't be read as far as that takes. */
MUST_CHECK int detect_file(int fd, const char *shown, enum name_kind *out,
			   struct err *e);

#endif
