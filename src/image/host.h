/* host.h - what this host is and gives: its platform, its limits.
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

/* Does an image for HAVE (no arch, or "unknown": any) suit WANT? If not, and
 * the user asked for WANT, that is ERR_NOTFOUND, without the image's name; else
 * a warning with it, SHOWN: there are emulators. */
MUST_CHECK int host_suits(const struct platform *want,
			  const struct platform *have, bool is_asked,
			  const char *shown, struct err *e);

/* Raise the soft limit of open files as far as is useful: each layer on its way
 * takes two, and images of hundreds of layers exist; the usual limit is 1024.
 * Where it can't be raised we may still have enough. */
void host_raise_files(void);

#endif
