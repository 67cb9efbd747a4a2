/* sha256.c - SHA-256 by the processor's SHA instructions.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/sha256.h"

#if defined(__x86_64__)

#include "base/auto.h"

#include <cpuid.h>
#include <endian.h>
#include <immintrin.h>
#include <string.h>

#define WITH_SHA __attribute__((target("sha,sse4.1")))
#define GROUPS 16 /* of four rounds */
#define LENGTH_AT 56

// clang-format off
/* FIPS 180-4, 4.2.2 */
static const uint32_t constants[4 * GROUPS] __attribute__((aligned(16))) = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1,
	0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
	0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
	0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
	0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
	0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
	0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
	0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
	0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

/* The instructions want the eight words a to h as f e b a and h g d c. */
static const uint32_t initial[8] = { /* FIPS 180-4, 5.3.3 */
	0x9b05688c, 0x510e527f, 0xbb67ae85, 0x6a09e667,
	0x5be0cd19, 0x1f83d9ab, 0xa54ff53a, 0x3c6ef372,
};
static const unsigned char order[8] = { 3, 2, 7, 6, 1, 0, 5, 4 };
// clang-format on

bool sha256_is_possible(void)
{
	unsigned a, b, c, d;

	if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_SSSE3) ||
	    !(c & bit_SSE4_1))
		return false;
	return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & bit_SHA);
}

/* Message words 4 R to 4 R + 3 of M, which has the sixteen before them: FIPS
 * 180-4, 6.2.2, step 1. */
WITH_SHA static inline __m128i next_words(const __m128i m[4], unsigned r)
{
	__m128i w = _mm_sha256msg1_epu32(m[r % 4], m[(r + 1) % 4]);
	__m128i seven = _mm_alignr_epi8(m[(r + 3) % 4], m[(r + 2) % 4], 4);

	return _mm_sha256msg2_epu32(_mm_add_epi32(w, seven), m[(r + 3) % 4]);
}

/* N blocks of each of WIDTH messages. The compiler unrolls it all, so that the
 * arrays are registers. */
WITH_SHA static inline __attribute__((always_inline)) void
run(struct sha256 *const *s, const unsigned char *const *p, size_t n,
    const int width)
{
	const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0bLL,
						  0x0405060700010203LL);
	__m128i low[2], high[2]; /* f e b a, h g d c */

	for (int k = 0; k < width; k++) {
		low[k] = _mm_loadu_si128((const __m128i *)s[k]->state);
		high[k] = _mm_loadu_si128((const __m128i *)s[k]->state + 1);
	}
	for (size_t i = 0; i < n; i++) {
		__m128i m[2][4], low_was[2], high_was[2];

		for (int k = 0; k < width; k++) {
			low_was[k] = low[k];
			high_was[k] = high[k];
		}
#pragma GCC unroll 16
		for (unsigned r = 0; r < GROUPS; r++) {
			__m128i c = _mm_load_si128(
				(const __m128i *)constants + r);

#pragma GCC unroll 2
			for (int k = 0; k < width; k++) {
				const __m128i *in =
					(const __m128i *)(p[k] +
							  SHA256_BLOCK * i);
				__m128i w = r < 4 ? _mm_shuffle_epi8(
							    _mm_loadu_si128(
								    in + r),
							    big_endian)
						  : next_words(m[k], r);

				m[k][r % 4] = w;
				w = _mm_add_epi32(w, c);
				high[k] = _mm_sha256rnds2_epu32(high[k], low[k],
								w);
				w = _mm_shuffle_epi32(w, 0x0e);
				low[k] = _mm_sha256rnds2_epu32(low[k], high[k],
							       w);
			}
		}
		for (int k = 0; k < width; k++) {
			low[k] = _mm_add_epi32(low[k], low_was[k]);
			high[k] = _mm_add_epi32(high[k], high_was[k]);
		}
	}
	for (int k = 0; k < width; k++) {
		_mm_storeu_si128((__m128i *)s[k]->state, low[k]);
		_mm_storeu_si128((__m128i *)s[k]->state + 1, high[k]);
	}
}

WITH_SHA static void run_one(struct sha256 *s, const unsigned char *p, size_t n)
{
	run(&s, &p, n, 1);
}

WITH_SHA static void run_two(struct sha256 *s, const unsigned char *p,
			     struct sha256 *t, const unsigned char *q, size_t n)
{
	struct sha256 *const both[2] = { s, t };
	const unsigned char *const in[2] = { p, q };

	run(both, in, n, 2);
}

void sha256_start(struct sha256 *s)
{
	memcpy(s->state, initial, sizeof(initial));
	s->total = 0;
}

/* Put as much of the N bytes at P as make S's block full into it, or all;
 * returns how many. */
static size_t fill(struct sha256 *s, const unsigned char *p, size_t n)
{
	size_t have = s->total % SHA256_BLOCK;
	size_t room = SHA256_BLOCK - have;

	if (!have || !n)
		return 0;
	if (n > room)
		n = room;
	memcpy(s->rest + have, p, n);
	s->total += n;
	if (n == room)
		run_one(s, s->rest, 1);
	return n;
}

/* N bytes, less than a block, where S has none left over. */
static void keep(struct sha256 *s, const unsigned char *p, size_t n)
{
	if (n)
		memcpy(s->rest, p, n);
	s->total += n;
}

void sha256_add(struct sha256 *s, const void *in, size_t n)
{
	const unsigned char *p = in;
	size_t k = fill(s, p, n);

	p += k;
	n -= k;
	k = n / SHA256_BLOCK;
	if (!n)
		return;
	run_one(s, p, k);
	s->total += k * SHA256_BLOCK;
	keep(s, p + k * SHA256_BLOCK, n % SHA256_BLOCK);
}

void sha256_add_pair(struct sha256 *s, const void *in, struct sha256 *t,
		     const void *in_t, size_t n)
{
	const unsigned char *p = in, *q = in_t;
	size_t m = n, k = fill(s, p, n);

	p += k;
	n -= k;
	k = fill(t, q, m);
	q += k;
	m -= k;
	k = (n < m ? n : m) / SHA256_BLOCK;
	if (k) {
		run_two(s, p, t, q, k);
		k *= SHA256_BLOCK;
		s->total += k;
		t->total += k;
		p += k;
		q += k;
		n -= k;
		m -= k;
	}
	sha256_add(s, p, n);
	sha256_add(t, q, m);
}

/* FIPS 180-4, 5.1.1: a bit that is one, zeros, the length in bits. */
void sha256_end(struct sha256 *s, unsigned char sum[SHA256_BYTES])
{
	static const unsigned char one = 0x80;
	static const unsigned char zeros[SHA256_BLOCK];
	uint64_t bits = htobe64(s->total * 8);
	size_t have;

	sha256_add(s, &one, 1);
	have = s->total % SHA256_BLOCK;
	sha256_add(s, zeros,
		   (SHA256_BLOCK + LENGTH_AT - have) % SHA256_BLOCK);
	sha256_add(s, &bits, sizeof(bits));
	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		uint32_t word = htobe32(s->state[order[i]]);

		memcpy(sum + 4 * i, &word, sizeof(word));
	}
}

#else

bool sha256_is_possible(void)
{
	return false;
}

void sha256_start(struct sha256 *s)
{
	(void)s;
}

void sha256_add(struct sha256 *s, const void *p, size_t n)
{
	(void)s;
	(void)p;
	(void)n;
}

void sha256_add_pair(struct sha256 *s, const void *p, struct sha256 *t,
		     const void *q, size_t n)
{
	(void)s;
	(void)p;
	(void)t;
	(void)q;
	(void)n;
}

void sha256_end(struct sha256 *s, unsigned char sum[SHA256_BYTES])
{
	(void)s;
	(void)sum;
}

#endif
