/* sha256.h - SHA-256 (FIPS 180-4) by the processor's SHA instructions, two
 * messages at a time.
 * SPDX-License-Identifier: Apache-2.0
 *
 * For hash.c, which has libcrypto where these instructions are missing. One
 * message is a chain in which each instruction waits for the one before; a
 * second one fills the gaps, for next to nothing.
 */
#ifndef BASE_SHA256_H
#define BASE_SHA256_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SHA256_BYTES 32 /* of a sum */
#define SHA256_BLOCK 64

struct sha256 {
	uint32_t state[8]; /* in the instructions' order */
	uint64_t total;    /* bytes so far */
	unsigned char rest[SHA256_BLOCK]; /* of a block that is not full */
};

/* Does this processor have what the functions below need? */
bool sha256_is_possible(void);
void sha256_start(struct sha256 *s);
void sha256_add(struct sha256 *s, const void *p, size_t n);
/* N bytes at P to S and N at Q to T, which are two. */
void sha256_add_pair(struct sha256 *s, const void *p, struct sha256 *t,
		     const void *q, size_t n);
/* The sum; S has to be started again then. */
void sha256_end(struct sha256 *s, unsigned char sum[SHA256_BYTES]);

#endif
