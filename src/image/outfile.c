/* outfile.c - the file that is written, or standard output.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "image/outfile.h"

#include "base/intr.h"
#include "base/io.h"

#define OUTPUT 1 /* the descriptor of standard output */

int outfile_open(struct outfile *o, const struct dest *dest, struct err *e)
{
	*o = (struct outfile)OUTFILE_INIT;
	o->dest = dest;
	o->fd = OUTPUT;
	if (dest->parent < 0)
		return 0;
	if (tmp_file(&o->tmp, dest->parent, e))
		return -1;
	o->fd = o->tmp.fd;
	return 0;
}

static int write_plain(void *ctx, const void *p, size_t n, struct err *e)
{
	struct outfile *o = ctx;

	if (intr_check(e))
		return -1;
	return io_write(o->fd, p, n, o->dest->shown, e);
}

int outfile_encode(struct outfile *o, const struct pack *p,
		   enum encode_kind kind, struct err *e)
{
	o->encode = encode_new(kind, p->level, p->threads, write_plain, o, e);
	return o->encode ? 0 : -1;
}

int outfile_write(void *ctx, const void *p, size_t n, struct err *e)
{
	struct outfile *o = ctx;

	return o->encode ? encode_write(o->encode, p, n, e)
			 : write_plain(o, p, n, e);
}

int outfile_publish(struct outfile *o, mode_t mode, struct err *e)
{
	if (o->encode && encode_end(o->encode, e))
		return -1;
	if (o->dest->parent < 0)
		return 0;
	return dest_publish_file(o->dest, &o->tmp, mode, e);
}

void outfile_clear(struct outfile *o)
{
	if (o->encode)
		encode_free(o->encode);
	tmp_clear(&o->tmp);
	*o = (struct outfile)OUTFILE_INIT;
}
