/* t_hash.c - base/hash: the examples of FIPS 180-4, streaming and reuse, two at
 * a time, all lengths as libcrypto sums them.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/hash.h"
#include "tap.h"

#include <openssl/evp.h>

#define TWO_BLOCKS "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"

// clang-format off
/* From "Secure Hash Standard examples", NIST (SHA256.pdf, SHA512.pdf). */
static const struct {
	enum hash_algo algo;
	const char *text, *want;
} cases[] = {
	{ HASH_SHA256, "",
	  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
	{ HASH_SHA256, "abc",
	  "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
	{ HASH_SHA256, TWO_BLOCKS,
	  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
	{ HASH_SHA512, "",
	  "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
	  "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e" },
	{ HASH_SHA512, "abc",
	  "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
	  "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f" },
};
// clang-format on

static void test_case(size_t i)
{
	AUTO(hash) struct hash *h = hash_new(cases[i].algo);
	char hex[HASH_HEX_MAX];
	const char *s = cases[i].text;

	hash_buffer(cases[i].algo, s, strlen(s), hex);
	is(hex, cases[i].want, "at once");
	for (int round = 0; round < 2; round++) {
		for (size_t k = 0; s[k]; k++)
			hash_add(h, s + k, 1);
		hash_add(h, s, 0);
		hash_hex(h, hex);
		is(hex, cases[i].want, "byte by byte");
	}
}

/* A million times "a", in pieces that do not fit the blocks. */
static void test_million(void)
{
	AUTO(hash) struct hash *h = hash_new(HASH_SHA256);
	char block[1001], hex[HASH_HEX_MAX];
	size_t left = 1000000;

	memset(block, 'a', sizeof block);
	while (left) {
		size_t n = left < sizeof block ? left : sizeof block;

		hash_add(h, block, n);
		left -= n;
	}
	hash_hex(h, hex);
	is(hex,
	   "cdc76e5c9914fb9281a1c7e284d73e67"
	   "f1809a48a497200e046d39ccc7112cd0",
	   "a million times 'a'");
}

static void reference(const char *p, size_t n, char hex[HASH_HEX_MAX])
{
	unsigned char sum[EVP_MAX_MD_SIZE];
	unsigned int len;

	EVP_Digest(p, n, sum, &len, EVP_sha256(), NULL);
	for (unsigned int i = 0; i < len; i++)
		sprintf(hex + 2 * i, "%02x", sum[i]);
}

/* Every length around the first blocks, in two pieces cut anywhere. */
static void test_lengths(void)
{
	AUTO(hash) struct hash *h = hash_new(HASH_SHA256);
	char bytes[300], want[HASH_HEX_MAX], got[HASH_HEX_MAX];
	int bad = 0;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(i * 7 + i / 5);
	for (size_t n = 0; n <= sizeof(bytes); n++) {
		reference(bytes, n, want);
		for (size_t cut = 0; cut <= n; cut += 1 + n / 9) {
			hash_add(h, bytes, cut);
			hash_add(h, bytes + cut, n - cut);
			hash_hex(h, got);
			bad += strcmp(got, want) != 0;
		}
	}
	is_num(bad, 0, "0 to 300 bytes, in two pieces");
}

/* Two at a time, each with other bytes left over before. */
static void test_pairs(enum hash_algo other)
{
	static char bytes[5000];
	AUTO(hash) struct hash *h = hash_new(HASH_SHA256);
	AUTO(hash) struct hash *g = hash_new(other);
	char want[HASH_HEX_MAX], got[HASH_HEX_MAX];
	int bad = 0;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(i * 31 + i / 256);
	for (size_t n = 0; n < 4000; n += 1 + n / 3) {
		for (size_t before = 0; before < 130; before += 13) {
			const char *p = bytes, *q = bytes + 1;
			size_t k = 2 * before;

			hash_add(h, p, before);
			hash_add(g, q, k);
			hash_add_pair(h, p + before, g, q + k, n);
			hash_add_pair(h, p + before + n, g, q + k + n, 64);
			hash_hex(h, got);
			reference(p, before + n + 64, want);
			bad += strcmp(got, want) != 0;
			hash_hex(g, got);
			hash_buffer(other, q, k + n + 64, want);
			bad += strcmp(got, want) != 0;
		}
	}
	is_num(bad, 0,
	       other == HASH_SHA512 ? "a SHA-256 and a SHA-512 together"
				    : "two SHA-256 together");
}

int main(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		test_case(i);
	test_million();
	test_lengths();
	test_pairs(HASH_SHA256);
	test_pairs(HASH_SHA512);
	hash_free(NULL);
	ok(true, "hash_free(NULL)");
	return tap_done();
}
