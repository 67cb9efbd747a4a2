/* layout.h - the directories of an OCI image layout that we write: all get the
 * permissions of the layout's own.
 * SPDX-License-Identifier: Apache-2.0
 *
 * So one `chmod` of a new store says who shares it: 0700 nobody, 2770 its
 * group, 0755 whoever reads. What users make there (blobs) their umask may
 * narrow further; what must be shared for the whole to work (directories,
 * index.json, leases) it does not.
 */
#ifndef IMAGE_LAYOUT_H
#define IMAGE_LAYOUT_H

#include "base/err.h"

#include <stddef.h>
#include <sys/types.h>

/* Open NAME ("blobs/sha256") in the layout's directory ROOT, made if missing,
 * with the permission bits and, if others of its group write there, the group
 * of ROOT. A descriptor. Follows no links below ROOT. */
MUST_CHECK int layout_dir(int root, const char *name, struct err *e);
/* Where in the layout ROOT what is unfinished may be: its tmp/, which a store
 * has, or else ROOT itself, so that nothing has to be made and removed there
 * while others use it, too. A descriptor. */
MUST_CHECK int layout_tmpdir(int root, struct err *e);
/* Put TEXT in place as the file NAME of the layout ROOT, at once, readable for
 * whom the layout is. */
MUST_CHECK int layout_put(int root, const char *name, const char *text,
			  size_t n, struct err *e);
/* What ROOT's bits are for a file: 0600, 0660, 0644, ... */
mode_t layout_file_mode(int root);
/* That, less the process's umask. */
mode_t layout_blob_mode(int root);

#endif
