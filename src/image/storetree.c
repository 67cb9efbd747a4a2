/* storetree.c - an image with layers, unpacked in the store.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "image/storetree.h"

#include "base/log.h"
#include "base/pool.h"
#include "base/str.h"
#include "image/flatten.h"
#include "image/lease.h"
#include "image/stores.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#define BEAT_MS 1000

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

static int unpack(struct source *s, int tmpdir, const struct dest *d,
		  struct err *e)
{
	const struct flatten f = {
		.stack = &s->stack,
		.name = s->shown,
		.manifest = s->image.digest.text,
		.config = &s->config,
		.config_text = &s->config_text,
	};

	if (!flatten(tmpdir, d, &f, e))
		return 0;
	return s->blame ? s->blame(s->ctx, e) : -1;
}

/* Whoever comes second waits and finds it. */
static int unpack_once(struct source *s, const struct store *store,
		       struct err *e)
{
	const struct digest *digest = &s->image.digest;
	AUTO(dest) struct dest d = DEST_INIT;
	AUTO(lease) struct lease *l = NULL;
	struct tree tree = { store, digest };
	struct beater beater;
	int rc;
	autostr char *where = str_fmt("trees/%s", digest_algo(digest));
	autostr char *name =
		str_fmt("tree.%s.%s", digest_algo(digest), digest_hex(digest));
	autofd int tmpdir = store_dir(store, "tmp", e);

	dest_keep(&d, tmpdir < 0 ? -1 : store_dir(store, where, e),
		  digest_hex(digest));
	if (d.parent < 0)
		return -1;
	if (lease_wait(tmpdir, name, is_there, &tree, &l, e))
		return -1;
	if (!l || is_there(&tree))
		return 0;
	beater_start(&beater, l);
	rc = unpack(s, tmpdir, &d, e);
	beater_stop(&beater);
	return rc ? err_ctx(e, "%s", s->shown) : 0;
}

char *storetree_make(struct source *s, const char *store, const char *readonly,
		     struct err *e)
{
	AUTO(stores) struct stores stores = { .n = 0 };
	AUTO(store) struct store own = STORE_INIT;
	char *path;

	if (s->image.manifest.is_sif) {
		flatten_refuse_sif(s->shown, e);
		err_ctx(e, "%s", s->shown);
		return NULL;
	}
	if (stores_open(&stores, store, readonly, false, e))
		return NULL;
	path = stores_tree(&stores, &s->image.digest);
	if (path)
		return path;
	if (store_open_write(&own, store, e) || unpack_once(s, &own, e))
		return NULL;
	path = store_tree(&own, &s->image.digest);
	if (!path)
		err_set(e, ERR_NOTFOUND, "the tree of %s was removed meanwhile",
			s->shown);
	return path;
}
