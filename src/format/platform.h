/* platform.h - OS/ARCH[/VARIANT]: parse, name, and match against an index (OCI
 * image-index.md; names are GOOS and GOARCH).
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef FORMAT_PLATFORM_H
#define FORMAT_PLATFORM_H

#include "base/err.h"

#include <stdbool.h>

struct platform {
	char os[32];      /* "linux" */
	char arch[32];    /* "amd64" */
	char variant[16]; /* "v8" or "" */
};

/* Parse "ARCH", "ARCH/VARIANT", "OS/ARCH" or "OS/ARCH/VARIANT". Names of the
 * kernel are understood: x86_64, aarch64, armv7l, i686, ... ERR_USAGE. */
MUST_CHECK int platform_parse(const char *text, struct platform *out,
			      struct err *e);
/* The platform for a machine name as uname(2) gives it. Unknown names are
 * taken over as they are. */
void platform_of_machine(const char *machine, struct platform *out);
/* From a document's fields, NULL where absent; the kernel's names and a
 * variant "7" for "v7" are put right. ERR_FORMAT if one is too long. */
MUST_CHECK int platform_set(struct platform *out, const char *os,
			    const char *arch, const char *variant,
			    struct err *e);
/* "linux/arm/v7", caller frees. */
char *platform_text(const struct platform *p);

/* Are all three parts the same? */
bool platform_eq(const struct platform *a, const struct platform *b);

/* How well HAVE suits WANT: 0 not at all, more is better. The same variant is
 * best; without one in WANT any goes, the default first (arm64 none or v8,
 * amd64 none or v1, arm v7 before v6 before v5); a lower variant than wanted
 * suits (arm v7 runs v6), a higher one does not. */
int platform_score(const struct platform *want, const struct platform *have);

#endif
