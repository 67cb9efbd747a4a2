/* encgzip.h - gzip encoding (RFC 1952) by several threads: one member, whose
 * chunks are deflated side by side.
 * SPDX-License-Identifier: Apache-2.0
 *
 * For encode.c only, which says what the calls mean.
 */
#ifndef LAYER_ENCGZIP_H
#define LAYER_ENCGZIP_H

#include "base/err.h"

#include <stddef.h>

struct encgzip;

struct encgzip *encgzip_new(int level, unsigned threads,
			    int (*write)(void *ctx, const void *p, size_t n,
					 struct err *e),
			    void *ctx, struct err *e);
void encgzip_free(struct encgzip *g);
AUTO_DEFINE_PTR(encgzip, struct encgzip, encgzip_free)

MUST_CHECK int encgzip_write(struct encgzip *g, const void *p, size_t n,
			     struct err *e);
MUST_CHECK int encgzip_end(struct encgzip *g, struct err *e);

#endif
