/* sqfssets.c - sets of extended attributes of a squashfs image.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "layer/sqfssets.h"

#include "base/mem.h"
#include "base/str.h"

#include <linux/limits.h>
#include <sqfs/block.h>
#include <sqfs/error.h>
#include <sqfs/xattr_writer.h>
#include <string.h>

#define IN_BLOCK (SQFS_META_BLOCK_SIZE / 16)

struct sqfssets {
	sqfs_xattr_writer_t *writer;
	uint32_t n;
	uint64_t *n_lost;
	struct sqfsfile no_file; /* until they are written */
};

struct sqfssets *sqfssets_new(uint64_t *n_lost, struct err *e)
{
	AUTO(sqfssets) struct sqfssets *s = xcalloc(1, sizeof(*s));

	s->n_lost = n_lost;
	s->writer = sqfs_xattr_writer_create(0);
	if (s->writer)
		return TAKE(s);
	sqfsfile_fail(&s->no_file, SQFS_ERROR_ALLOC, e);
	return NULL;
}

void sqfssets_free(struct sqfssets *s)
{
	sqfsfile_destroy(s->writer);
	free(s);
}

/* Has the format room for it? */
static bool is_kept(const struct inode_xattr *x)
{
	return (str_starts(x->name, "user.") ||
		str_starts(x->name, "trusted.") ||
		str_starts(x->name, "security.")) &&
	       strchr(x->name, '.')[1] &&
	       strlen(x->name) <= XATTR_NAME_MAX &&
	       x->size <= XATTR_SIZE_MAX;
}

int sqfssets_index(struct sqfssets *s, const struct inode *in, uint32_t *out,
		   struct err *e)
{
	int code;

	*out = SQFSSETS_NONE;
	if (!in || !in->n_xattrs)
		return 0;
	code = sqfs_xattr_writer_begin(s->writer, 0);
	for (size_t i = 0; i < in->n_xattrs && !code; i++) {
		const struct inode_xattr *x = &in->xattrs[i];

		if (is_kept(x))
			code = sqfs_xattr_writer_add(s->writer, x->name,
						     x->value, x->size);
		else
			++*s->n_lost;
	}
	if (!code)
		code = sqfs_xattr_writer_end(s->writer, out);
	if (code)
		return sqfsfile_fail(&s->no_file, code, e);
	if (*out != SQFSSETS_NONE && *out >= s->n)
		s->n = *out + 1;
	return 0;
}

/* The library (1.2.0) writes one place behind its list of blocks if the
 * last of them is full: there is one set more then, which nobody has, with a
 * name that is too long for anybody to have. */
static int fill(struct sqfssets *s)
{
	char name[XATTR_NAME_MAX + 2] = "user.";
	uint32_t unused;
	int code;

	if (!s->n || s->n % IN_BLOCK)
		return 0;
	memset(name + 5, 'x', sizeof(name) - 6);
	code = sqfs_xattr_writer_begin(s->writer, 0);
	if (!code)
		code = sqfs_xattr_writer_add(s->writer, name, "", 0);
	return code ? code : sqfs_xattr_writer_end(s->writer, &unused);
}

int sqfssets_write(struct sqfssets *s, struct sqfsfile *file,
		   sqfs_compressor_t *c, sqfs_super_t *super, struct err *e)
{
	int code = fill(s);

	if (!code)
		code = sqfs_xattr_writer_flush(s->writer, &file->base, super,
					       c);
	return code ? sqfsfile_fail(file, code, e) : 0;
}
