/* imglayout.c - kinds: an OCI image layout in a directory, and the store.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "image/imglayout.h"

#include "base/io.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/umask.h"
#include "format/ocilayout.h"
#include "image/carrier.h"
#include "image/layout.h"
#include "image/layoutindex.h"
#include "image/lease.h"
#include "image/newlayer.h"
#include "image/store.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

char *imglayout_tag(const struct target *t, const struct source *s)
{
	if (t->name.tag)
		return xstrdup(t->name.tag);
	if (s->tag)
		return xstrdup(s->tag);
	return xstrdup(s->ref.tag ? s->ref.tag : "latest");
}

/* S's blobs to ROOT; TOP is its manifest. */
static int put_blobs(int root, struct target *t, struct source *s,
		     struct descriptor *top, struct err *e)
{
	const struct carrier c = {
		.root = root,
		.watch = t->watch,
		.shown = t->name.text,
		.is_ours = s->is_ours,
	};
	AUTO(imgoci) struct imgoci made = { 0 };
	const struct imgoci *i = &s->image;
	bool is_layered = s->root >= 0 && !s->sif;
	uint64_t fetched;

	if (is_layered && carrier_take(&c, s->root, i, &fetched, e))
		return -1;
	if (!is_layered) {
		if (newlayer_make(root, t, s, &made, e))
			return -1;
		i = &made;
	}
	imgoci_describe(i, top);
	return 0;
}

/* Something else than what is written there. */
static int refuse(const struct name *n, struct err *e)
{
	return err_set(e, ERR_EXISTS, "'%s' exists and is not an OCI layout",
		       n->path);
}

static int open_new(struct dest *d, const struct name *n, struct err *e)
{
	if (!dest_open(d, n, false, e))
		return 0;
	return e->kind == ERR_EXISTS ? refuse(n, e) : -1;
}

/* Trees, or the one that is in use: there names are references in full, and gc
 * has to know of who writes. */
static bool is_store(int root, const char *store)
{
	autostr char *path = store_path(store);
	struct stat st, own;

	if (!fstatat(root, "trees", &st, AT_SYMLINK_NOFOLLOW) &&
	    S_ISDIR(st.st_mode))
		return true;
	return !fstat(root, &st) && !stat(path, &own) &&
	       st.st_dev == own.st_dev && st.st_ino == own.st_ino;
}

/* *OUT is the layout that is there, or -1. */
static int open_old(const struct name *n, const char *store, int *out,
		    struct err *e)
{
	AUTO(str) struct str text = { 0 };
	struct err none = { 0 };
	const char *path = n->path;
	autofd int root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	*out = -1;
	if (root < 0 || io_read_file(root, "oci-layout", 4096, &text, &none))
		return 0;
	if (ocilayout_check(text.p, text.len, e))
		return err_ctx(e, "'%s'", path);
	if (is_store(root, store))
		return err_set(e, ERR_UNSUPPORTED,
			       "'%s' is a store; write to it as 'store:NAME'",
			       path);
	*out = TAKE_FD(root);
	return 0;
}

int imglayout_check(const struct name *n, const char *store, struct err *e)
{
	AUTO(dest) struct dest d = DEST_INIT;
	autofd int root = -1;

	if (open_old(n, store, &root, e))
		return -1;
	return root < 0 ? open_new(&d, n, e) : 0;
}

/* Where what is unfinished is in the layout ROOT, without what killed processes
 * left there. */
static int swept_tmpdir(int root, const char *path, struct err *e)
{
	int tmpdir = layout_tmpdir(root, e);

	if (tmpdir < 0)
		return err_ctx(e, "'%s'", path);
	tmp_sweep(tmpdir);
	return tmpdir;
}

int imglayout_tmpdir(const struct target *t, struct err *e)
{
	AUTO(dest) struct dest d = DEST_INIT;
	autofd int root = -1;

	if (open_old(&t->name, t->store, &root, e))
		return -1;
	if (root < 0)
		return open_new(&d, &t->name, e) ? -1 : TAKE_FD(d.parent);
	return swept_tmpdir(root, t->name.path, e);
}

static int put_text(int root, const char *name, const char *text, struct err *e)
{
	return layout_put(root, name, text, strlen(text), e);
}

/* The new layout ROOT, which nobody else sees yet, gets S. */
static int fill(int root, struct target *t, struct source *s, struct err *e)
{
	AUTO(descriptor) struct descriptor top = { 0 };
	autostr char *tag = imglayout_tag(t, s);
	autostr char *text = NULL;

	if (put_blobs(root, t, s, &top, e))
		return -1;
	text = ocilayout_set(NULL, 0, tag, &top, e);
	if (!text || put_text(root, "oci-layout", ocilayout_text(), e))
		return -1;
	return put_text(root, "index.json", text, e);
}

static int write_new(struct target *t, struct source *s, struct err *e)
{
	AUTO(dest) struct dest d = DEST_INIT;
	AUTO(tmp) struct tmp dir = TMP_INIT;

	if (open_new(&d, &t->name, e) || tmp_dir(&dir, d.parent, e))
		return -1;
	if (fchmod(dir.fd, 0777 & ~umask_read()))
		return err_sys(e, "can't set the mode of '%s'", d.shown);
	return fill(dir.fd, t, s, e) ? -1 : dest_publish(&d, &dir, e);
}

int imglayout_write(struct target *t, struct source *s, struct err *e)
{
	AUTO(descriptor) struct descriptor top = { 0 };
	autostr char *tag = imglayout_tag(t, s);
	autofd int root = -1, tmpdir = -1;

	if (open_old(&t->name, t->store, &root, e))
		return -1;
	if (root < 0)
		return write_new(t, s, e);
	tmpdir = swept_tmpdir(root, t->name.path, e);
	if (tmpdir < 0 || put_blobs(root, t, s, &top, e))
		return -1;
	return layoutindex_set(root, tag, &top, e)
		       ? err_ctx(e, "'%s'", t->name.path)
		       : 0;
}

/* So that gc leaves blobs alone meanwhile; without it the look after naming
 * says what has happened. */
static struct lease *take_lease(const struct store *s)
{
	autostr char *name = str_fmt(LEASE_IMAGE "convert-%d", (int)getpid());
	struct lease_view view = { 0 };
	struct err ignored = { 0 }; /* see above */
	struct lease *l = NULL;
	autofd int tmpdir = store_dir(s, "tmp", &ignored);

	if (tmpdir >= 0 &&
	    lease_try(tmpdir, name, &view, &l, &ignored) != LEASE_OURS)
		log_debug("no lease for the new image");
	return l;
}

static int put_in_store(const struct store *store, struct target *t,
			struct source *s, struct err *e)
{
	AUTO(descriptor) struct descriptor top = { 0 };

	if (put_blobs(store->fd, t, s, &top, e) ||
	    store_set(store, &t->name.ref, &top, e))
		return -1;
	if (store_has_image(store, &top))
		return 0;
	return err_set(e, ERR_NOTFOUND,
		       "somebody has removed its blobs from store '%s' "
		       "meanwhile; run it again",
		       store->path);
}

int imglayout_store(struct target *t, struct source *s, struct err *e)
{
	AUTO(store) struct store store = STORE_INIT;
	struct lease *l;
	int rc;

	if (store_open_write(&store, t->store, e))
		return -1;
	l = take_lease(&store);
	rc = put_in_store(&store, t, s, e);
	if (l)
		lease_free(l);
	return rc;
}
