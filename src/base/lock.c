/* lock.c - advisory locks that do without where there are none.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/lock.h"

#include "base/intr.h"

#include <fcntl.h>
#include <sys/file.h>

int lock_take(int dirfd, const char *name, struct err *e)
{
	autofd int fd = openat(dirfd, name,
			       O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK |
				       O_NOCTTY | O_CLOEXEC,
			       0600);

	if (fd < 0)
		return err_sys(e, "can't open lock '%s'", name);
	while (flock(fd, LOCK_EX)) {
		if (errno == ENOLCK || errno == ENOSYS || errno == EOPNOTSUPP)
			break;
		if (errno != EINTR)
			return err_sys(e, "can't lock '%s'", name);
		if (intr_check(e))
			return -1;
	}
	return TAKE_FD(fd);
}

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
