/* imgroot.h - the root directory of the image, however it came to be one.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Facts and look only need its descriptor; apply must know more, since a
 * directory of the host is mounted anew and a mount of ours is not.
 */
#ifndef RUN_IMGROOT_H
#define RUN_IMGROOT_H

#include "base/err.h"
#include "run/options.h"
#include "run/sqfuse.h"
#include "run/unpacked.h"

#include <stdbool.h>
#include <sys/stat.h>

struct imgroot {
	int fd; /* the directory */
	struct stat st;
	bool is_entered;      /* it is in namespaces of ours already: MOUNT, or
			       * in memory */
	struct sqfuse mount;
	struct unpacked copy; /* that is used in the image's place */
};
#define IMGROOT_INIT                            \
	{                                       \
		.fd = -1, .copy = UNPACKED_INIT \
	}

/* The image that O names. A file is unpacked if O asks for it, else mounted in
 * new namespaces, which are entered. */
MUST_CHECK int imgroot_open(struct imgroot *r, const struct run_options *o,
			    struct err *e);
void imgroot_close(struct imgroot *r);
AUTO_DEFINE(imgroot, struct imgroot, imgroot_close)

#endif
