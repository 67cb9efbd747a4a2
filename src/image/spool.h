/* spool.h - the files of an archive, put aside by their content while it is
 * read once, and found by their names afterwards.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Names in an archive are keys of a table and never paths on the disk. Content
 * lies in a directory of our own as blobs/sha256/HEX, so that an archive's
 * files can be read as an OCI image layout's blobs are (blobs.h).
 */
#ifndef IMAGE_SPOOL_H
#define IMAGE_SPOOL_H

#include "base/err.h"
#include "base/str.h"
#include "base/tmp.h"
#include "format/digest.h"
#include "image/progress.h"

#include <stdbool.h>
#include <stdint.h>

#define SPOOL_ENTRIES_MAX 100000
#define SPOOL_NAME_MAX 512

struct spool_file {
	char *name;           /* without "./" in front */
	char *link;           /* the name of another entry, or NULL */
	struct digest digest; /* of the content; sha512 for what is named
			       * blobs/sha512/HEX, else sha256 */
	uint64_t size;
};

struct spool {
	struct tmp dir;       /* dir.fd has blobs/; all is removed with it */
	struct spool_file *v; /* sorted by name */
	size_t n;
	size_t cap;
};
#define SPOOL_INIT               \
	{                        \
		.dir = TMP_INIT, \
	}

/* Read the archive FD to its end; its content goes to a new directory in
 * TMPDIR. SHOWN is its name for messages and P, which may be NULL. A file named
 * blobs/ALGORITHM/HEX must have that digest (ERR_DIGEST). Refused (ERR_FORMAT,
 * ERR_LIMIT, ERR_UNSUPPORTED): absolute names and "..", devices, sparse files,
 * two entries of one name that differ, more or longer names than above. On
 * failure nothing is left. */
MUST_CHECK int spool_read(struct spool *s, int fd, const char *shown,
			  int tmpdir, struct progress *p, struct err *e);
void spool_clear(struct spool *s);
AUTO_DEFINE(spool, struct spool, spool_clear)

bool spool_has(const struct spool *s, const char *name);
/* The file NAME, borrowed, links followed. ERR_FORMAT if it is not there or a
 * link leads nowhere. */
const struct spool_file *spool_find(const struct spool *s, const char *name,
				    struct err *e);
/* Its content, if that is a document (JSON_BYTES_MAX). */

MUST_CHECK int spool_text(const struct spool *s, const char *name,
			  struct str *out, struct err *e);

#endif
