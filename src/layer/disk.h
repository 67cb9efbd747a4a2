/* disk.h - the tree on disk: single names below descriptors of directories that
 * we made ourselves, never through a link.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Everything is created exclusively, so a name that is there already means that
 * the file system takes two names of the image for one (ERR_UNSUPPORTED), not
 * that something is followed or overwritten. What is made gets exactly the
 * mode asked for, whatever the umask, default ACLs or set-group-ID bit of the
 * place; this costs a system call only where they would change it. Times are
 * set last; those of directories by disk_finish at the very end. Files are
 * completed by a thread of their own (closer.h).
 */
#ifndef LAYER_DISK_H
#define LAYER_DISK_H

#include "base/err.h"
#include "layer/closer.h"
#include "layer/tree.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

struct disk;

/* The tree below the empty directory ROOT, which stays the caller's (O_PATH
 * will do). Makes and removes one directory there to learn what becomes of
 * modes, and starts a thread. */
struct disk *disk_new(int root, struct err *e);
void disk_free(struct disk *d);
AUTO_DEFINE_PTR(disk, struct disk, disk_free)

/* N, and all below it, is no more. */
MUST_CHECK int disk_gone(struct disk *d, struct node *n, struct err *e);
/* Make N, a fresh directory, with the mode it has. */
MUST_CHECK int disk_mkdir(struct disk *d, struct node *n, struct err *e);
MUST_CHECK int disk_symlink(struct disk *d, struct node *n,
			    const struct timespec *mtime, struct err *e);
MUST_CHECK int disk_fifo(struct disk *d, struct node *n, mode_t mode,
			 const struct timespec *mtime, struct err *e);
/* N becomes another name of OLD, which is no directory; a copy where the file
 * system has no hard links or no more of them. */
MUST_CHECK int disk_link(struct disk *d, struct node *n, struct node *old,
			 struct err *e);

/* Create the file N. MODE is what it will have in the end, WRITABLE keeps it
 * writable till then (fsetxattr wants that). To F goes what is known of it:
 * name, mtime and, if short, content are the caller's to add. */
MUST_CHECK int disk_create(struct disk *d, struct node *n, mode_t mode,
			   bool writable, struct closer_file *f, struct err *e);
/* The file has what it needs: content, mode, time and close are left to the
 * closer's thread. */
void disk_close(struct disk *d, struct closer_file *f);
/* Close it as it is, after a failure. */
void disk_abandon(struct closer_file *f);
/* Has a file failed that was closed? Never blocks. */
bool disk_failed(const struct disk *d);
/* Wait until all closed files are complete: -1 with the error of the first that
 * failed, and its name. */
MUST_CHECK int disk_settle(struct disk *d, struct err *e);

/* Directory N, O_RDONLY, for its attributes; the caller closes it. */
MUST_CHECK int disk_open_dir(struct disk *d, struct node *n, struct err *e);
/* Remove all user.* attributes of FD. */
void disk_clear_xattrs(int fd);

/* Last of all, when all files are complete: modes and times of all directories
 * of T. */
MUST_CHECK int disk_finish(struct disk *d, struct tree *t, struct err *e);

#endif
