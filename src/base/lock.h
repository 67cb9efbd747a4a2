/* lock.h - advisory locks (flock) that only ever save work.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Where the file system has none (ENOLCK, ENOSYS, EOPNOTSUPP) taking a lock
 * succeeds without one; correctness rests on rename and O_EXCL.
 */
#ifndef BASE_LOCK_H
#define BASE_LOCK_H

#include <stdbool.h>

/* Lock an open descriptor without waiting; false if somebody else has it. */
bool lock_try(int fd);

#endif
