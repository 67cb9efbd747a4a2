/* sifsig.h - does a signature in a SIF file fit what is in the file?
 * SPDX-License-Identifier: Apache-2.0
 *
 * A signature object holds a clear-signed message (OpenPGP, RFC 9580, 7) or a
 * DSSE envelope (github.com/secure-systems-lab/dsse), and in it a JSON document
 * with digests of the header, of descriptors and of data
 * (github.com/apptainer/sif, pkg/integrity). All of that is compared; the
 * cryptographic signature itself is not: there are no keys here. So this finds
 * what was changed by accident or by somebody careless, and no forgery.
 */
#ifndef FORMAT_SIFSIG_H
#define FORMAT_SIFSIG_H

#include "base/err.h"
#include "base/hash.h"
#include "format/sifhdr.h"

#define SIFSIG_BYTES_MAX (1u << 20) /* of a signature */

/* The sum of O's data, in hexadecimal. */
typedef int sifsig_sum(void *ctx, const struct sifobj *o, enum hash_algo algo,
		       char hex[HASH_HEX_MAX], struct err *e);

/* The file that is signed. */
struct sifsig_file {
	const unsigned char *head;  /* SIFHDR_BYTES */
	const unsigned char *table; /* as sifhdr_objects has read it */
	const struct sifobj *v;
	size_t n;
	sifsig_sum *sum;
	void *ctx;
};

/* Does the signature SIG, an object of F whose N bytes are TEXT, fit F? What it
 * is linked to has to be there, its hash type known, and its text whole. Then
 * what it says of the file is compared, but for digests of other algorithms
 * than ours, documents of a later version, and signatures from before 2020,
 * which have another form. ERR_FORMAT, ERR_DIGEST, ERR_LIMIT: all name the
 * signature, and the object that it does not fit. */
MUST_CHECK int sifsig_check(const struct sifsig_file *f,
			    const struct sifobj *sig, const char *text,
			    size_t n, struct err *e);

#endif
