/* host.h - which platform's images are meant on this host.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef IMAGE_HOST_H
#define IMAGE_HOST_H

#include "base/err.h"
#include "format/platform.h"

/* The platform TEXT names ("aarch64", "linux/arm/v7"); NULL: this machine's, as
 * uname(2) tells it. ERR_USAGE. */
MUST_CHECK int host_platform(const char *text, struct platform *out,
			     struct err *e);

#endif
