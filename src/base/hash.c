/* hash.c - streaming SHA-256 and SHA-512 over libcrypto's EVP interface, and
 * over the processor's own instructions.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Works with OpenSSL 1.1.1 and 3.x. Its calls fail here only when memory is out
 * or libcrypto is broken; a sum that is wrong must not pass for one, so this
 * ends like any other lack of memory.
 */
#include "config.h"

#include "base/hash.h"

#include "base/mem.h"
#include "base/sha256.h"

#include <openssl/evp.h>

struct hash {
	bool is_own; /* by sha256.h; else: */
	struct sha256 own;
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

	h->is_own = algo == HASH_SHA256 && sha256_is_possible();
	if (h->is_own) {
		sha256_start(&h->own);
		return h;
	}
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
	if (h->is_own)
		sha256_add(&h->own, p, n);
	else
		check(EVP_DigestUpdate(h->context, p, n));
}

void hash_add_pair(struct hash *h, const void *p, struct hash *g, const void *q,
		   size_t n)
{
	if (h->is_own && g->is_own) {
		sha256_add_pair(&h->own, p, &g->own, q, n);
		return;
	}
	hash_add(h, p, n);
	hash_add(g, q, n);
}

bool hash_has_pairs(void)
{
	return sha256_is_possible();
}

static unsigned int end(struct hash *h, unsigned char sum[EVP_MAX_MD_SIZE])
{
	unsigned int n = SHA256_BYTES;

	if (h->is_own) {
		sha256_end(&h->own, sum);
		sha256_start(&h->own);
		return n;
	}
	check(EVP_DigestFinal_ex(h->context, sum, &n));
	check(EVP_DigestInit_ex(h->context, h->digest, NULL));
	return n;
}

void hash_hex(struct hash *h, char hex[HASH_HEX_MAX])
{
	static const char digits[] = "0123456789abcdef";
	unsigned char sum[EVP_MAX_MD_SIZE];
	unsigned int n = end(h, sum);

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
