/* room.h - is there room on the disk for what is to be written? Asked before
 * anything is, where its size is known.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef IMAGE_ROOM_H
#define IMAGE_ROOM_H

#include "base/err.h"

#include <stdint.h>

/* Are BYTES free for us where the directory DIR is? ERR_SYS (ENOSPC): "no space
 * for 'NAME': 3.1 GiB are needed, 1.2 GiB are free". What can't be asked is
 * taken for enough. */
MUST_CHECK int room_check(int dir, const char *name, uint64_t bytes,
			  struct err *e);

#endif
