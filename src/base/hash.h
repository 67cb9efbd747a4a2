/* hash.h - streaming SHA-256 and SHA-512, the digests of the OCI image
 * specification (descriptor.md, "Registered Algorithms").
 * SPDX-License-Identifier: Apache-2.0
 *
 * By libcrypto, whose one user this is; SHA-256 by ourselves where the
 * processor has instructions for it, two sums at a time (sha256.h). A program
 * that never calls these is not linked to libcrypto.
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include "base/auto.h"

#include <stdbool.h>
#include <stddef.h>

enum hash_algo { HASH_SHA256, HASH_SHA512 };

#define HASH_HEX_MAX 129 /* SHA-512 in hexadecimal and the NUL */

struct hash; /* a running sum */

struct hash *hash_new(enum hash_algo algo);
void hash_free(struct hash *h);
AUTO_DEFINE_PTR(hash, struct hash, hash_free)

void hash_add(struct hash *h, const void *p, size_t n);
/* N bytes at P to H and N at Q to G, which are two: the same as two hash_add,
 * and hardly slower than one if hash_has_pairs. */
void hash_add_pair(struct hash *h, const void *p, struct hash *g, const void *q,
		   size_t n);
bool hash_has_pairs(void);
/* Write the sum in lower-case hexadecimal; H is ready for a new message. */
void hash_hex(struct hash *h, char hex[HASH_HEX_MAX]);
/* The sum of one buffer. */
void hash_buffer(enum hash_algo algo, const void *p, size_t n,
		 char hex[HASH_HEX_MAX]);

#endif
