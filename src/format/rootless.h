/* rootless.h - the owner that an ordinary user could not set, as the value of
 * the extended attribute user.rootlesscontainers (rootlesscontaine.rs).
 * SPDX-License-Identifier: Apache-2.0
 *
 * Written by umoci and PRoot: a protocol buffer with two varints, uid (1) and
 * gid (2). An absent one is 0, as in all of proto3.
 */
#ifndef FORMAT_ROOTLESS_H
#define FORMAT_ROOTLESS_H

#include "base/err.h"

#include <stdint.h>

#define ROOTLESS_NAME "user.rootlesscontainers"
#define ROOTLESS_UNSET UINT32_MAX /* the file's own is meant */
#define ROOTLESS_BYTES_MAX 256    /* of a value */

struct rootless {
	uint32_t uid, gid; /* or ROOTLESS_UNSET */
};

/* Read N bytes. Fields that we don't know are skipped; of one that is there
 * twice the last counts. ERR_FORMAT, ERR_LIMIT. */
MUST_CHECK int rootless_parse(const void *p, size_t n, struct rootless *out,
			      struct err *e);

#endif
