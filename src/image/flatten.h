/* flatten.h - the layers of one image to a directory that is there whole or
 * not at all.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The result carries what it needs to run on its own: /ch/config.json (the
 * image configuration, byte for byte), /ch/environment (its variables, NAME=
 * VALUE lines) and, written last, /ch/image (what it was made from).
 */
#ifndef IMAGE_FLATTEN_H
#define IMAGE_FLATTEN_H

#include "base/err.h"
#include "image/dest.h"
#include "image/imgoci.h"

/* Unpack LAYERS of the image I into a temporary directory in TMPDIR (on the
 * file system of DEST), add /ch, sync, and publish as DEST. NAME is the image's
 * for /ch/image. What an unpacked tree can't carry is said in one line each
 * (log.h). On failure nothing is left. ERR_UNSUPPORTED if I is a SIF file. */
MUST_CHECK int flatten(int tmpdir, const struct dest *dest,
		       const struct imgoci *i, const char *name,
		       const struct imgoci_layers *layers, struct err *e);

#endif
