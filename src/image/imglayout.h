/* imglayout.h - kinds: an OCI image layout in a directory, and the store, which
 * is one.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef IMAGE_IMGLAYOUT_H
#define IMAGE_IMGLAYOUT_H

#include "image/source.h"
#include "image/target.h"

/* Can N (oci:DIR[:TAG]) be written? ERR_EXISTS if something else is there,
 * ERR_UNSUPPORTED if it is a store, STORE or another one. */
MUST_CHECK int imglayout_check(const struct name *n, const char *store,
			       struct err *e);
/* The directory for what must be put aside before it becomes a part of the
 * layout T (oci:DIR[:TAG]): the layout that is there, or what DIR will be in.
 * A descriptor. Errors are those of imglayout_check; what killed processes left
 * is removed. */
MUST_CHECK int imglayout_tmpdir(const struct target *t, struct err *e);
/* S in the layout T (oci:DIR[:TAG]), which is made if there is nothing, whole
 * or not at all; in one that is there S takes the place of what has its tag.
 * Without TAG: the tag that S has, or "latest". */
MUST_CHECK int imglayout_write(struct target *t, struct source *s,
			       struct err *e);
/* S in the store under the name T (store:REF). */
MUST_CHECK int imglayout_store(struct target *t, struct source *s,
			       struct err *e);
/* What S is called in a layout. Caller frees. */
char *imglayout_tag(const struct target *t, const struct source *s);

#endif
