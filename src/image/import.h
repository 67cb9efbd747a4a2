/* import.h - an image that was carried here in files, verified and put where a
 * store or a layout has its blobs: oci:DIR[:TAG], oci-archive:FILE[:TAG],
 * docker-archive:FILE[:REF], and "-" for standard input; a file that may hold
 * one of these is told by what is in it.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Formats: image-layout.md of the OCI image specification; the archives that
 * `docker save` and `podman save` write (manifest.json, version 1.2 of the
 * Docker image specification). Archives may be compressed (gzip, zstd). They
 * are read once from front to end, so a pipe will do.
 */
#ifndef IMAGE_IMPORT_H
#define IMAGE_IMPORT_H

#include "base/err.h"
#include "format/descriptor.h"
#include "image/name.h"
#include "image/progress.h"

struct imported {
	struct ref ref;        /* its name; repo NULL if it has none inside */
	struct descriptor top; /* the manifest, with platform, for store_set */
	uint64_t fetched;      /* bytes of layers that ROOT did not have */
};

struct import_list {
	struct imported *v;
	size_t n;
};

/* Read the images that FROM names (all of a docker-archive without REF; of an
 * index those for WANT) and put manifest, configuration and layers, each with
 * its digest verified, into ROOT/blobs (an OCI layout's directory).
 * A docker-archive's images get OCI manifests, always the same bytes for the
 * same content. Names come from RepoTags, or from the annotations
 * org.opencontainers.image.ref.name and io.containerd.image.name if those are
 * references with a repository; a bare tag there gives "localhost/NAME:TAG"
 * with the name of the directory or file. P may be NULL. On failure nothing is
 * left but whole blobs. ERR_NOTFOUND lists what there is. */
MUST_CHECK int import_images(const struct name *from,
			     const struct platform *want, int root,
			     struct progress *p, struct import_list *out,
			     struct err *e);
void import_list_clear(struct import_list *l);
AUTO_DEFINE(import_list, struct import_list, import_list_clear)

#endif
