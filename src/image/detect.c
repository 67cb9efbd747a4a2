/* detect.c - what kind of image is in a file.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Archives that hold an image have few names at their top: blobs/, oci-layout,
 * index.json, manifest.json, repositories, HEX/, HEX.json, HEX.tar. A root file
 * system has directories of other names, and mostly begins with one. So a look
 * at the first entries is enough, and no archive is read twice for it but one
 * without any directory.
 */
#include "config.h"

#include "image/detect.h"

#include "base/intr.h"
#include "base/path.h"
#include "base/str.h"
#include "layer/arread.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define HEX_DIGITS "0123456789abcdef"
#define HEX_LEN 64

enum hint {
	HINT_NONE,  /* either */
	HINT_MAYBE, /* of an image, unless something says otherwise */
	HINT_IMAGE,
	HINT_FLAT,
};

/* What the entry says of the archive it is in. */
static enum hint look(const struct entry *entry)
{
	const char *name = path_inside(entry->name);
	size_t first = strcspn(name, "/");

	if (!*name || str_eq(name, "."))
		return HINT_NONE;
	if (str_starts(name, "sha256:") ||
	    strspn(name, HEX_DIGITS) == HEX_LEN ||
	    str_starts(name, "blobs/sha") || str_eq(name, "oci-layout"))
		return HINT_IMAGE;
	if (str_eq(name, "manifest.json") || str_eq(name, "index.json"))
		return HINT_MAYBE;
	if (first == strlen("blobs") && !strncmp(name, "blobs", first))
		return HINT_NONE;
	return entry->type == ENTRY_DIR || name[first] ? HINT_FLAT : HINT_NONE;
}

static int look_inside(int fd, const char *shown, enum name_kind *out,
		       struct err *e)
{
	AUTO(arread) struct arread *r = arread_new(fd, shown);
	enum hint hint = HINT_NONE;
	struct entry entry;
	int rc;

	while ((rc = arread_next(r, &entry, e)) > 0) {
		enum hint now = look(&entry);

		if (intr_check(e))
			return -1;
		if (now != HINT_NONE)
			hint = now;
		if (now == HINT_IMAGE || now == HINT_FLAT)
			break;
	}
	if (rc < 0)
		return -1;
	*out = hint == HINT_IMAGE || hint == HINT_MAYBE ? NAME_OCI_ARCHIVE
							: NAME_TAR;
	return 0;
}

int detect_file(int fd, const char *shown, enum name_kind *out, struct err *e)
{
	char head[NAME_HEAD];
	ssize_t n = pread(fd, head, sizeof head, 0);

	if (n < 0)
		return err_sys(e, "can't read '%s'", shown);
	*out = name_of_bytes(head, (size_t)n);
	if (*out == NAME_DIR)
		return err_set(e, ERR_UNSUPPORTED, "'%s' is not an image",
			       shown);
	if (*out == NAME_TAR &&
	    (lseek(fd, 0, SEEK_SET) < 0 || look_inside(fd, shown, out, e)))
		return e->kind ? err_ctx(e, "'%s'", shown)
			       : err_sys(e, "can't read '%s'", shown);
	if (lseek(fd, 0, SEEK_SET) < 0)
		return err_sys(e, "can't read '%s'", shown);
	return 0;
}
