/* convert.c - any readable kind of image to any writable kind.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "image/convert.h"

#include "base/dir.h"
#include "base/io.h"
#include "base/log.h"
#include "base/pool.h"
#include "base/str.h"
#include "format/json.h"
#include "format/ocilayout.h"
#include "image/dest.h"
#include "image/flatten.h"
#include "image/host.h"
#include "image/imgoci.h"
#include "image/label.h"
#include "image/lease.h"
#include "image/name.h"
#include "image/stores.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>

#define BEAT_MS 1000

/* An input that is open: the layout it is in and what to take from there. */
struct input {
	struct stores stores;
	int root;              /* the layout's directory */
	bool is_store;         /* blobs were verified before */
	bool is_ours;          /* and those that have gone bad can go */
	struct descriptor top; /* manifest or index */
	char *shown;           /* for messages and /ch/image */
};

static void input_clear(struct input *i)
{
	if (i->root >= 0)
		close(i->root);
	stores_close(&i->stores);
	descriptor_clear(&i->top);
	free(i->shown);
}
AUTO_DEFINE(input, struct input, input_clear)

static int open_layout(struct input *in, const struct name *n,
		       const struct platform *want, struct err *e)
{
	AUTO(str) struct str layout = { 0 };
	AUTO(str) struct str index = { 0 };

	in->root = dir_open(n->path, e);
	if (in->root < 0)
		return -1;
	if (io_read_file(in->root, "oci-layout", 4096, &layout, e) ||
	    ocilayout_check(layout.p, layout.len, e) ||
	    io_read_file(in->root, "index.json", JSON_BYTES_MAX, &index, e) ||
	    label_find(&index, n->tag, want, &in->top, e))
		return err_ctx(e, "'%s'", n->path);
	in->shown = str_fmt("oci:%s%s%s", n->path, n->tag ? ":" : "",
			    n->tag ? n->tag : "");
	return 0;
}

/* None for WANT: how to get it. */
static int advise(const struct name *n, const struct convert_opts *o,
		  struct err *e)
{
	autostr char *shown = ref_short(&n->ref);

	if (!o->platform)
		return err_hint(e, "get it with 'ch-pull %s'", shown);
	return err_hint(e, "get it with 'ch-pull --arch=%s %s'", o->platform,
			shown);
}

static int open_store(struct input *in, struct name *n,
		      const struct convert_opts *o, const struct platform *want,
		      struct err *e)
{
	const struct store *s;

	if (stores_open(&in->stores, o->store, o->readonly, false, e))
		return -1;
	if (stores_find(&in->stores, &n->ref, want, &in->top, &s, e)) {
		if (e->kind == ERR_NOTFOUND && n->maybe_path)
			return 1;
		if (e->kind == ERR_NOTFOUND || e->kind == ERR_UNSUPPORTED)
			return advise(n, o, e);
		return -1;
	}
	in->root = dir_open(s->path, e);
	if (in->root < 0)
		return -1;
	in->is_store = true;
	in->is_ours = s == &in->stores.v[0];
	in->shown = ref_name(&n->ref);
	return 0;
}

static int open_input(struct input *in, const char *text,
		      const struct convert_opts *o, const struct platform *want,
		      struct err *e)
{
	AUTO(name) struct name n = { 0 };
	int rc;

	if (name_parse_in(text, &n, e))
		return -1;
	if (n.kind == NAME_STORE) {
		rc = open_store(in, &n, o, want, e);
		if (rc <= 0)
			return rc;
		*e = (struct err){ 0 }; /* that the store lacks it */
		if (name_as_path(&n, e))
			return -1;
	}
	if (name_refuse_file(&n, e))
		return -1;
	if (n.kind == NAME_OCI)
		return open_layout(in, &n, want, e);
	if (n.kind == NAME_REGISTRY)
		return err_set(e, ERR_UNSUPPORTED,
			       "'%s' is in a registry; use ch-pull", text);
	return err_set(e, ERR_UNSUPPORTED, "'%s' is unpacked already", text);
}

static int to_dest(struct input *in, const struct imgoci *img, int tmpdir,
		   const struct dest *d, struct err *e)
{
	AUTO(imgoci_layers) struct imgoci_layers layers = { 0 };

	if (imgoci_layers_open(in->root, img, !in->is_store, &layers, e))
		return err_ctx(e, "%s", in->shown);
	if (flatten_layers(tmpdir, d, img, in->shown, &layers, e)) {
		if (in->is_ours)
			imgoci_drop_bad(in->root, img, e);
		else
			imgoci_layers_blame(img, &layers, e);
		return err_ctx(e, "%s", in->shown);
	}
	return 0;
}

struct tree {
	const struct store *store;
	const struct digest *digest;
};

static bool is_there(void *ctx)
{
	const struct tree *t = ctx;
	autostr char *path = store_tree(t->store, t->digest);

	return path != NULL;
}

/* A thread that says once a second that we live, since on another host nobody
 * can see our process. Without it they only do the same work. */
struct beater {
	struct lease *lease;
	struct pool *pool;
	int stop[2]; /* a pipe: its end is the thread's */
};

static int beat(void *arg, struct err *e)
{
	struct beater *b = arg;
	struct pollfd end = { .fd = b->stop[0], .events = POLLIN };

	(void)e; /* there is none */
	while (!poll(&end, 1, BEAT_MS))
		lease_beat(b->lease, 0, 0);
	return 0;
}

static void beater_start(struct beater *b, struct lease *l)
{
	struct err ignored = { 0 }; /* see above */

	*b = (struct beater){ .lease = l, .pool = pool_new() };
	if (pipe2(b->stop, O_CLOEXEC))
		b->stop[0] = b->stop[1] = -1;
	else if (pool_start(b->pool, beat, b, &ignored))
		log_debug("%s", ignored.msg);
}

static void beater_stop(struct beater *b)
{
	if (b->stop[1] >= 0)
		close(b->stop[1]);
	pool_free(b->pool);
	if (b->stop[0] >= 0)
		close(b->stop[0]);
}

/* Flatten in the store, once: whoever comes second waits and finds it. */
static int flatten_once(struct input *in, const struct imgoci *img,
			const struct store *s, struct err *e)
{
	AUTO(dest) struct dest d = DEST_INIT;
	AUTO(lease) struct lease *l = NULL;
	struct tree tree = { s, &img->digest };
	struct beater beater;
	int rc;
	autostr char *where = str_fmt("trees/%s", digest_algo(&img->digest));
	autostr char *name = str_fmt("tree.%s.%s", digest_algo(&img->digest),
				     digest_hex(&img->digest));
	autofd int tmpdir = store_dir(s, "tmp", e);

	dest_keep(&d, tmpdir < 0 ? -1 : store_dir(s, where, e),
		  digest_hex(&img->digest));
	if (d.parent < 0)
		return -1;
	if (lease_wait(tmpdir, name, is_there, &tree, &l, e))
		return -1;
	if (!l || is_there(&tree))
		return 0;
	beater_start(&beater, l);
	rc = to_dest(in, img, tmpdir, &d, e);
	beater_stop(&beater);
	return rc;
}

static int to_store(struct input *in, const struct imgoci *img,
		    const struct convert_opts *o, char **path, struct err *e)
{
	AUTO(store) struct store s = STORE_INIT;

	*path = stores_tree(&in->stores, &img->digest);
	if (*path)
		return 0;
	if (store_open_write(&s, o->store, e) || flatten_once(in, img, &s, e))
		return -1;
	*path = store_tree(&s, &img->digest);
	if (!*path)
		return err_set(e, ERR_NOTFOUND,
			       "the tree of %s was removed meanwhile",
			       in->shown);
	return 0;
}

static int to_path(struct input *in, const struct imgoci *img, const char *out,
		   const struct convert_opts *o, char **path, struct err *e)
{
	AUTO(dest) struct dest d = DEST_INIT;
	AUTO(name) struct name n = { 0 };

	if (name_parse_out(out, &n, e) || dest_open(&d, &n, o->force, e) ||
	    to_dest(in, img, d.parent, &d, e))
		return -1;
	*path = str_fmt("%s", out);
	return 0;
}

/* An image that is not in an index says its platform itself. */
static int check_platform(const struct input *in, const struct imgoci *img,
			  const struct convert_opts *o,
			  const struct platform *want, struct err *e)
{
	const struct platform *have = &img->config.platform;
	autostr char *there = platform_text(have);
	autostr char *wanted = platform_text(want);

	/* Configurations often leave out what the index says: the variant. */
	if (*in->top.platform.os || !*have->arch ||
	    platform_score(want, have) > 0)
		return 0;
	if (o->platform)
		return err_set(e, ERR_NOTFOUND,
			       "%s: no image for %s; there is %s", in->shown,
			       wanted, there);
	log_warn("%s is for %s, this machine is %s", in->shown, there, wanted);
	return 0;
}

int convert(const char *in, const char *out, const struct convert_opts *o,
	    char **path, struct err *e)
{
	AUTO(input) struct input input = { .root = -1 };
	AUTO(imgoci) struct imgoci img = { 0 };
	struct platform want;

	*path = NULL;
	host_raise_files();
	if (host_platform(o->platform, &want, e) ||
	    open_input(&input, in, o, &want, e))
		return -1;
	if (imgoci_load(input.root, &input.top, &want, &img, e))
		return err_ctx(e, "%s", input.shown);
	if (check_platform(&input, &img, o, &want, e))
		return -1;
	return out ? to_path(&input, &img, out, o, path, e)
		   : to_store(&input, &img, o, path, e);
}
