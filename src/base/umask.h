/* umask.h - the process's umask.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BASE_UMASK_H
#define BASE_UMASK_H

#include <sys/types.h>

/* The umask. umask(2) can't be read without being set, for all threads, so
 * /proc says it; only where that does not (kernels before 4.7) it is set to 077
 * and back: what others make at that moment is for its owner alone. */
mode_t umask_read(void);

#endif
