/* hash.c - streaming SHA-256 and SHA-512 over libcrypto's EVP interface.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Works with OpenSSL 1.1.1 and 3.x. Its calls fail here only when memory is out
 * or libcrypto is broken; a sum that is wrong must not pass for one, so this
 * ends like any other lack of memory.
 */
#include "config.h"

#include "base/hash.h"
#include "base/mem.h"

#include <openssl/evp.h>

struct hash {
	EVP_MD_CTX *context;
	const EVP_MD *digest;
};

static void check(int good)
{
	if (!good)
		mem_fail("a digest of libcrypto");
}

struct hash *hash_new(enum hash_algo algo)
{
	struct hash *h = xcalloc(1, sizeof *h);

	h->digest = algo == HASH_SHA512 ? EVP_sha512() : EVP_sha256();
	h->context = EVP_MD_CTX_new();
	check(h->context != NULL);
	check(EVP_DigestInit_ex(h->context, h->digest, NULL));
	return h;
}

void hash_free(struct hash *h)
{
	if (!h)
		return;
	EVP_MD_CTX_free(h->context);
	free(h);
}

void hash_add(struct hash *h, const void *p, size_t n)
{
	check(EVP_DigestUpdate(h->context, p, n));
}

void hash_hex(struct hash *h, char hex[HASH_HEX_MAX])
{
	static const char digits[] = "0123456789abcdef";
	unsigned char sum[EVP_MAX_MD_SIZE];
	unsigned int n = 0;

	check(EVP_DigestFinal_ex(h->context, sum, &n));
	check(EVP_DigestInit_ex(h->context, h->digest, NULL));
	for (unsigned int i = 0; i < n; i++) {
		hex[2 * i] = digits[sum[i] >> 4];
		hex[2 * i + 1] = digits[sum[i] & 15];
	}
	hex[2 * n] = 0;
}

void hash_buffer(enum hash_algo algo, const void *p, size_t n,
		 char hex[HASH_HEX_MAX])
{
	AUTO(hash) struct hash *h = hash_new(algo);

	hash_add(h, p, n);
	hash_hex(h, hex);
}
