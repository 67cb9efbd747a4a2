/* siffile.c - a SIF file on the disk.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "image/siffile.h"

#include "base/hash.h"
#include "base/intr.h"
#include "base/mem.h"
#include "format/digest.h"
#include "format/json.h"
#include "format/sifsig.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SUM_BYTES ((size_t)256 << 10)

void siffile_clear(struct siffile *f)
{
	str_clear(&f->head);
	str_clear(&f->table);
	free(f->v);
	*f = (struct siffile){ .fd = -1 };
}

/* N bytes from AT on; fewer if the file is shorter. */
static ssize_t read_some(int fd, uint64_t at, char *p, size_t n, struct err *e)
{
	size_t done = 0;

	while (done < n) {
		ssize_t got = pread(fd, p + done, n - done, (off_t)(at + done));

		if (got < 0 && errno != EINTR)
			return err_sys(e, "can't read the SIF file");
		if (!got)
			break;
		if (got > 0)
			done += (size_t)got;
	}
	return (ssize_t)done;
}

static int read_at(int fd, uint64_t at, size_t n, struct str *out,
		   struct err *e)
{
	ssize_t got = read_some(fd, at, str_reserve(out, n + 1), n, e);

	if (got < 0)
		return -1;
	out->len += (size_t)got;
	out->p[out->len] = '\0';
	return 0;
}

int siffile_open(int fd, struct siffile *out, struct err *e)
{
	AUTO(siffile) struct siffile f = { .fd = fd };
	struct sifhdr h;
	struct stat st;
	uint64_t size;

	*out = (struct siffile){ .fd = fd };
	if (fstat(fd, &st))
		return err_sys(e, "can't read the SIF file");
	size = (uint64_t)st.st_size;
	if (read_at(fd, 0, SIFHDR_BYTES, &f.head, e) ||
	    sifhdr_parse(f.head.p, f.head.len, size, &h, e) ||
	    read_at(fd, h.table_at, h.table_size, &f.table, e) ||
	    sifhdr_objects(f.table.p, f.table.len, &h, size, &f.v, &f.n, e) ||
	    sifhdr_primary(f.v, f.n, &f.primary, e))
		return -1;
	*out = f;
	f = (struct siffile){ .fd = -1 };
	return 0;
}

int siffile_read(const struct siffile *f, const struct sifobj *o,
		 struct str *out, struct err *e)
{
	if (o->size > JSON_BYTES_MAX)
		return err_set(e, ERR_LIMIT,
			       "object %u ('%s') is longer than %u bytes",
			       o->id, o->name, JSON_BYTES_MAX);
	return read_at(f->fd, o->at, (size_t)o->size, out, e);
}

/* --- signatures */

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
		ssize_t got = read_some(fd, at, buffer, n, e);

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

	if (read_at(fd, o->at, n, &text, e))
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
