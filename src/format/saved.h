/* saved.h - manifest.json of an archive that `docker save` wrote (Docker image
 * specification 1.2, "Combined Image JSON + Filesystem Changeset Format"), as
 * podman, skopeo and buildah write it, too.
 * SPDX-License-Identifier: Apache-2.0
 *
 * What else is in such an archive (repositories, HEX/json, HEX/VERSION) is of
 * older versions and says nothing more. We write the first of them, which costs
 * nothing.
 */
#ifndef FORMAT_SAVED_H
#define FORMAT_SAVED_H

#include "base/err.h"
#include "base/strlist.h"

#define SAVED_IMAGES_MAX 1000

struct saved_image {
	char *config;          /* name of an entry in the archive */
	struct strlist tags;   /* references, unchecked; none: saved by ID */
	struct strlist layers; /* names of entries, lowest first */
};

struct saved {
	struct saved_image *v;
	size_t n;
};

/* Parse. Each image has a configuration and at least one layer. ERR_FORMAT,
 * ERR_LIMIT; OUT is empty then. */
MUST_CHECK int saved_parse(const void *text, size_t n, struct saved *out,
			   struct err *e);
void saved_clear(struct saved *s);
AUTO_DEFINE(saved, struct saved, saved_clear)

/* S as manifest.json, as `docker save` writes it. Caller frees. NULL if a name
 * is not UTF-8 (ERR_FORMAT). */
char *saved_write(const struct saved *s, struct err *e);
/* The legacy file `repositories` for the same: for each name and tag the ID of
 * the top layer, which is taken from the layer's name ("ID/layer.tar",
 * "ID.tar"). A reference without a tag is left out. Always the same bytes for
 * the same input. Caller frees. NULL as above. */
char *saved_repositories(const struct saved *s, struct err *e);

#endif
