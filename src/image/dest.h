/* dest.h - where a new image goes, a directory or a file: it appears whole, by
 * rename, or not at all.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef IMAGE_DEST_H
#define IMAGE_DEST_H

#include "base/err.h"
#include "base/tmp.h"
#include "image/name.h"

#include <stdbool.h>
#include <stdint.h>

enum dest_mode {
	DEST_NEW,     /* must not exist, or be an empty directory */
	DEST_REPLACE, /* may also be an image of the same form, a directory or a
		       * file, which is replaced (--force) */
	DEST_KEEP,    /* if it exists it is the same thing: keep that */
};

struct dest {
	int parent;  /* the directory that DEST is in; -1: standard output */
	char *name;  /* its name there */
	char *shown; /* as the user wrote it */
	enum name_kind kind;
	enum dest_mode mode;
};
#define DEST_INIT            \
	{                    \
		.parent = -1 \
	}

/* Open the place of the directory that N (its path) names, and say before any
 * work is done if it can't be written: ERR_EXISTS, ERR_NOTFOUND (no such
 * parent), ERR_USAGE. What killed processes left beside it is removed. */
MUST_CHECK int dest_open(struct dest *d, const struct name *n, bool force,
			 struct err *e);
/* The same for a file: it must not exist, or with FORCE be an image of any kind
 * that is a file. A directory there, even an empty one, is ERR_EXISTS. "-" is
 * standard output, ERR_USAGE if that is a terminal. */
MUST_CHECK int dest_open_file(struct dest *d, const struct name *n, bool force,
			      struct err *e);
/* Is N for a file? What is there says so, or else its kind. */
bool dest_is_file(const struct name *n);
/* It is, but the image is no SIF file: ERR_UNSUPPORTED. Returns -1. */
int dest_refuse_file(const char *text, struct err *e);
/* NAME in the directory PARENT (which becomes D's), mode DEST_KEEP. */
void dest_keep(struct dest *d, int parent, const char *name);
void dest_clear(struct dest *d);
AUTO_DEFINE(dest, struct dest, dest_clear)

/* Is the existing file or directory IN, which is read, another one than what N
 * (its path) names - unless it MAY_BE_SAME -, and none in the other?
 * ERR_USAGE. */
MUST_CHECK int dest_check_apart(const struct name *n, const char *in,
				bool may_be_same, struct err *e);
/* Are there BYTES free for it? ERR_SYS (ENOSPC) with what is needed and what
 * there is. Of standard output nobody knows. */
MUST_CHECK int dest_check_room(const struct dest *d, uint64_t bytes,
			       struct err *e);

/* Look again, then rename the directory T to its place. On failure T is still
 * there and its owner's. */
MUST_CHECK int dest_publish(const struct dest *d, struct tmp *t, struct err *e);
/* The same for the file T and D of dest_open_file. Its mode is MODE (0777 or
 * 0666) without the umask's bits. */
MUST_CHECK int dest_publish_file(const struct dest *d, struct tmp *t,
				 mode_t mode, struct err *e);

#endif
