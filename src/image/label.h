/* label.h - the name of an image in a layout, from what its entry in index.json
 * is labelled with.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef IMAGE_LABEL_H
#define IMAGE_LABEL_H

#include "base/str.h"
#include "format/descriptor.h"
#include "format/ref.h"

/* The name of the entry TOP of a layout that is in PATH ("-": standard input):
 * what its annotations say if that is a reference with a repository. A word
 * alone is a tag: then "localhost/NAME:TAG", with NAME after PATH's last
 * component. OUT is empty if there is no name. */
void label_ref(const struct descriptor *top, const char *path, struct ref *out);

/* The entry of the index TEXT that is named TAG, or else what has that name's
 * normalised form, as in a store: so "alpine:3.16" is found there, too. NULL:
 * its only one. Errors as of ocilayout_find. */
MUST_CHECK int label_find(const struct str *text, const char *tag,
			  const struct platform *want, struct descriptor *out,
			  struct err *e);

#endif
