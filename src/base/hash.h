/* hash.h - streaming SHA-256 and SHA-512, the digests of the OCI image
 * specification (descriptor.md, "Registered Algorithms").
 * SPDX-License-Identifier: Apache-2.0
 *
 * The one user of libcrypto, chosen for the processor's SHA instructions.
 * A program that never calls these is not linked to libcrypto.
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include "base/auto.h"

#include <stddef.h>

enum hash_algo { HASH_SHA256, HASH_SHA512 };

#define HASH_HEX_MAX 129 /* SHA-512 in hexadecimal and the NUL */

struct hash; /* a running sum */

struct hash *hash_new(enum hash_algo algo);
void hash_free(struct hash *h);
AUTO_DEFINE_PTR(hash, struct hash, hash_free)

void hash_add(struct hash *h, const void *p, size_t n);
/* Write the sum in lower-case hexadecimal; H is ready for a new message. */
void hash_hex(struct hash *h, char hex[HASH_HEX_MAX]);
/* The sum of one buffer. */
void hash_buffer(enum hash_algo algo, const void *p, size_t n,
		 char hex[HASH_HEX_MAX]);

#endif
