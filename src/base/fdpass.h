/* fdpass.h - descriptors that go through a socket with a message.
 * SPDX-License-Identifier: Apache-2.0
 *
 * SCM_RIGHTS of unix(7).
 */
#ifndef BASE_FDPASS_H
#define BASE_FDPASS_H

#include <stddef.h>
#include <sys/types.h>
#include <sys/uio.h>

#define FDPASS_MAX 2 /* in one message */

/* Send the N pieces of DATA, which are not empty, and with them the N_FDS
 * descriptors in FDS; these stay open here. FLAGS as send(2) has them. Returns
 * how many bytes were sent, or -1 with errno. */
ssize_t fdpass_send(int socket, const struct iovec *data, size_t n,
		    const int *fds, size_t n_fds, int flags);
/* Receive a message into the N pieces of DATA and N_FDS descriptors, which are
 * closed on exec, into FDS: all, or each is -1. Returns how many bytes there
 * are, 0 at the end of file, or -1 with errno, EMFILE if the descriptors could
 * not be had. */
ssize_t fdpass_take(int socket, struct iovec *data, size_t n, int *fds,
		    size_t n_fds, int flags);

#endif
