/* dir.h - work relative to a directory descriptor that no path in a hostile
 * tree can lead astray.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Two ways of resolving a path, as in openat2(2):
 *
 *	beneath   no component may leave ROOT, symlinks are not followed at all
 *	          (RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS)
 *	in root   symlinks and ".." are resolved as if ROOT were "/"
 *	          (RESOLVE_IN_ROOT); what a process chrooted there would see
 *
 * both with RESOLVE_NO_MAGICLINKS. Where the kernel (before 5.6) or a seccomp
 * filter has no openat2, a walk by components with O_NOFOLLOW does the same;
 * dir_walk_beneath and dir_walk_in_root are that walk, public so that it is
 * tested everywhere. Symlinks followed in one resolution are limited to 40, as
 * in the kernel (ELOOP).
 *
 * FLAGS are open(2)'s; O_CLOEXEC and O_NOFOLLOW (for "beneath") are added. PATH
 * may start with a slash, which means ROOT. Failure leaves errno in e->code;
 * ENOENT and ENOTDIR are ERR_NOTFOUND, ELOOP and leaving ROOT ERR_FORMAT.
 */
#ifndef BASE_DIR_H
#define BASE_DIR_H

#include "base/err.h"
#include "base/strlist.h"

#include <stdbool.h>
#include <sys/types.h>

/* Open a directory named on the command line, O_RDONLY | O_DIRECTORY. */
MUST_CHECK int dir_open(const char *path, struct err *e);

MUST_CHECK int dir_open_beneath(int root, const char *path, int flags,
				mode_t mode, struct err *e);
MUST_CHECK int dir_open_in_root(int root, const char *path, int flags,
				mode_t mode, struct err *e);
MUST_CHECK int dir_walk_beneath(int root, const char *path, int flags,
				mode_t mode, struct err *e);
MUST_CHECK int dir_walk_in_root(int root, const char *path, int flags,
				mode_t mode, struct err *e);

/* Where PATH leads inside ROOT, as a clean absolute path without symlinks
 * ("/var/run/x" becomes "/run/x"). Components that do not exist are kept as
 * text; *EXISTS says whether all did. Resolved as dir_open_in_root. Caller
 * frees. */
MUST_CHECK char *dir_resolve_in_root(int root, const char *path, bool *exists,
				     struct err *e);

/* mkdir -p beneath ROOT, following nothing; what exists is left as it is. A
 * component that exists and is no directory is an error. Returns the last
 * directory opened (O_RDONLY). */
MUST_CHECK int dir_make_path(int root, const char *path, mode_t mode,
			     struct err *e);

/* Remove NAME in DIRFD, with all below it if a directory; never follows a link,
 * never crosses into another mount; directories that forbid it get u+rwx first.
 * Missing is success. Depth is not limited by the stack or by PATH_MAX. */
MUST_CHECK int dir_remove(int dirfd, const char *name, struct err *e);

/* Is FD where something is mounted? A bind mount has the device of what it
 * shows; only statx tells it (since Linux 5.8), and without it all is false. */
bool dir_is_mount(int fd);
/* The path of the directory FD, for messages alone, since it may have moved.
 * Caller frees. */
char *dir_shown(int fd);

/* Names in the directory FD ("." and ".." left out), sorted. */
MUST_CHECK int dir_list(int fd, struct strlist *names, struct err *e);
MUST_CHECK int dir_is_empty(int fd, bool *empty, struct err *e);

#endif
