/* imgoci.h - an image in an OCI image layout: the user's store or a directory
 * that is read.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef IMAGE_IMGOCI_H
#define IMAGE_IMGOCI_H

#include "base/err.h"
#include "base/str.h"
#include "format/imgconfig.h"
#include "format/manifest.h"
#include "layer/pipeline.h"

#define IMGOCI_INDEX_DEPTH 4 /* an index in an index in ... */

struct imgoci {
	struct digest digest; /* of the manifest */
	uint64_t size;        /* of the manifest */
	struct manifest manifest;
	/* Both are empty if the manifest is a SIF file's. */
	struct imgconfig config; /* as many diff_ids as layers */
	struct str config_text;  /* byte for byte */
};

void imgoci_clear(struct imgoci *i);
AUTO_DEFINE(imgoci, struct imgoci, imgoci_clear)

/* Read the image that TOP, a manifest or an index, names in the layout ROOT,
 * taking from an index what suits WANT. Manifest and configuration are
 * verified. ERR_NOTFOUND lists the platforms there are. */
MUST_CHECK int imgoci_load(int root, const struct descriptor *top,
			   const struct platform *want, struct imgoci *out,
			   struct err *e);

/* I's manifest as an index names it, for its configuration's platform. The
 * caller clears TOP. */
void imgoci_describe(const struct imgoci *i, struct descriptor *top);

/* Parse the configuration TEXT for I, whose manifest is set; TEXT moves to I.
 * ERR_FORMAT if it does not fit the manifest. */
MUST_CHECK int imgoci_set_config(struct imgoci *i, struct str *text,
				 struct err *e);

/* The layers of I as sources that read the layout's blobs; VERIFY: check the
 * blobs' own digests too, as for a layout that somebody else wrote. */
struct imgoci_layers {
	struct layer_source *v;
	size_t n;
	int *fds;     /* one for each layer, or -1 */
	char **names; /* "layer 2 of 5" */
	/* Wait until the blobs' own digests were found right, before anything
	 * made of them is published; -1 if they were not. NULL: they are. */
	int (*wait)(void *ctx, struct err *e);
	void *ctx;
};
MUST_CHECK int imgoci_layers_open(int root, const struct imgoci *i, bool verify,
				  struct imgoci_layers *out, struct err *e);
/* Sources of I with names, sizes and diff_ids set, but nothing to read from
 * yet: the caller sets `read` and `ctx`. */
void imgoci_layers_new(const struct imgoci *i, struct imgoci_layers *out);
/* Sum up the blobs of L: ERR_DIGEST as below if one is not what its digest
 * says. For what is not summed while it is read. */
MUST_CHECK int imgoci_layers_check(const struct imgoci *i,
				   const struct imgoci_layers *l,
				   struct err *e);
/* Unpacking the layers failed with E: if one of the blobs is not what its
 * digest says, then that is why, and E says so ("layer 2 of 5: expected
 * sha256:..., got sha256:..."). Returns -1. */
int imgoci_layers_blame(const struct imgoci *i, const struct imgoci_layers *l,
			struct err *e);
/* Unpacking I, with layers of the store ROOT, failed with E: if layers there
 * have gone bad E says so. They are removed, so that the next pull fetches
 * them, unless the store is only read: READONLY is its path then, else NULL.
 * Returns -1. */
int imgoci_blame_store(int root, const char *readonly, const struct imgoci *i,
		       struct err *e);
void imgoci_layers_close(struct imgoci_layers *l);
AUTO_DEFINE(imgoci_layers, struct imgoci_layers, imgoci_layers_close)

#endif
