/* lock.h - advisory locks (flock) that only ever save work.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Where the file system has none (ENOLCK, ENOSYS, EOPNOTSUPP) taking a lock
 * succeeds without one; correctness rests on rename and O_EXCL.
 */
#ifndef BASE_LOCK_H
#define BASE_LOCK_H

#include "base/err.h"

#include <stdbool.h>

/* Open (creating, 0600) NAME in DIRFD and lock it exclusively, waiting. The
 * result is a descriptor; closing it unlocks. The wait ends with ERR_INTR when
 * a signal comes. */
MUST_CHECK int lock_take(int dirfd, const char *name, struct err *e);
/* Lock an open descriptor without waiting; false if somebody else has it. */
bool lock_try(int fd);

#endif
