/* lock.c - advisory locks that do without where there are none.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/lock.h"

#include <errno.h>
#include <sys/file.h>

bool lock_try(int fd)
{
	while (flock(fd, LOCK_EX | LOCK_NB)) {
		if (errno == EWOULDBLOCK)
			return false;
		if (errno != EINTR)
			return true;
	}
	return true;
}
