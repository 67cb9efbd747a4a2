/* sqserver.h - the process that serves a mounted squashfs image.
 * SPDX-License-Identifier: Apache-2.0
 *
 * It is nobody's child and has no terminal, and stays in the namespaces of who
 * started it: so it keeps no mount of the container alive, and the kernel tells
 * it when the last process of the container is gone, however that happened. It
 * then ends. Until then it ignores all signals that are not for a fault, since
 * schedulers send theirs to every process of a job, and who cleans up on
 * SIGTERM still needs his files.
 *
 * As long as it has not got the device, it ends if we do.
 */
#ifndef RUN_SQSERVER_H
#define RUN_SQSERVER_H

#include "base/err.h"
#include "run/options.h"

#include <sys/types.h>

/* Start it for FILE, called PATH. Before new namespaces are entered. *SOCKET is
 * the way to it. It opens the image while we go on. */
MUST_CHECK int sqserver_start(int *socket, const struct run_file *file,
			      const char *path, struct err *e);
/* Give it DEVICE, /dev/fuse with the file system mounted, whose files shall
 * belong to UID and GID of the user namespace that the device was opened in. */
MUST_CHECK int sqserver_give(int socket, int device, uid_t uid, gid_t gid,
			     struct err *e);
/* The file system does not work: why not, if the server knows, else E as it is.
 * Always -1. */
int sqserver_failed(int socket, struct err *e);
/* Its process ID, after it has answered something; 0: not known. */
pid_t sqserver_pid(int socket);

#endif
