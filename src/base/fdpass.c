/* fdpass.c - descriptors that go through a socket with a message.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/fdpass.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Aligned as cmsg(3) wants it. */
union room {
	struct cmsghdr head;
	char bytes[CMSG_SPACE(FDPASS_MAX * sizeof(int))];
};

ssize_t fdpass_send(int socket, const struct iovec *data, size_t n,
		    const int *fds, size_t n_fds, int flags)
{
	union room room = { 0 };
	struct msghdr m = {
		.msg_iov = (struct iovec *)data,
		.msg_iovlen = n,
		.msg_control = n_fds ? &room : NULL,
		.msg_controllen = n_fds ? CMSG_SPACE(n_fds * sizeof *fds) : 0,
	};

	if (n_fds) {
		room.head.cmsg_level = SOL_SOCKET;
		room.head.cmsg_type = SCM_RIGHTS;
		room.head.cmsg_len = CMSG_LEN(n_fds * sizeof *fds);
		memcpy(CMSG_DATA(&room.head), fds, n_fds * sizeof *fds);
	}
	return sendmsg(socket, &m, flags);
}

/* How many came; they are in GOT. */
static size_t unpack(struct msghdr *m, int got[FDPASS_MAX])
{
	const struct cmsghdr *c = CMSG_FIRSTHDR(m);
	size_t bytes;

	if (!c || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
		return 0;
	bytes = c->cmsg_len - CMSG_LEN(0);
	memcpy(got, CMSG_DATA(c), bytes);
	return bytes / sizeof *got;
}

ssize_t fdpass_take(int socket, struct iovec *data, size_t n, int *fds,
		    size_t n_fds, int flags)
{
	union room room;
	struct msghdr m = {
		.msg_iov = data,
		.msg_iovlen = n,
		.msg_control = &room,
		.msg_controllen = sizeof room,
	};
	int got[FDPASS_MAX];
	size_t n_got;
	ssize_t size;

	for (size_t i = 0; i < n_fds; i++)
		fds[i] = -1;
	do
		size = recvmsg(socket, &m, flags | MSG_CMSG_CLOEXEC);
	while (size < 0 && errno == EINTR);
	if (size < 0)
		return -1;
	n_got = unpack(&m, got);
	if (n_got == n_fds) {
		memcpy(fds, got, n_got * sizeof *got);
		return size;
	}
	while (n_got)
		close(got[--n_got]);
	if (!(m.msg_flags & MSG_CTRUNC))
		return size;
	errno = EMFILE;
	return -1;
}
