/* digest.h - content digests: "sha256:<64 hex>" (OCI image specification,
 * descriptor.md, "Digests").
 * SPDX-License-Identifier: Apache-2.0
 *
 * Registered algorithms sha256 and sha512, lower-case hexadecimal of exactly
 * the right length. So the text is safe as a file name and in a URL.
 */
#ifndef FORMAT_DIGEST_H
#define FORMAT_DIGEST_H

#include "base/err.h"
#include "base/hash.h"

#include <stdbool.h>

struct digest {
	enum hash_algo algo;
	char text[136]; /* "sha256:..."; "" when unset */
};

/* Parse TEXT. ERR_FORMAT, naming what is wrong (algorithm, length, character).
 */
MUST_CHECK int digest_parse(const char *text, struct digest *out,
			    struct err *e);
/* The hexadecimal part, borrowed. */
const char *digest_hex(const struct digest *d);
/* "sha256" or "sha512". */
const char *digest_algo(const struct digest *d);
bool digest_eq(const struct digest *a, const struct digest *b);
/* Make from an algorithm and a sum in hexadecimal (hash_hex). */
void digest_set(struct digest *d, enum hash_algo algo, const char *hex);
/* Is what H has summed WANT? ERR_DIGEST: "expected sha256:..., got
 * sha256:...". H is ready for a new message. */
MUST_CHECK int digest_check(struct hash *h, const struct digest *want,
			    struct err *e);

#endif
