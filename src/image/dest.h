/* dest.h - where a new image goes, a directory or a SIF file: it appears whole,
 * by rename, or not at all.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef IMAGE_DEST_H
#define IMAGE_DEST_H

#include "base/err.h"
#include "base/tmp.h"

#include <stdbool.h>

enum dest_mode {
	DEST_NEW,     /* must not exist, or be an empty directory */
	DEST_REPLACE, /* may also be an image of the same form, which is
		       * replaced (--force) */
	DEST_KEEP,    /* if it exists it is the same thing: keep that */
};

struct dest {
	int parent;  /* the directory that DEST is in */
	char *name;  /* its name there */
	char *shown; /* as the user wrote it */
	enum dest_mode mode;
};
#define DEST_INIT            \
	{                    \
		.parent = -1 \
	}

/* Open the place that TEXT (the grammar of name.h) names, and say before any
 * work is done if it can't be written: ERR_EXISTS, ERR_NOTFOUND (no such
 * parent), ERR_USAGE. What killed processes left beside it is removed. */
MUST_CHECK int dest_open(struct dest *d, const char *text, bool force,
			 struct err *e);
/* The same for a file that will be a SIF file: TEXT must not exist, or with
 * FORCE be one. A directory there, even an empty one, is ERR_EXISTS. */
MUST_CHECK int dest_open_file(struct dest *d, const char *text, bool force,
			      struct err *e);
/* Is TEXT for a file? What is there says so, or else its name: "x.sif". */
bool dest_is_file(const char *text);
/* It is, but the image is no SIF file: ERR_UNSUPPORTED. Returns -1. */
int dest_refuse_file(const char *text, struct err *e);
/* NAME in the directory PARENT (which becomes D's), mode DEST_KEEP. */
void dest_keep(struct dest *d, int parent, const char *name);
void dest_clear(struct dest *d);
AUTO_DEFINE(dest, struct dest, dest_clear)

/* Look again, then rename the directory T to its place. On failure T is still
 * there and its owner's. */
MUST_CHECK int dest_publish(const struct dest *d, struct tmp *t, struct err *e);
/* The same for the file T, whose content was verified, and D of dest_open_file.
 * Its mode is 0777 without the umask's bits, because SIF files are run.
 * ERR_FORMAT if it is no SIF file. Reads the umask by setting it, so no other
 * thread may be making files. */
MUST_CHECK int dest_publish_file(const struct dest *d, struct tmp *t,
				 struct err *e);

#endif
