/* tmp.h - something unfinished: a temporary file or directory that is renamed
 * into place or removed.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Names match TMP_PREFIX plus 16 hexadecimal digits. The object is
 * locked (flock) as long as its maker lives, so that tmp_sweep can tell what a
 * killed process left behind from what is being written now.
 *
 *	AUTO(tmp) struct tmp t = TMP_INIT;
 *	if (tmp_file(&t, dirfd, e)) ...
 *	... write to t.fd ...
 *	if (tmp_publish(&t, dirfd, "name", TMP_REPLACE, e)) ...
 *
 * Left unpublished it is removed when its scope ends.
 */
#ifndef BASE_TMP_H
#define BASE_TMP_H

#include "base/err.h"

#include <stdbool.h>

#define TMP_PREFIX ".ch-tmp."

struct tmp {
	int dirfd;  /* where it is; our own duplicate */
	int fd;     /* open on it, O_RDWR or (directory) O_RDONLY */
	char *name; /* NULL when there is nothing to remove */
	bool is_dir;
};
#define TMP_INIT                      \
	{                             \
		.dirfd = -1, .fd = -1 \
	}

enum tmp_how {
	TMP_EXCL,  /* the name must be free (ERR_EXISTS); RENAME_NOREPLACE, or
		    * link and unlink (files), rename (directories) where
		    * that is missing */
	TMP_CLAIM, /* as TMP_EXCL, but not synced: for a file that says nothing
		    * after a crash of the machine */
	TMP_REPLACE, /* a file or a tree of that name is replaced; a directory
		      * is exchanged (RENAME_EXCHANGE) and the old one removed
		      * after the new one stands */
};

/* New empty file (mode 0600) or directory (0700) in DIRFD. */
MUST_CHECK int tmp_file(struct tmp *t, int dirfd, struct err *e);
MUST_CHECK int tmp_dir(struct tmp *t, int dirfd, struct err *e);

/* Make the file NAME in DIRFD, open as FD, which has any other name, T's: it is
 * published or removed as if made here, but not swept. FD and NAME become T's.
 * On failure neither does. */
MUST_CHECK int tmp_adopt(struct tmp *t, int dirfd, int fd, char *name,
			 struct err *e);

/* Rename to NAME in DIRFD (same file system). A file is fsynced first and the
 * directory after; a directory's content is the caller's to sync. On failure
 * the temporary object is still there and still T's, unless only that last sync
 * failed. On success T is TMP_INIT again. */
MUST_CHECK int tmp_publish(struct tmp *t, int dirfd, const char *name,
			   enum tmp_how how, struct err *e);

/* Remove what is left and close; T is TMP_INIT again. Never fails loudly. */
void tmp_clear(struct tmp *t);
AUTO_DEFINE(tmp, struct tmp, tmp_clear)

/* Remove from DIRFD temporary objects whose makers are gone: owned by us, named
 * as above, and lockable. Does nothing where flock does not work. */
void tmp_sweep(int dirfd);

#endif
