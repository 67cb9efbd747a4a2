/* sip.h - a keyed hash for tables whose names somebody else chooses.
 * SPDX-License-Identifier: Apache-2.0
 *
 * SipHash-1-3 (Aumasson, Bernstein: "SipHash: a fast short-input PRF"). Names
 * of an image must not be able to choose their bucket, or a million of them in
 * one would take hours. No checksum: the same bytes give another sum in another
 * process.
 */
#ifndef BASE_SIP_H
#define BASE_SIP_H

#include <stddef.h>
#include <stdint.h>

struct sip_key {
	uint64_t word[2];
};

/* This process's key, which nobody outside knows. */
struct sip_key sip_key(void);
/* The sum of FIRST and the N bytes at P. */
uint64_t sip_sum(const struct sip_key *key, uint64_t first, const void *p,
		 size_t n);

#endif
