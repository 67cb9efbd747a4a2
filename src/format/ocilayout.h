/* ocilayout.h - an OCI image layout's own files (image-layout.md): oci-layout
 * and index.json.
 * SPDX-License-Identifier: Apache-2.0
 *
 * index.json is edited without losing what we do not know: other entries,
 * other annotations.
 */
#ifndef FORMAT_OCILAYOUT_H
#define FORMAT_OCILAYOUT_H

#include "base/err.h"
#include "format/manifest.h"

/* Check the content of `oci-layout`: version 1.x. ERR_FORMAT,
 * ERR_UNSUPPORTED. */
MUST_CHECK int ocilayout_check(const void *text, size_t n, struct err *e);
/* The content for a new `oci-layout` file. Borrowed. */
const char *ocilayout_text(void);

/* The entry of index.json (TEXT) whose ref.name annotation is NAME (or else
 * containerd's io.containerd.image.name), copied to OUT. Several platforms may
 * have one name: the entry that suits WANT best is taken (platform.h), one
 * without a platform if none suits; WANT NULL takes the first. NAME NULL takes
 * the only image there is, whatever its platform, or the one that suits if all
 * have one name. ERR_NOTFOUND lists the names there are (at most ten), or the
 * platforms. */
MUST_CHECK int ocilayout_find(const void *text, size_t n, const char *name,
			      const struct platform *want,
			      struct descriptor *out, struct err *e);

/* All entries of index.json in its order, attestations included; a name that
 * only containerd's annotation gives is in ref_name, too. ERR_FORMAT. */
struct ocilayout_list {
	struct descriptor *v;
	size_t n;
};
MUST_CHECK int ocilayout_list(const void *text, size_t n,
			      struct ocilayout_list *out, struct err *e);
void ocilayout_list_clear(struct ocilayout_list *l);
AUTO_DEFINE(ocilayout_list, struct ocilayout_list, ocilayout_list_clear)

/* New text of index.json: TEXT (NULL or empty: a new one) with an entry for D
 * (media_type, digest, size, and platform and source if set) under NAME, or
 * without a name if it is NULL. It replaces those of the same NAME that have
 * the same platform, or any of that name if one of the two has no platform.
 * Caller frees. NULL on error: ERR_FORMAT, ERR_LIMIT. */
char *ocilayout_set(const void *text, size_t n, const char *name,
		    const struct descriptor *d, struct err *e);
/* New text of index.json without the entries that are D (from ocilayout_list):
 * its name, or none, its digest and its platform. *REMOVED (may be 0) says how
 * many went. Caller frees. NULL on error. */
char *ocilayout_drop(const void *text, size_t n, const struct descriptor *d,
		     size_t *removed, struct err *e);

#endif
