/* name.h - which image does this argument name? The one grammar of all tools.
 * SPDX-License-Identifier: Apache-2.0
 *
 *	KIND:REST     explicit: dir:PATH, oci:PATH[:TAG], store:REF,
 *	              docker://REF, oras://REF, oci-archive:FILE[:TAG],
 *	              docker-archive:FILE[:REF]; FILE "-" is standard input
 *	/x ./x ../x   a path; for input its kind is found by looking at it
 *	otherwise     a reference in the store; for input, if the store has no
 *	              such image and a file of that name exists, that file
 */
#ifndef IMAGE_NAME_H
#define IMAGE_NAME_H

#include "base/err.h"
#include "format/ref.h"

enum name_kind {
	NAME_STORE,          /* ref: an image in the store */
	NAME_REGISTRY,       /* ref: an image in a registry */
	NAME_DIR,            /* path: an unpacked image */
	NAME_OCI,            /* path, tag: an OCI image layout directory */
	NAME_OCI_ARCHIVE,    /* path, tag: the same in a tar archive */
	NAME_DOCKER_ARCHIVE, /* path, tag: what `docker save` writes */
};

struct name {
	enum name_kind kind;
	char *text;      /* as the user wrote it */
	char *path;      /* of NAME_DIR, NAME_OCI and archives */
	char *tag;       /* what follows PATH and a colon, may have colons
			  * itself; NULL: all there is */
	struct ref ref;  /* of NAME_STORE and NAME_REGISTRY */
	bool maybe_path; /* NAME_STORE by default, and a file of that name
			  * exists: name_as_path turns it into that file */
};

/* An image to read. Paths are looked at (stat, and a few bytes): what is no
 * image we can read is ERR_UNSUPPORTED or ERR_NOTFOUND. */
MUST_CHECK int name_parse_in(const char *text, struct name *out, struct err *e);
/* An image to write: nothing is looked at; a path is a directory. */
MUST_CHECK int name_parse_out(const char *text, struct name *out,
			      struct err *e);
/* Does TEXT say that the image is in files, by its kind or as the path of an
 * OCI layout or of a file? */
bool name_is_files(const char *text);
/* ERR_UNSUPPORTED with the next step if N is an archive. */
MUST_CHECK int name_refuse_archive(const struct name *n, struct err *e);
/* N->maybe_path becomes the path after all. */
MUST_CHECK int name_as_path(struct name *n, struct err *e);
void name_clear(struct name *n);
AUTO_DEFINE(name, struct name, name_clear)

#endif
