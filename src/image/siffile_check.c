/* siffile_check.c - do the signatures of a SIF file fit what they sign?
 * SPDX-License-Identifier: Apache-2.0
 *
 * A file of its own: only reading a SIF must not need libcrypto.
 */
#include "config.h"

#include "image/siffile.h"

#include "base/hash.h"
#include "base/intr.h"
#include "base/mem.h"
#include "format/digest.h"
#include "format/sifsig.h"

#include <stdlib.h>
#include <string.h>

#define SUM_BYTES ((size_t)256 << 10)

struct sums {
	const struct siffile *file;
	struct digest (*v)[2]; /* of each object; "" if not known yet */
};

static int sum_data(int fd, const struct sifobj *o, enum hash_algo algo,
		    char hex[HASH_HEX_MAX], struct err *e)
{
	AUTO(hash) struct hash *h = hash_new(algo);
	autostr char *buffer = xmalloc(SUM_BYTES);
	uint64_t at = o->at, left = o->size;

	while (left) {
		size_t n = left < SUM_BYTES ? (size_t)left : SUM_BYTES;
		ssize_t got = siffile_pread(fd, at, buffer, n, e);

		if (got < 0 || intr_check(e))
			return -1;
		if (!got)
			return err_set(e, ERR_FORMAT,
				       "the SIF file was cut while it was "
				       "read");
		hash_add(h, buffer, (size_t)got);
		at += (uint64_t)got;
		left -= (uint64_t)got;
	}
	hash_hex(h, hex);
	return 0;
}

static int sum(void *ctx, const struct sifobj *o, enum hash_algo algo,
	       char hex[HASH_HEX_MAX], struct err *e)
{
	const struct sums *s = ctx;
	struct digest *d = &s->v[o - s->file->v][algo == HASH_SHA512];

	if (!*d->text) {
		if (sum_data(s->file->fd, o, algo, hex, e))
			return -1;
		digest_set(d, algo, hex);
	}
	strcpy(hex, digest_hex(d));
	return 0;
}

static int check_one(const struct sifsig_file *f, int fd,
		     const struct sifobj *o, struct err *e)
{
	AUTO(str) struct str text = { 0 };
	size_t n = o->size > SIFSIG_BYTES_MAX ? SIFSIG_BYTES_MAX + 1
					      : (size_t)o->size;

	if (siffile_add(fd, o->at, n, &text, e))
		return -1;
	return sifsig_check(f, o, text.p, text.len, e);
}

int siffile_check(const struct siffile *f, struct err *e)
{
	struct sums sums = { .file = f, .v = NULL };
	const struct sifsig_file signed_file = {
		.head = (const unsigned char *)f->head.p,
		.table = (const unsigned char *)f->table.p,
		.v = f->v,
		.n = f->n,
		.sum = sum,
		.ctx = &sums,
	};
	int rc = 0;

	sums.v = xcalloc(f->n + 1, sizeof(*sums.v));
	for (size_t i = 0; !rc && i < f->n; i++)
		if (f->v[i].type == SIFOBJ_SIGNATURE)
			rc = check_one(&signed_file, f->fd, &f->v[i], e);
	free(sums.v);
	return rc;
}
