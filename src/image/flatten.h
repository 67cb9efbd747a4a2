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
#include "layer/stack.h"

/* What goes into the directory. */
struct flatten {
	const struct stack *stack; /* its entries */
	const char *name;          /* for /ch/image */
	const char *manifest;      /* digest, for /ch/image; or NULL */
	/* The image's configuration; NULL: it has none, or one in its own /ch,
	 * of which only `image` is changed. */
	const struct imgconfig *config;
	const struct str *config_text;
	bool tell_all; /* say that owners and set-ID bits are not kept */
	/* As in imgoci.h, or NULL. */
	int (*wait)(void *ctx, struct err *e);
	void *ctx;
};

/* Unpack F into a temporary directory in TMPDIR (on the file system of DEST),
 * add /ch, sync, and publish as DEST. What an unpacked tree can't carry is said
 * in one line each (log.h). On failure nothing is left. */
MUST_CHECK int flatten(int tmpdir, const struct dest *dest,
		       const struct flatten *f, struct err *e);

/* The same for LAYERS of the image I, which is called NAME. ERR_UNSUPPORTED if
 * I is a SIF file. */
MUST_CHECK int flatten_layers(int tmpdir, const struct dest *dest,
			      const struct imgoci *i, const char *name,
			      const struct imgoci_layers *layers,
			      struct err *e);

/* NAME is a SIF file: ERR_UNSUPPORTED, and what to do. Returns -1. */
int flatten_refuse_sif(const char *name, struct err *e);

#endif
