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

/* Open the store at PATH (NULL: the default) for reading. ERR_NOTFOUND if
 * there is none yet. Refused (ERR_AUTH): a store that belongs to somebody else,
 * unless it is only read; one that others can write to. */
MUST_CHECK int store_open(struct store *s, const char *path, struct err *e);
/* Open for writing, made (0700) if missing; removes what killed processes left
 * in tmp/. */
MUST_CHECK int store_open_write(struct store *s, const char *path,
				struct err *e);
void store_close(struct store *s);
AUTO_DEFINE(store, struct store, store_close)

/* The manifest that REF names for the platform WANT: images of several
 * platforms may have one name. ERR_NOTFOUND: "no image 'alpine:3.16' in store
 * '/var/tmp/u.ch'". */
MUST_CHECK int store_find(const struct store *s, const struct ref *ref,
			  const struct platform *want, struct descriptor *out,
			  struct err *e);
/* REF shall name the manifest D for D's platform; D's blobs are all in the
 * store. */
MUST_CHECK int store_set(const struct store *s, const struct ref *ref,
			 const struct descriptor *d, struct err *e);

/* Absolute path of the flattened image with manifest DIGEST, or NULL (without
 * error) if it is not there. Caller frees. */
char *store_tree(const struct store *s, const struct digest *digest);

/* Open a directory of the store ("tmp", "blobs/sha256", "trees/sha256"), made
 * if missing. A descriptor. */
MUST_CHECK int store_dir(const struct store *s, const char *name,
			 struct err *e);

#endif
