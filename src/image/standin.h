/* standin.h - standard input as a file, for kinds that are not read from front
 * to end.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef IMAGE_STANDIN_H
#define IMAGE_STANDIN_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

#define STANDIN_PATH "/proc/self/fd/0"

/* Open the file PATH to read it; without waiting for the other end of a pipe.
 * STANDIN_PATH is not opened again, which may not be allowed (whoever opened it
 * could), but used. -1 with errno. */
int standin_fd(const char *path);
/* The same, for a file that there must be: ERR_SYS or ERR_UNSUPPORTED say of
 * PATH that it can't be opened or is something else. Its bytes go to *SIZE. */
MUST_CHECK int standin_file(const char *path, uint64_t *size, struct err *e);
/* Is it one already? */
bool standin_is_file(void);
/* ERR_USAGE if standard input is a terminal. */
MUST_CHECK int standin_check(struct err *e);
/* If standard input is no file, put all it gives into one without a name, in
 * the directory TMPDIR, and let standard input be that. It stands at its start
 * then. ERR_USAGE if it is a terminal. */
MUST_CHECK int standin_open(int tmpdir, struct err *e);

#endif
