/* siffile.h - a SIF file on the disk: its objects, and whether its signatures
 * fit them.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef IMAGE_SIFFILE_H
#define IMAGE_SIFFILE_H

#include "base/err.h"
#include "base/str.h"
#include "format/sifhdr.h"

#include <sys/types.h>

struct siffile {
	int fd; /* borrowed */
	struct str head, table;
	struct sifobj *v;
	size_t n;
	const struct sifobj *primary; /* of V */
};

/* Read what the header of FD says; see sifhdr.h. */
MUST_CHECK int siffile_open(int fd, struct siffile *out, struct err *e);
void siffile_clear(struct siffile *f);
AUTO_DEFINE(siffile, struct siffile, siffile_clear)

/* Up to N bytes from AT on; fewer if the file is shorter. The count or -1. */
MUST_CHECK ssize_t siffile_pread(int fd, uint64_t at, char *p, size_t n,
				 struct err *e);
/* The same, appended to OUT. */
MUST_CHECK int siffile_add(int fd, uint64_t at, size_t n, struct str *out,
			   struct err *e);
/* The data of O, at most JSON_BYTES_MAX, appended to OUT. ERR_LIMIT. */
MUST_CHECK int siffile_read(const struct siffile *f, const struct sifobj *o,
			    struct str *out, struct err *e);
/* Does each signature fit (sifsig.h)? Data that is signed is read once for each
 * algorithm. */
MUST_CHECK int siffile_check(const struct siffile *f, struct err *e);

#endif
