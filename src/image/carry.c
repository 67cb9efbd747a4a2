/* carry.c - ch-pull without a network.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "image/carry.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/str.h"
#include "image/dest.h"
#include "image/flatten.h"
#include "image/host.h"
#include "image/imgoci.h"
#include "image/imgsif.h"
#include "image/import.h"
#include "image/lease.h"
#include "image/name.h"
#include "image/store.h"

struct carried {
	const struct carry_opts *o;
	struct name from;
	struct platform want;
	struct store store;  /* in use unless fd is -1 */
	struct lease *lease; /* in its tmp/, or NULL */
	struct tmp layout;   /* in place of the store */
	int root;            /* of the two, borrowed */
	struct ref as;       /* the name that the user gave */
	struct import_list list;
	const char *dest; /* NULL: only to the store */
	struct name to;   /* that, taken apart */
};

static void carried_clear(struct carried *c)
{
	import_list_clear(&c->list);
	tmp_clear(&c->layout);
	if (c->lease)
		lease_free(c->lease);
	store_close(&c->store);
	ref_clear(&c->as);
	name_clear(&c->from);
	name_clear(&c->to);
}
AUTO_DEFINE(carried, struct carried, carried_clear)

/* How the image is called in messages. Caller frees. */
static char *shown(const struct carried *c, const struct imported *i)
{
	return i->ref.repo ? ref_short(&i->ref) : xstrdup(c->from.text);
}

/* How it is called in /ch/image and by programs. Caller frees. */
static char *full_name(const struct carried *c, const struct imported *i)
{
	return i->ref.repo ? ref_name(&i->ref) : xstrdup(c->from.text);
}

static int check_platform(const struct carried *c, const struct imported *i,
			  struct err *e)
{
	autostr char *name = shown(c, i);

	return host_suits(&c->want, &i->top.platform, c->o->platform != NULL,
			  name, e)
		       ? err_ctx(e, "%s", name)
		       : 0;
}

/* Several names of one image are fine. */
static bool is_one(const struct import_list *l)
{
	for (size_t i = 1; i < l->n; i++)
		if (!digest_eq(&l->v[0].top.digest, &l->v[i].top.digest))
			return false;
	return true;
}

/* A list of one with the name that the user gave. */
static void rename_one(struct carried *c)
{
	struct imported *v = c->list.v;

	for (size_t i = 1; i < c->list.n; i++) {
		ref_clear(&v[i].ref);
		descriptor_clear(&v[i].top);
	}
	c->list.n = 1;
	ref_clear(&v[0].ref);
	v[0].ref = c->as;
	c->as = (struct ref){ 0 };
}

/* Before anything is named: does everything have one name? */
static int check_names(struct carried *c, bool needed, struct err *e)
{
	if ((c->as.repo || !needed) && !is_one(&c->list))
		return err_set(e, ERR_USAGE,
			       "'%s' holds several images; choose one, as in "
			       "'docker-archive:%s:REF'",
			       c->from.text, c->from.path);
	if (c->as.repo)
		rename_one(c);
	for (size_t i = 0; i < c->list.n; i++)
		if (needed && !c->list.v[i].ref.repo)
			return err_set(e, ERR_USAGE,
				       "'%s' has an image without a name; give "
				       "it one with --name REF",
				       c->from.text);
	return 0;
}

/* So that gc leaves blobs alone meanwhile; without it the look in name_all
 * says what has happened. Nobody waits for us: others read other files. */
static void take_lease(struct carried *c)
{
	autostr char *name = str_fmt(LEASE_IMAGE "import-%d", (int)getpid());
	struct lease_view view = { 0 };
	struct err ignored = { 0 }; /* see above */
	autofd int tmpdir = store_dir(&c->store, "tmp", &ignored);

	if (tmpdir >= 0 &&
	    lease_try(tmpdir, name, &view, &c->lease, &ignored) != LEASE_OURS)
		log_debug("no lease for the import");
}

static int name_all(struct carried *c, struct err *e)
{
	for (size_t i = 0; i < c->list.n; i++) {
		const struct imported *im = &c->list.v[i];

		if (!im->ref.repo)
			continue;
		if (store_set(&c->store, &im->ref, &im->top, e))
			return -1;
		if (!store_has_image(&c->store, &im->top))
			return err_set(e, ERR_NOTFOUND,
				       "%s: somebody has removed its blobs "
				       "from store '%s' meanwhile; run it "
				       "again",
				       c->from.text, c->store.path);
	}
	return 0;
}

/* Unpacked to a directory, or, if it is a SIF file, as that. */
static int write_dest(struct carried *c, const struct imgoci *i, struct err *e)
{
	AUTO(imgoci_layers) struct imgoci_layers layers = { 0 };
	AUTO(dest) struct dest d = DEST_INIT;
	autostr char *name = full_name(c, &c->list.v[0]);
	bool is_sif = i->manifest.is_sif;

	if (!is_sif && dest_is_file(&c->to))
		return err_set(e, ERR_EXISTS,
			       "'%s' exists and is not a directory", c->dest);
	if ((is_sif ? dest_open_file(&d, &c->to, c->o->force, e)
		    : dest_open(&d, &c->to, c->o->force, e)) ||
	    imgoci_layers_open(c->root, i, false, &layers, e))
		return -1;
	if (!(is_sif ? imgsif_copy(&d, i, &layers, e)
		     : flatten_layers(d.parent, &d, i, name, &layers, e)))
		return 0;
	return imgoci_blame_store(c->root, NULL, i, e);
}

static int to_dest(struct carried *c, struct err *e)
{
	AUTO(imgoci) struct imgoci i = { 0 };

	if (imgoci_load(c->root, &c->list.v[0].top, &c->want, &i, e))
		return -1;
	return write_dest(c, &i, e) ? err_ctx(e, "%s", c->from.text) : 0;
}

/* Say early what can't be written. Whether a file that is there may be replaced
 * depends on what the image is. */
static int check_dest(const struct carried *c, struct dest *d, struct err *e)
{
	if (dest_is_file(&c->to))
		return dest_open_file(d, &c->to, c->o->force, e);
	return dest_open(d, &c->to, c->o->force, e);
}

/* Where the blobs go: the store, or a layout beside DEST. */
static int open_root(struct carried *c, struct err *e)
{
	AUTO(dest) struct dest d = DEST_INIT;

	if (c->dest && check_dest(c, &d, e))
		return -1;
	if (c->dest && c->o->no_store) {
		if (tmp_dir(&c->layout, d.parent, e))
			return -1;
		c->root = c->layout.fd;
		return 0;
	}
	if (store_open_write(&c->store, c->o->store, e))
		return -1;
	take_lease(c);
	c->root = c->store.fd;
	return 0;
}

static int tell(const struct carried *c, const struct imported *im,
		struct err *e)
{
	AUTO(imgoci) struct imgoci i = { 0 };
	autostr char *platform = platform_text(&im->top.platform);
	autostr char *name = full_name(c, im);
	autostr char *as_typed = shown(c, im);
	struct progress_result r = {
		.name = name,
		.shown = as_typed,
		.platform = *im->top.platform.os ? platform : NULL,
		.digest = &im->top.digest,
		.dest = c->dest,
		.fetched = im->fetched,
	};

	if (imgoci_load(c->root, &im->top, &c->want, &i, e))
		return -1;
	r.layers = i.manifest.n_layers;
	for (size_t k = 0; k < r.layers; k++)
		r.bytes += i.manifest.layers[k].size;
	r.from_store = r.bytes - r.fetched;
	r.is_sif = i.manifest.is_sif;
	progress_end(c->o->progress, &r);
	return 0;
}

/* What has no layers is not pulled but converted. */
static int refuse_flat(const struct name *from, struct err *e)
{
	if (from->kind == NAME_DIR)
		return err_set(e, ERR_UNSUPPORTED, "'%s' is unpacked already",
			       from->text);
	if (from->kind == NAME_SQUASH || from->kind == NAME_SIF ||
	    (from->kind == NAME_TAR && !from->may_hold))
		return err_set(e, ERR_UNSUPPORTED,
			       "'%s' has no layers; put it into the store with "
			       "'ch-convert %s store:NAME'",
			       from->text, from->text);
	return 0;
}

int carry(const char *text, const char *dest, const struct carry_opts *o,
	  struct err *e)
{
	AUTO(carried)
	struct carried c = {
		.o = o,
		.store = STORE_INIT,
		.layout = TMP_INIT,
		.root = -1,
		.dest = dest,
	};
	struct import_list *l = &c.list;

	if (o->no_store && !dest)
		return err_set(e, ERR_USAGE,
			       "--no-store needs a DEST to unpack to");
	host_raise_files();
	if (host_platform(o->platform, &c.want, e) ||
	    name_parse_in(text, &c.from, e) ||
	    (dest && name_parse_out(dest, &c.to, e)) ||
	    (o->as_name && ref_parse(o->as_name, &c.as, e)))
		return -1;
	if (refuse_flat(&c.from, e) || open_root(&c, e) ||
	    import_images(&c.from, &c.want, c.root, o->progress, l, e) ||
	    check_names(&c, !dest, e))
		return -1;
	for (size_t i = 0; i < l->n; i++)
		if (check_platform(&c, &l->v[i], e))
			return -1;
	if ((dest && to_dest(&c, e)) || (c.store.fd >= 0 && name_all(&c, e)))
		return -1;
	for (size_t i = 0; i < (dest ? 1 : l->n); i++)
		if (tell(&c, &l->v[i], e))
			return -1;
	return 0;
}
