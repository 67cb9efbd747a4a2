/* siffile.c - a SIF file on the disk.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "image/siffile.h"

#include "format/json.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

void siffile_clear(struct siffile *f)
{
	str_clear(&f->head);
	str_clear(&f->table);
	free(f->v);
	*f = (struct siffile){ .fd = -1 };
}

ssize_t siffile_pread(int fd, uint64_t at, char *p, size_t n, struct err *e)
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

int siffile_add(int fd, uint64_t at, size_t n, struct str *out, struct err *e)
{
	ssize_t got = siffile_pread(fd, at, str_reserve(out, n + 1), n, e);

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
	if (siffile_add(fd, 0, SIFHDR_BYTES, &f.head, e) ||
	    sifhdr_parse(f.head.p, f.head.len, size, &h, e) ||
	    siffile_add(fd, h.table_at, h.table_size, &f.table, e) ||
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
	return siffile_add(f->fd, o->at, (size_t)o->size, out, e);
}
