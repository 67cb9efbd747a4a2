/* fuseserve.h - serve a mounted squashfs image until it is mounted no more.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SQUASH_FUSESERVE_H
#define SQUASH_FUSESERVE_H

#include "base/err.h"
#include "squash/fusewire.h"

/* Answer what comes through DEVICE, /dev/fuse with the file system mounted,
 * until the last mount of it is gone. Starts more threads when there is work
 * for them, at most one for each processor that this process may use. ERR_SYS:
 * the device can't be read. */
MUST_CHECK int fuseserve(struct fusewire *w, int device, struct err *e);

#endif
