/* f_sqfile.c - fuzz: squashfs images that are read at random.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "squash/sqdata.h"
#include "squash/sqdir.h"
#include "squash/sqxattr.h"

#include <string.h>
#include <sys/mman.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t size);

#define NODES_MAX 300       /* that are looked at: some are in themselves */
#define BYTES_MAX (1 << 20) /* of each file; holes are cheap */

/* A walk without memory: directories are in a list that is short. */
struct walk {
	struct sqfile *file;
	struct sqnode dir;
	uint64_t dirs[NODES_MAX];
	size_t n_dirs, n_nodes;
	char buf[70000];
};

/* What was found first is said again, in the caller's bytes only. */
static void content(struct walk *w, const struct sqnode *n)
{
	uint64_t at = 0;
	ssize_t got;

	do {
		got = sqdata_read(w->file, n, at, w->buf, sizeof(w->buf));
		if (got > (ssize_t)sizeof(w->buf))
			__builtin_trap();
		at += got > 0 ? (uint64_t)got : 0;
	} while (got > 0 && at < BYTES_MAX);
	if (n->size > BYTES_MAX &&
	    sqdata_read(w->file, n, n->size - 10, w->buf, 20) > 10)
		__builtin_trap();
}

static void attributes(struct walk *w, const struct sqnode *n)
{
	char names[4096];
	ssize_t len = sqxattr_list(w->file, n, names, sizeof(names));

	for (ssize_t at = 0; at < len; at += (ssize_t)strlen(names + at) + 1) {
		if (sqxattr_get(w->file, n, names + at, w->buf,
				sizeof(w->buf)) > (ssize_t)sizeof(w->buf))
			__builtin_trap();
	}
}

static int visit(void *ctx, const struct sqdir_entry *x)
{
	struct walk *w = ctx;
	struct sqnode n;
	uint64_t ref;

	if (!x->len || x->len > SQDIR_NAME_MAX || memchr(x->name, '/', x->len))
		__builtin_trap();
	if (w->n_nodes++ >= NODES_MAX)
		return 1;
	if (sqdir_find(w->file, &w->dir, x->name, x->len, &ref) == -ENOTDIR)
		__builtin_trap();
	if (sqnode_read(w->file, x->ref, &n))
		return 0;
	attributes(w, &n);
	content(w, &n);
	if (sqdata_readlink(w->file, &n, w->buf, sizeof(w->buf)) >
	    SQNODE_LINK_MAX)
		__builtin_trap();
	if (w->n_dirs < NODES_MAX)
		w->dirs[w->n_dirs++] = x->ref;
	return 0;
}

static void all(struct sqfile *f)
{
	static struct walk w;

	w.file = f;
	w.n_dirs = w.n_nodes = 0;
	w.dirs[w.n_dirs++] = sqfile_header(f)->root;
	while (w.n_dirs && w.n_nodes < NODES_MAX) {
		uint64_t ref = w.dirs[--w.n_dirs];

		if (!sqnode_read(f, ref, &w.dir) &&
		    sqdir_list(f, &w.dir, 0, visit, &w) > 1)
			__builtin_trap();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t size)
{
	int fd = memfd_create("image", MFD_CLOEXEC);
	struct sqfile *f = NULL;
	struct err e = { 0 };

	if (fd >= 0 && write(fd, p, size) == (ssize_t)size &&
	    !sqfile_open(&f, fd, 0, size, "image", &e))
		all(f);
	sqfile_close(f);
	close(fd);
	return 0;
}
