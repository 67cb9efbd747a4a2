/* mnt.h - one mount at a time, by descriptors.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Two ways that show the same result: the mount API of Linux 5.2 and 5.12
 * (open_tree, move_mount, mount_setattr), which takes descriptors and changes
 * flags without having to know them; and mount(2) on /proc/self/fd/N, which is
 * all that older kernels have. A mount point inside the image is always found
 * with dir_open_in_root, so that no link of the image leads elsewhere, however
 * it changes while we look.
 */
#ifndef RUN_MNT_H
#define RUN_MNT_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

enum mnt_flag {
	MNT_READONLY = 1,
	MNT_NOSUID = 2,
};

struct mnt {
	bool classic;      /* mount(2) only */
	const char *stack; /* where mnt_stack mounts: a directory, not "/" */
};

/* Has this kernel the newer calls? */
bool mnt_is_classic(void);

#define MNT_VALUE_MAX 256 /* bytes, with NUL: fsconfig(2) takes no more */

struct mnt_option {
	const char *key;
	const char *value; /* NULL: there is none */
};
/* A new file system of TYPE that is mounted nowhere (fsmount(2)), without
 * set-ID bits and devices: a descriptor of its root, or -1 with errno. Not in
 * the classic way. */
int mnt_new(const char *type, const struct mnt_option *v, size_t n);

/* Take hold of PATH of directory DIR (AT_FDCWD) with all that is mounted
 * below it. A descriptor; a symbolic link is followed. An empty PATH is DIR
 * itself, which may be a file. */
MUST_CHECK int mnt_take(const struct mnt *m, int dir, const char *path,
			struct err *e);
/* Mount what FD has hold of at PATH inside ROOT, with all that is mounted
 * below it. */
MUST_CHECK int mnt_put(const struct mnt *m, int fd, int root, const char *path,
		       unsigned flags, struct err *e);
/* Mount the entry NAME of the directory FROM, which is not followed if it is a
 * link, on the entry NAME of TO, a directory that nobody else can change. */
MUST_CHECK int mnt_bind_entry(const struct mnt *m, int from, int to,
			      const char *name, struct err *e);
/* Mount what FD has hold of over everything at m->stack. Returns a descriptor
 * on the new mount's root. */
MUST_CHECK int mnt_stack(const struct mnt *m, int fd, unsigned flags,
			 struct err *e);
/* A new tmpfs at PATH inside ROOT. SIZE (tmpfs(5)) may be NULL: the kernel's
 * default, half of the memory. */
MUST_CHECK int mnt_put_tmpfs(int root, const char *path, const char *size,
			     unsigned mode, struct err *e);
/* The root of the mount on top of all at m->stack. */
MUST_CHECK int mnt_open_stack(const struct mnt *m, struct err *e);
/* As mnt_stack, for a new tmpfs and for a new overlay of the directories UPPER
 * over LOWER, read-only. */
MUST_CHECK int mnt_stack_tmpfs(const struct mnt *m, const char *size,
			       struct err *e);
MUST_CHECK int mnt_stack_overlay(const struct mnt *m, int upper, int lower,
				 struct err *e);
/* That overlay at PATH inside ROOT. */
MUST_CHECK int mnt_put_overlay(int upper, int lower, int root, const char *path,
			       struct err *e);

#endif
