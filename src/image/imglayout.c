/* imglayout.c - kinds: an OCI image layout in a directory, and the store.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "image/imglayout.h"

#include "base/dir.h"
#include "base/io.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/umask.h"
#include "format/json.h"
#include "format/ocilayout.h"
#include "image/carrier.h"
#include "image/layout.h"
#include "image/lease.h"
#include "image/newlayer.h"
#include "image/store.h"

#include <errno.h>
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
		.is_ours = s->is_ours,
	};
	AUTO(imgoci) struct imgoci made = { 0 };
	const struct imgoci *i = &s->image;
	bool is_layered = s->root >= 0 && !s->sif;
	const char *type;
	uint64_t fetched;

	if (is_layered && carrier_take(&c, s->root, i, &fetched, e))
		return -1;
	if (!is_layered) {
		if (newlayer_make(root, t, s, &made, e))
			return -1;
		i = &made;
	}
	type = i->manifest.media_type;
	*top = (struct descriptor){
		.media = MEDIA_MANIFEST,
		.media_type = xstrdup(type ? type : media_name(MEDIA_MANIFEST)),
		.digest = i->digest,
		.size = i->size,
		.platform = i->config.platform,
	};
	return 0;
}

static int put_text(int root, const char *name, const char *text, struct err *e)
{
	AUTO(tmp) struct tmp t = TMP_INIT;

	if (tmp_file(&t, root, e) ||
	    io_write(t.fd, text, strlen(text), name, e))
		return -1;
	if (fchmod(t.fd, layout_file_mode(root)))
		return err_sys(e, "can't set the mode of '%s'", name);
	return tmp_publish(&t, root, name, TMP_REPLACE, e);
}

/* The layout ROOT, whose index is INDEX (NULL: it is new), gets S. */
static int fill(int root, const struct str *index, struct target *t,
		struct source *s, struct err *e)
{
	AUTO(descriptor) struct descriptor top = { 0 };
	autostr char *tag = imglayout_tag(t, s);
	autostr char *text = NULL;
	int rc = put_blobs(root, t, s, &top, e);

	if (!rc) {
		text = ocilayout_set(index ? index->p : NULL,
				     index ? index->len : 0, tag, &top, e);
		rc = text ? 0 : -1;
	}
	if (!rc && !index)
		rc = put_text(root, "oci-layout", ocilayout_text(), e);
	if (!rc)
		rc = put_text(root, "index.json", text, e);
	/* Ours, and of no use to anybody else. Others may be writing, too. */
	if (unlinkat(root, "tmp", AT_REMOVEDIR) && errno != ENOENT)
		log_debug("'tmp' stays in the layout");
	return rc;
}

static int fill_new(struct target *t, struct source *s, struct err *e)
{
	AUTO(dest) struct dest d = DEST_INIT;
	AUTO(tmp) struct tmp dir = TMP_INIT;

	if (dest_open(&d, &t->name, false, e) || tmp_dir(&dir, d.parent, e))
		return -1;
	if (fchmod(dir.fd, 0777 & ~umask_read()))
		return err_sys(e, "can't set the mode of '%s'", d.shown);
	if (fill(dir.fd, NULL, t, s, e))
		return -1;
	return dest_publish(&d, &dir, e);
}

int imglayout_write(struct target *t, struct source *s, struct err *e)
{
	AUTO(str) struct str layout = { 0 };
	AUTO(str) struct str index = { 0 };
	struct err none = { 0 };
	autofd int root =
		open(t->name.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (root < 0)
		return fill_new(t, s, e);
	if (io_read_file(root, "oci-layout", 4096, &layout, &none))
		return fill_new(t, s, e); /* which refuses what is not empty */
	if (ocilayout_check(layout.p, layout.len, e) ||
	    io_read_file(root, "index.json", JSON_BYTES_MAX, &index, e))
		return err_ctx(e, "'%s'", t->name.path);
	return fill(root, &index, t, s, e);
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
