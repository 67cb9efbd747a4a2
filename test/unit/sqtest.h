/* sqtest.h - squashfs images of sqfstest.h, read by squash/.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TEST_SQTEST_H
#define TEST_SQTEST_H

#include "sqfstest.h"
#include "squash/sqdata.h"
#include "squash/sqdir.h"
#include "squash/sqxattr.h"

#include <sys/stat.h>

/* A walk over an image: a line for each name, as plant_line has them. What goes
 * wrong is a line, too, with a '!'. */
struct tour {
	struct sqfile *file;
	struct strlist *out;
	const char *path; /* of the directory that is listed */
	struct sqnode dir;
	unsigned depth;
	uint64_t *refs; /* of what may have more names, and the first one */
	char **names;
	size_t n, cap, names_cap;
	unsigned char buf[100000];
};

#define TOUR_DEPTH_MAX 20 /* of directories: some are in themselves */
#define TOUR_LINES_MAX 3000
#define TOUR_BYTES_MAX (16 << 20) /* of a file: holes cost nothing */

static void tour_free(struct tour *t)
{
	for (size_t i = 0; i < t->n; i++)
		free(t->names[i]);
	free(t->names);
	free(t->refs);
	free(t);
}
AUTO_DEFINE_PTR(tour, struct tour, tour_free)

static const char *tour_error(int error)
{
	return error == -EIO       ? "EIO"
	       : error == -EFBIG   ? "EFBIG"
	       : error == -ENOTDIR ? "ENOTDIR"
	       : error == -ENOENT  ? "ENOENT"
				   : "another error";
}

/* Like sum_of, of all that is there; holes add nothing. */
static ssize_t tour_sum(struct tour *t, const struct sqnode *n, uint64_t *sum)
{
	uint64_t at = 0;
	ssize_t got;

	do {
		/* Odd sizes: parts of blocks, and more than one. */
		got = sqdata_read(t->file, n, at, t->buf, sizeof(t->buf) - 1);
		if (got > 0)
			*sum = sum_of(*sum, t->buf, (size_t)got, at);
		at += got > 0 ? (uint64_t)got : 0;
	} while (got > 0 && at < TOUR_BYTES_MAX);
	return got < 0 ? got : 0;
}

static int tour_xattrs(struct tour *t, const struct sqnode *n, struct str *out)
{
	char names[500];
	char value[500];
	ssize_t len = sqxattr_list(t->file, n, names, sizeof(names));

	if (len < 0)
		return (int)len;
	for (ssize_t at = 0; at < len; at += (ssize_t)strlen(names + at) + 1) {
		ssize_t got = sqxattr_get(t->file, n, names + at, value,
					  sizeof(value));

		if (got < 0)
			return (int)got;
		if (sqxattr_get(t->file, n, names + at, NULL, 0) != got)
			return -EINVAL;
		str_addf(out, "%s%s=%.*s", out->len ? " " : "", names + at,
			 (int)got, value);
	}
	return 0;
}

/* The first name of the node, if there was one. */
static const char *tour_first(struct tour *t, const struct sqnode *n,
			      const char *path)
{
	if (S_ISDIR(n->mode) || n->n_links < 2)
		return NULL;
	for (size_t i = 0; i < t->n; i++) {
		if (t->refs[i] == n->ref)
			return t->names[i];
	}
	t->refs = mem_grow(t->refs, &t->cap, t->n + 1, sizeof(*t->refs));
	t->names =
		mem_grow(t->names, &t->names_cap, t->n + 1, sizeof(*t->names));
	t->refs[t->n] = n->ref;
	t->names[t->n++] = xstrdup(path);
	return NULL;
}

static char tour_type(mode_t mode)
{
	return S_ISDIR(mode)    ? 'd'
	       : S_ISREG(mode)  ? 'f'
	       : S_ISLNK(mode)  ? 's'
	       : S_ISFIFO(mode) ? 'p'
	       : S_ISCHR(mode)  ? 'c'
	       : S_ISBLK(mode)  ? 'b'
				: '?';
}

static void tour_dir(struct tour *t, const struct sqnode *dir,
		     const char *path);

/* The lines for a node and all below it. */
static void tour_node(struct tour *t, uint64_t ref, const char *path)
{
	AUTO(str) struct str xattrs = { 0 };
	char target[200] = "";
	const char *first;
	struct sqnode n;
	uint64_t sum = 0;
	ssize_t error = sqnode_read(t->file, ref, &n);

	first = error ? NULL : tour_first(t, &n, path);
	if (!error)
		error = tour_xattrs(t, &n, &xattrs);
	if (!error && S_ISREG(n.mode) && !first)
		error = tour_sum(t, &n, &sum);
	if (!error && S_ISLNK(n.mode)) {
		error = sqdata_readlink(t->file, &n, target,
					sizeof(target) - 1);
		if (error > 0)
			error = 0;
	}
	if (error) {
		strlist_addf(t->out, "! %s: %s", path, tour_error((int)error));
		return;
	}
	struct entry x = {
		.mode = n.mode & 07777,
		.uid = n.uid,
		.gid = n.gid,
		.major = n.major,
		.minor = n.minor,
		.mtime.tv_sec = n.mtime_s,
		.size = S_ISREG(n.mode) ? n.size : 0,
	};

	strlist_give(t->out,
		     plant_line(first ? 'h' : tour_type(n.mode), path,
				first ? first : target, &x, sum, xattrs.p));
	if (S_ISDIR(n.mode))
		tour_dir(t, &n, path);
}

/* A name: it is found, too, and of that type. */
static int tour_name(void *ctx, const struct sqdir_entry *x)
{
	struct tour *t = ctx;
	autostr char *path =
		strcmp(t->path, ".") != 0
			? str_fmt("%s/%.*s", t->path, (int)x->len, x->name)
			: xstrndup(x->name, x->len);
	struct sqnode n;
	uint64_t ref;
	int error = sqdir_find(t->file, &t->dir, x->name, x->len, &ref);

	if (error || ref != x->ref)
		strlist_addf(t->out, "! %s: not found", path);
	if (!sqnode_read(t->file, x->ref, &n) &&
	    (IFTODT(n.mode) != x->type || n.number != x->number))
		strlist_addf(t->out, "! %s: another type or number", path);
	if (t->depth >= TOUR_DEPTH_MAX || t->out->n > TOUR_LINES_MAX)
		return 0;
	tour_node(t, x->ref, path);
	return 0;
}

static void tour_dir(struct tour *t, const struct sqnode *dir, const char *path)
{
	struct sqnode above = t->dir;
	const char *above_path = t->path;
	int error;

	t->dir = *dir;
	t->path = path;
	t->depth++;
	error = sqdir_list(t->file, dir, 0, tour_name, t);
	t->depth--;
	t->dir = above;
	t->path = above_path;
	if (error)
		strlist_addf(t->out, "! %s/: %s", path, tour_error(error));
}

/* All lines of the open image F. Not on the stack: threads have small ones. */
static void tour_open(struct sqfile *f, struct strlist *out)
{
	AUTO(tour) struct tour *t = xcalloc(1, sizeof(*t));

	t->file = f;
	t->out = out;
	tour_node(t, sqfile_header(f)->root, ".");
}

/* The same of the image in FD. */
__attribute__((unused)) static void tour_image(int fd, uint64_t at,
					       uint64_t size,
					       struct strlist *out)
{
	AUTO(sqfile) struct sqfile *f = NULL;
	struct err e = { 0 };

	if (sqfile_open(&f, fd, at, size, "image", &e))
		strlist_addf(out, "! %s", e.msg);
	else
		tour_open(f, out);
}

#endif
