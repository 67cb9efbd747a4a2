/* sip.c - SipHash-1-3: one round for each word, three at the end.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/sip.h"

#include <string.h>
#include <sys/auxv.h>

static uint64_t rotl(uint64_t x, int bits)
{
	return x << bits | x >> (64 - bits);
}

static void sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[2] += v[3];
	v[1] = rotl(v[1], 13) ^ v[0];
	v[3] = rotl(v[3], 16) ^ v[2];
	v[0] = rotl(v[0], 32) + v[3];
	v[2] += v[1];
	v[3] = rotl(v[3], 21) ^ v[0];
	v[1] = rotl(v[1], 17) ^ v[2];
	v[2] = rotl(v[2], 32);
}

static void sip_word(uint64_t v[4], uint64_t word)
{
	v[3] ^= word;
	sip_round(v);
	v[0] ^= word;
}

/* 16 random bytes that the kernel gives to every process: getauxval(3). Without
 * them only the protection against chosen names is lost. */
struct sip_key sip_key(void)
{
	const void *seed = (const void *)getauxval(AT_RANDOM);
	struct sip_key key = { { 0x9e3779b97f4a7c15, 0xc2b2ae3d27d4eb4f } };

	if (seed)
		memcpy(key.word, seed, sizeof(key.word));
	return key;
}

uint64_t sip_sum(const struct sip_key *key, uint64_t first, const void *p,
		 size_t n)
{
	const unsigned char *at = p;
	uint64_t v[4] = {
		key->word[0] ^ 0x736f6d6570736575,
		key->word[1] ^ 0x646f72616e646f6d,
		key->word[0] ^ 0x6c7967656e657261,
		key->word[1] ^ 0x7465646279746573,
	};
	uint64_t word;
	uint64_t last = (uint64_t)n << 56;

	sip_word(v, first);
	for (; n >= sizeof(word); n -= sizeof(word), at += sizeof(word)) {
		memcpy(&word, at, sizeof(word));
		sip_word(v, word);
	}
	for (size_t i = 0; i < n; i++)
		last |= (uint64_t)at[i] << 8 * i;
	sip_word(v, last);
	v[2] ^= 0xff;
	for (int i = 0; i < 3; i++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}
