/* joincall.h - find the container of a tag, or be the one to make it.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The name in the kernel's table of abstract sockets is "chassis/UID/TAG"; a
 * long tag is cut and its sum put behind it. Such a name belongs to the network
 * namespace, which all processes of a job on a node share, and can be taken by
 * anybody, so that both sides look at each other's uid.
 */
#ifndef RUN_JOINCALL_H
#define RUN_JOINCALL_H

#include "base/err.h"
#include "base/str.h"
#include "run/joinhold.h"

#include <stdbool.h>

enum joincall_end {
	JOINCALL_FAILED = -1,
	JOINCALL_FIRST, /* nobody was there: LISTENER is ours */
	JOINCALL_TOLD,  /* there is a reply */
};

struct joincall {
	const char *tag;
	int wait_s;
	int listener;
	struct joinhold_reply reply;
	struct str ask;  /* joinask.h, of the maker */
	int user, mount; /* namespaces */
};
#define JOINCALL_INIT                                    \
	{                                                \
		.listener = -1, .user = -1, .mount = -1, \
	}

/* Whoever makes the container is waited for, for C->wait_s seconds; if he ends
 * without a word, his place is free again. ERR_LIMIT: it took too long;
 * ERR_AUTH: the name is another user's. */
MUST_CHECK enum joincall_end joincall(struct joincall *c, struct err *e);
void joincall_clear(struct joincall *c);
AUTO_DEFINE(joincall, struct joincall, joincall_clear)

#endif
