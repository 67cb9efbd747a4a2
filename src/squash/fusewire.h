/* fusewire.h - the kernel's questions about a mounted squashfs image, answered.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The protocol is that of /dev/fuse: fuse(4), linux/fuse.h. Requests go in and
 * replies come out; no descriptor is touched, so tests need no mount. A node's
 * number in the protocol is its reference in the image (sqnode.h) plus two,
 * which makes 1 the root and leaves 0, "there is no such name", free. So there
 * is no table of what the kernel knows, and being told that it forgets
 * something means nothing.
 *
 * An image never changes: the kernel may keep all it was told for ever, names
 * that do not exist included, and needs no open and no close.
 */
#ifndef SQUASH_FUSEWIRE_H
#define SQUASH_FUSEWIRE_H

#include "squash/fuseattr.h"

/* The least that the kernel reads into, and more than any request has that we
 * let it send. */
#define FUSEWIRE_REQUEST_MAX 16384

struct fusewire {
	struct fuseattr_view view;

	/* Settled by the first request, before any other comes. */
	bool no_opendir; /* the kernel can do without opening directories */
};

/* Room for a reply: a header, and ROOM bytes at DATA, right behind it. */
struct fusewire_reply {
	struct fuse_out_header *head;
	char *data;
	size_t room;
};

/* How much room a reply needs at most; at least a page. */
size_t fusewire_room(void);

/* Answer the request IN of N bytes. The length of the reply from OUT->head on,
 * or 0 if there is none to be sent. What is malformed or unknown gets an error
 * as its reply. */
size_t fusewire_answer(struct fusewire *w, const void *in, size_t n,
		       struct fusewire_reply *out);

#endif
