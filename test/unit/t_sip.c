/* t_sip.c - tests of base/sip.c.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/sip.h"

#include "tap.h"

#include <string.h>

/* The paper's key and input, its first eight bytes as FIRST; sums were made
 * with an implementation that gives the paper's value for SipHash-2-4. */
static void test_sums(void)
{
	static const struct {
		size_t n;
		uint64_t sum;
	} sums[] = {
		{ 0, 0x44737e73d411686f },
		{ 7, 0x6a234511b8db6ecd },
		{ 8, 0x11c0f16947d4dae5 },
		{ 15, 0xdd94b2e4c3c55899 },
	};
	struct sip_key key = { { 0x0706050403020100, 0x0f0e0d0c0b0a0908 } };
	unsigned char text[15];

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (unsigned char)(8 + i);
	for (size_t i = 0; i < sizeof(sums) / sizeof(*sums); i++)
		ok(sip_sum(&key, key.word[0], text, sums[i].n) == sums[i].sum,
		   "%zu bytes", sums[i].n);
	key.word[1] ^= 1;
	ok(sip_sum(&key, key.word[0], text, 7) != sums[1].sum, "another key");
}

static void test_key(void)
{
	struct sip_key a = sip_key();
	struct sip_key b = sip_key();

	ok(!memcmp(&a, &b, sizeof(a)), "the process's key stays");
	ok(a.word[0] || a.word[1], "and is one");
}

int main(void)
{
	test_sums();
	test_key();
	return tap_done();
}
