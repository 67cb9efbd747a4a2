/* descriptor.h - a content descriptor: type, digest and size of a blob (OCI
 * descriptor.md; with platform as in image-index.md).
 * SPDX-License-Identifier: Apache-2.0
 *
 * Embedded `data` and `urls` are not read: content comes from the registry or
 * the layout and is checked against the digest.
 */
#ifndef FORMAT_DESCRIPTOR_H
#define FORMAT_DESCRIPTOR_H

#include "base/err.h"
#include "format/digest.h"
#include "format/media.h"
#include "format/platform.h"

#include <stdint.h>

/* Our annotation of an entry in index.json. */
#define DESCRIPTOR_SOURCE "io.chassis.source.digest"

struct json_t; /* jansson.h, which users of this file need not have */

struct descriptor {
	enum media media;
	char *media_type; /* as written; NULL if absent */
	struct digest digest;
	uint64_t size;            /* bytes */
	struct platform platform; /* in an index; os "" if not given */
	char *ref_name;       /* org.opencontainers.image.ref.name or NULL */
	char *image_name;     /* io.containerd.image.name or NULL */
	struct digest source; /* in our store: what the name stood for in the
			       * registry, an index perhaps; text "" if not
			       * said (DESCRIPTOR_SOURCE) */
	bool is_attestation;  /* vnd.docker.reference.type, or platform
			       * unknown/unknown: never an image */
};

/* Read OBJ, which is at WHERE ("layers[2]") in its document. ERR_FORMAT. OUT
 * is cleared on failure. */
MUST_CHECK int descriptor_read(struct json_t *obj, const char *where,
			       struct descriptor *out, struct err *e);
void descriptor_clear(struct descriptor *d);
AUTO_DEFINE(descriptor, struct descriptor, descriptor_clear)
/* Deep copy over an empty TO. */
void descriptor_copy(struct descriptor *to, const struct descriptor *from);

#endif
