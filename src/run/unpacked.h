/* unpacked.h - an image file that is unpacked for one run: --unpack, for where
 * FUSE can't be had.
 * SPDX-License-Identifier: Apache-2.0
 *
 * ch-convert unpacks it, in a child process, so that ch-run needs none of the
 * libraries for that. What comes out is there as long as any process of the
 * container: in memory, in a file system that is mounted in its namespace only,
 * so that the kernel lets it go whatever is killed; else in a directory, which
 * a process of its own removes (remover.h).
 */
#ifndef RUN_UNPACKED_H
#define RUN_UNPACKED_H

#include "base/err.h"
#include "run/options.h"

struct unpacked {
	int memory;  /* the file system's root, in namespaces of ours that were
		      * entered, or -1 */
	char *path;  /* of the image's root directory; NULL: there is none */
	int watch;   /* inotify(7), for the end of the container, or -1 */
	int remover; /* the way to the process that removes it, or -1 */
};
#define UNPACKED_INIT                       \
	{                                   \
		.memory = -1, .watch = -1, .remover = -1, \
	}

/* The directory of the image in unpacked.memory. */
#define UNPACKED_TREE "image"

/* Where files are unpacked: TMPDIR, or if that is NULL or empty, memory: "", or
 * on older kernels (mnt.h) a directory that is in memory. */
const char *unpacked_place(const char *tmpdir);
/* For people: "'/tmp'" or "memory". Caller frees. */
char *unpacked_shown(const char *place);
/* Unpack O's file to o->unpack_at. Before new namespaces are entered. What is
 * left of it after a failure is removed soon. ERR_UNSUPPORTED: nothing can be
 * run from there. */
MUST_CHECK int unpacked_make(struct unpacked *u, const struct run_options *o,
			     struct err *e);
/* The container is there, and u->watch sees its end: from now on that decides,
 * and not ours. */
MUST_CHECK int unpacked_hand_over(const struct unpacked *u, struct err *e);
void unpacked_clear(struct unpacked *u);

#endif
