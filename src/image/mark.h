/* mark.h - what tells an image from any other directory or file: --force must
 * not be able to replace a home directory or somebody's backup.
 * SPDX-License-Identifier: Apache-2.0
 *
 * So a sign is wanted, where detect.h is content if nothing speaks against it.
 */
#ifndef IMAGE_MARK_H
#define IMAGE_MARK_H

#include <stdbool.h>

/* An unpacked image, ours or Charliecloud's, in the directory FD. */
bool mark_dir(int fd);
/* An image in the file FD: squashfs, SIF, an archive in which an image was
 * saved, or one with our /ch or with programs and what goes with them among its
 * first MARK_ENTRIES. */
bool mark_file(int fd);

#define MARK_ENTRIES 5000

#endif
