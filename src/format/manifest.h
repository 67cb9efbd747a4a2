/* manifest.h - image manifests and indexes: the OCI forms and Docker's
 * (manifest.md, image-index.md; Docker manifest v2 schema 2 and list).
 * SPDX-License-Identifier: Apache-2.0
 *
 * What a document is, is decided by its content; a mediaType in it that says
 * otherwise, and a document with both `manifests` and `layers`, are refused
 * (CVE-2021-41190).
 */
#ifndef FORMAT_MANIFEST_H
#define FORMAT_MANIFEST_H

#include "base/err.h"
#include "format/descriptor.h"

#include <stdbool.h>

#define MANIFEST_LAYERS_MAX 1000
#define MANIFEST_ENTRIES_MAX 1000

struct manifest {
	char *media_type; /* as written; NULL if absent */
	struct descriptor config;
	struct descriptor *layers; /* lowest first */
	size_t n_layers;
	bool is_sif; /* an ORAS artifact: layers[0], the only one, is a SIF
		      * file, and the configuration is none */
};

struct index {
	char *media_type;
	struct descriptor *entries;
	size_t n_entries;
};

/* Which is it? MEDIA_INDEX, MEDIA_MANIFEST or MEDIA_SCHEMA1; MEDIA_UNKNOWN
 * with E set (ERR_FORMAT: "not a manifest: ...") if neither. */
enum media manifest_kind(const void *text, size_t n, struct err *e);

/* Parse an image manifest; each layer's type is known to be a layer's, or it is
 * the one of a SIF file (is_sif). Another artifact that is no image
 * (artifactType, empty config, unknown config type) is ERR_UNSUPPORTED and
 * named. */
MUST_CHECK int manifest_parse(const void *text, size_t n, struct manifest *out,
			      struct err *e);
void manifest_clear(struct manifest *m);
AUTO_DEFINE(manifest, struct manifest, manifest_clear)
/* Is layer N (from 0) the same blob as one before it? */
bool manifest_is_twin(const struct manifest *m, size_t n);
/* M as an OCI image manifest: always the same bytes for the same types, digests
 * and sizes, which are all set. Caller frees. */
char *manifest_write(const struct manifest *m);

MUST_CHECK int index_parse(const void *text, size_t n, struct index *out,
			   struct err *e);
void index_clear(struct index *x);
AUTO_DEFINE(index, struct index, index_clear)

/* The entry that suits WANT best, borrowed from X; attestations and what is
 * neither manifest nor index are skipped; a nested index without platform is
 * taken if nothing suits.
 * ERR_NOTFOUND lists what there is: "no image for linux/s390x; there is
 * linux/amd64, linux/arm64". A single entry without platform is taken. */
const struct descriptor *index_choose(const struct index *x,
				      const struct platform *want,
				      struct err *e);

#endif
