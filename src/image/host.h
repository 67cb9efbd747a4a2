/* host.h - which platform's images are meant on this host.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef IMAGE_HOST_H
#define IMAGE_HOST_H

#include "base/err.h"
#include "format/platform.h"

/* The platform TEXT names ("aarch64", "linux/arm/v7"); NULL: this machine's, as
 * uname(2) and, for amd64's variant v1 to v4, the processor tell it.
 * ERR_USAGE. */
MUST_CHECK int host_platform(const char *text, struct platform *out,
			     struct err *e);

#endif
