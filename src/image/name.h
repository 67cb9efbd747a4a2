/* name.h - which image does this argument name? The one grammar of all tools.
 * SPDX-License-Identifier: Apache-2.0
 *
 *	KIND:REST     explicit: dir:PATH, squash:FILE, sif:FILE, tar:FILE,
 *	              oci:PATH[:TAG], oci-archive:FILE[:TAG],
 *	              docker-archive:FILE[:REF], store:REF, docker://REF,
 *	              oras://REF
 *	/x ./x ../x   a path; for input its kind is found by looking at it, for
 *	              output, where there is nothing to look at yet, by its
 *	              suffix, and without one it is a directory
 *	x.sqfs        for output such a path, too, if it ends as files do
 *	-             standard input, looked at as a file is
 *	otherwise     a reference in the store; for input, if the store has no
 *	              such image and a file of that name exists, that file
 *
 * FILE "-" is standard input or output for kinds that are streams: tar: and the
 * archives.
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
	NAME_TAR,            /* path: a root file system in a tar archive */
	NAME_SQUASH,         /* path: a squashfs file */
	NAME_SIF,            /* path: a SIF file */
};

struct name {
	enum name_kind kind;
	char *text;      /* as the user wrote it */
	char *path;      /* of all but NAME_STORE and NAME_REGISTRY */
	char *tag;       /* what follows PATH and a colon, may have colons
			  * itself; NULL: all there is */
	struct ref ref;  /* of NAME_STORE and NAME_REGISTRY */
	bool maybe_path; /* NAME_STORE by default, and a file of that name
			  * exists: name_as_path turns it into that file */
	bool may_hold;   /* NAME_TAR that was looked at, or standard input:
			  * perhaps it holds a saved image, or is of another
			  * kind altogether (detect.h) */
};

/* What a file's first bytes say. NAME_TAR: an archive, or compressed. NAME_DIR:
 * none of ours. N of its bytes are at HEAD, NAME_HEAD if it has so many. */
#define NAME_HEAD 512
enum name_kind name_of_bytes(const void *head, size_t n);

/* An image to read. Paths are looked at (stat, and a few bytes): what is no
 * image we can read is ERR_UNSUPPORTED or ERR_NOTFOUND. */
MUST_CHECK int name_parse_in(const char *text, struct name *out, struct err *e);
/* An image to write. A path that is a directory, or has no suffix that looks
 * like a file's, is a directory's. ERR_USAGE lists the kinds there are. */
MUST_CHECK int name_parse_out(const char *text, struct name *out,
			      struct err *e);
/* Does TEXT say that the image is in files, by its kind or as the path of an
 * OCI layout or of a file? */
bool name_is_files(const char *text);
/* ERR_UNSUPPORTED with the next step if N is a file or an archive, of which the
 * store makes no tree. */
MUST_CHECK int name_refuse_file(const struct name *n, struct err *e);
/* N->maybe_path becomes the path after all. */
MUST_CHECK int name_as_path(struct name *n, struct err *e);
void name_clear(struct name *n);
AUTO_DEFINE(name, struct name, name_clear)

#endif
