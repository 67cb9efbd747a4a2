/* room.c - is there room on the disk for what is to be written?
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "image/room.h"

#include "base/num.h"
#include "base/str.h"

#include <errno.h>
#include <sys/statvfs.h>

int room_check(int dir, const char *name, uint64_t bytes, struct err *e)
{
	autostr char *need = num_size_text(bytes);
	autostr char *have = NULL;
	struct statvfs st;
	uint64_t room;

	if (fstatvfs(dir, &st))
		return 0;
	room = (uint64_t)st.f_bavail * st.f_frsize;
	if (bytes <= room)
		return 0;
	have = num_size_text(room);
	err_set(e, ERR_SYS, "no space for '%s': %s are needed, %s are free",
		name, need, have);
	e->code = ENOSPC;
	return -1;
}
