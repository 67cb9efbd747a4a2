/* store.h - the user's images: an OCI image layout with flattened trees
 * beside it.
 * SPDX-License-Identifier: Apache-2.0
 *
 *	oci-layout index.json blobs/sha256/HEX    any OCI tool can read these
 *	trees/sha256/HEX/                         flattened, by manifest digest
 *	tmp/                                      everything unfinished
 *
 * Writers work in tmp/ and publish by rename; readers never lock. A name
 * published is complete. Nothing here needs libcurl, libarchive or libcrypto,
 * so that ch-run can look a tree up.
 *
 * In tmp/ are temporary objects (base/tmp.h), leases (lease.h) and blobs that
 * are to be gone on with (partial.h).
 */
#ifndef IMAGE_STORE_H
#define IMAGE_STORE_H

#include "base/err.h"
#include "format/manifest.h"
#include "format/ref.h"

#include <stdbool.h>

struct store {
	char *path; /* absolute */
	int fd;     /* the directory */
};
#define STORE_INIT       \
	{                \
		.fd = -1 \
	}

/* The default place, /var/tmp/USER.ch, where USER is the login name (or the
 * uid). Caller frees. */
char *store_default_path(void);

/* The absolute path of the store PATH (NULL: the default). Caller frees. */
char *store_path(const char *path);

/* Open the store at PATH (NULL: the default) for reading. ERR_NOTFOUND if
 * there is none yet. Refused (ERR_AUTH): a store that all can write to; the
 * default one if it is not ours or its group can write to it; another that is
 * not ours, unless its group can write to it and we are in that group. */
MUST_CHECK int store_open(struct store *s, const char *path, struct err *e);
/* The same, for writing: made (0700) if missing; what killed processes left in
 * tmp/ is removed, but for what can be gone on with. */
MUST_CHECK int store_open_write(struct store *s, const char *path,
				struct err *e);
/* Open a store that is only read, whoever it belongs to. Refused: one that all
 * can write to. */
MUST_CHECK int store_open_readonly(struct store *s, const char *path,
				   struct err *e);
void store_close(struct store *s);
AUTO_DEFINE(store, struct store, store_close)

/* The manifest that REF names for the platform WANT: images of several
 * platforms may have one name. ERR_NOTFOUND: "no image 'alpine:3.16' in store
 * '/var/tmp/u.ch'"; ERR_UNSUPPORTED: it is there for other platforms. */
MUST_CHECK int store_find(const struct store *s, const struct ref *ref,
			  const struct platform *want, struct descriptor *out,
			  struct err *e);
/* REF shall name the manifest D for D's platform; D's blobs are all in the
 * store. */
MUST_CHECK int store_set(const struct store *s, const struct ref *ref,
			 const struct descriptor *d, struct err *e);
/* Is the image with the manifest D there whole: manifest, configuration and
 * layers, each with the right size? Sums are not computed. To be asked before
 * an image is taken for unchanged, and after store_set, since another process
 * may collect garbage at the same time. */
bool store_has_image(const struct store *s, const struct descriptor *d);

/* Remove the index entries that are D, from ocilayout_list; *REMOVED (may be 0)
 * says how many went. What they named stays until gc. */
MUST_CHECK int store_drop(const struct store *s, const struct descriptor *d,
			  size_t *removed, struct err *e);

/* Absolute path of the flattened image with manifest DIGEST, or NULL (without
 * error) if it is not there. Caller frees. */
char *store_tree(const struct store *s, const struct digest *digest);

/* Open a directory of the store ("tmp", "blobs/sha256", "trees/sha256"), made
 * if missing with the store's permissions (layout.h). A descriptor. */
MUST_CHECK int store_dir(const struct store *s, const char *name,
			 struct err *e);
/* Put TEXT in place as the file NAME of the store, at once, readable for whom
 * the store is. */
MUST_CHECK int store_put(const struct store *s, const char *name,
			 const char *text, size_t n, struct err *e);

#endif
