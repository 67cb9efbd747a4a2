/* digest.c - parse, print and compare content digests.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "format/digest.h"

#include "base/str.h"

#include <string.h>

#define SHOWN 150 /* characters of a wrong digest in a message */

static const struct {
	const char *prefix;
	size_t hex;
} algos[] = {
	[HASH_SHA256] = { "sha256:", 64 },
	[HASH_SHA512] = { "sha512:", 128 },
};

static int check_hex(const char *text, const char *hex, size_t want,
		     struct err *e)
{
	size_t good = strspn(hex, "0123456789abcdef");
	char c = hex[good];

	if (c >= 'A' && c <= 'F')
		return err_set(e, ERR_FORMAT,
			       "digest '%.*s': upper case '%c' is not allowed",
			       SHOWN, text, c);
	if (c)
		return err_set(e, ERR_FORMAT,
			       "digest '%.*s': '%c' is not a hexadecimal digit",
			       SHOWN, text, c);
	if (good != want)
		return err_set(e, ERR_FORMAT,
			       "digest '%.*s': expected %zu hexadecimal "
			       "digits, found %zu",
			       SHOWN, text, want, good);
	return 0;
}

int digest_parse(const char *text, struct digest *out, struct err *e)
{
	const char *colon = strchr(text, ':');

	*out = (struct digest){ 0 };
	if (!colon)
		return err_set(e, ERR_FORMAT,
			       "digest '%.*s': expected 'sha256:' and 64 "
			       "hexadecimal digits",
			       SHOWN, text);
	for (size_t i = 0; i < ARRAY_SIZE(algos); i++) {
		if (!str_starts(text, algos[i].prefix))
			continue;
		if (check_hex(text, colon + 1, algos[i].hex, e))
			return -1;
		digest_set(out, (enum hash_algo)i, colon + 1);
		return 0;
	}
	return err_set(e, ERR_FORMAT,
		       "digest '%.*s': unknown algorithm '%.*s', expected "
		       "sha256 or sha512",
		       SHOWN, text,
		       colon - text < SHOWN ? (int)(colon - text) : SHOWN,
		       text);
}

const char *digest_hex(const struct digest *d)
{
	return *d->text ? d->text + strlen(algos[d->algo].prefix) : "";
}

const char *digest_algo(const struct digest *d)
{
	return d->algo == HASH_SHA512 ? "sha512" : "sha256";
}

bool digest_eq(const struct digest *a, const struct digest *b)
{
	return !strcmp(a->text, b->text);
}

void digest_set(struct digest *d, enum hash_algo algo, const char *hex)
{
	*d = (struct digest){ .algo = algo };
	snprintf(d->text, sizeof(d->text), "%s%s", algos[algo].prefix, hex);
}

int digest_check(struct hash *h, const struct digest *want, struct err *e)
{
	char hex[HASH_HEX_MAX];

	hash_hex(h, hex);
	if (!strcmp(hex, digest_hex(want)))
		return 0;
	return err_set(e, ERR_DIGEST, "expected %s, got %s:%s", want->text,
		       digest_algo(want), hex);
}
