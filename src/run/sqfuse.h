/* sqfuse.h - a squashfs file as a directory: mounted through FUSE.
 * SPDX-License-Identifier: Apache-2.0
 *
 * By us, in namespaces of our own: no fusermount, no set-user-ID helper. The
 * mount is attached nowhere until it becomes the root, but on kernels that know
 * no such mounts (before Linux 5.12), where it needs a place.
 */
#ifndef RUN_SQFUSE_H
#define RUN_SQFUSE_H

#include "base/err.h"
#include "run/affinity.h"
#include "run/options.h"

struct sqfuse {
	const char *place; /* that it is mounted on, a constant, or NULL */
	struct affinity affinity;
};

/* Enter new namespaces and mount O's file. A descriptor of its root directory,
 * which can be read. We and the server are on one processor from now on.
 * ERR_FORMAT: it is damaged. What the host forbids is explained. */
MUST_CHECK int sqfuse_mount(struct sqfuse *m, const struct run_options *o,
			    struct err *e);
/* There is something for both to do at a time: let them. */
void sqfuse_part(const struct sqfuse *m);

#endif
