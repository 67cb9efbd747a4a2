/* pull.c - an image from a registry to the store, or straight to a directory.
 * SPDX-License-Identifier: Apache-2.0
 *
 * With DEST a flattening thread reads the layers as they arrive (download.h),
 * so that the whole takes as long as its slowest part, in constant memory. The
 * directory gets its name only when every digest was right. The store is then
 * only read: what it has is not fetched again.
 */
#include "config.h"

#include "image/pull.h"

#include "base/intr.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/pool.h"
#include "format/json.h"
#include "image/blobs.h"
#include "image/carry.h"
#include "image/dest.h"
#include "image/download.h"
#include "image/flatten.h"
#include "image/host.h"
#include "image/imgoci.h"
#include "image/name.h"
#include "image/stores.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define DESCRIPTORS 4096

struct job {
	const struct pull_opts *o;
	struct ref ref;
	char *name;  /* normalised */
	char *shown; /* as people type it */
	struct platform want;
	struct stores stores;
	struct client *client;
	struct imgoci image;
	struct descriptor top; /* what the store shall name */
	struct dest dest;
	bool to_dest;
	struct download *download;
	struct pool *pool; /* the flattening thread */
	bool flat_failed;  /* it has failed, with this: */
	struct err flat;
};

static void job_clear(struct job *j)
{
	/* First free readers from waiting, then end them, then what they use.
	 */
	if (j->download)
		download_stop(j->download);
	if (j->pool)
		pool_free(j->pool);
	if (j->download)
		download_free(j->download);
	imgoci_clear(&j->image);
	descriptor_clear(&j->top);
	if (j->client)
		client_close(j->client);
	stores_close(&j->stores);
	dest_clear(&j->dest);
	ref_clear(&j->ref);
	free(j->name);
	free(j->shown);
}
AUTO_DEFINE(job, struct job, job_clear)

static bool in_store(const struct job *j, const struct descriptor *d)
{
	return j->stores.v[0].fd >= 0 &&
	       blobs_has(j->stores.v[0].fd, &d->digest, d->size);
}

/* The manifest D, from the store if it is there. */
static int get_manifest(struct job *j, const struct descriptor *d,
			struct str *text, struct err *e)
{
	struct digest got;
	struct err ignored = { 0 }; /* gone bad there: fetched again */

	if (in_store(j, d) &&
	    !blobs_read(j->stores.v[0].fd, &d->digest, d->size, JSON_BYTES_MAX,
			text, &ignored))
		return 0;
	str_clear(text);
	return client_manifest(j->client, d->digest.text, text, &got, e);
}

/* Go from what the tag names down to an image manifest. */
static int choose(struct job *j, struct str *text, struct digest *digest,
		  struct err *e)
{
	for (int depth = 0; depth <= IMGOCI_INDEX_DEPTH; depth++) {
		AUTO(index) struct index x = { 0 };
		const struct descriptor *d;

		switch (manifest_kind(text->p, text->len, e)) {
		case MEDIA_MANIFEST:
			return 0;
		case MEDIA_INDEX:
			break;
		case MEDIA_SCHEMA1:
			return err_set(e, ERR_UNSUPPORTED,
				       "it has only a Docker manifest of "
				       "schema 1, which is not read");
		default:
			return -1;
		}
		if (index_parse(text->p, text->len, &x, e))
			return -1;
		d = index_choose(&x, &j->want, e);
		if (!d)
			return -1;
		str_clear(text);
		*digest = d->digest;
		if (get_manifest(j, d, text, e))
			return -1;
	}
	return err_set(e, ERR_LIMIT, "indexes nested more than %d deep",
		       IMGOCI_INDEX_DEPTH);
}

/* An image that is not in an index says its platform itself. */
static int check_platform(struct job *j, struct err *e)
{
	struct platform *have = &j->image.config.platform;
	autostr char *there = platform_text(have);
	autostr char *want = platform_text(&j->want);

	if (!*have->arch || platform_score(&j->want, have) > 0)
		return 0;
	if (j->o->platform)
		return err_set(e, ERR_NOTFOUND, "no image for %s; there is %s",
			       want, there);
	log_warn("%s is for %s, this machine is %s", j->shown, there, want);
	return 0;
}

/* Keep a small document, unless the image goes to a directory only. */
static int keep(struct job *j, const struct digest *d, const struct str *text,
		struct err *e)
{
	return j->to_dest
		       ? 0
		       : blobs_put(j->stores.v[0].fd, d, text->p, text->len, e);
}

static int get_config(struct job *j, struct err *e)
{
	const struct descriptor *c = &j->image.manifest.config;
	AUTO(str) struct str text = { 0 };
	autofd int tmpdir = -1;
	struct download_opts o = { .stores = &j->stores, .keep = !j->to_dest };

	if (!j->to_dest) {
		tmpdir = store_dir(&j->stores.v[0], "tmp", e);
		if (tmpdir < 0)
			return -1;
	}
	o.tmp_fd = tmpdir;
	if (download_document(&o, j->client, c, &text, e))
		return err_ctx(e, "configuration");
	return imgoci_set_config(&j->image, &text, e);
}

static int find_image(struct job *j, struct err *e)
{
	AUTO(str) struct str text = { 0 };
	struct digest digest;

	if (client_manifest(j->client, ref_want(&j->ref), &text, &digest, e) ||
	    choose(j, &text, &digest, e) ||
	    manifest_parse(text.p, text.len, &j->image.manifest, e))
		return -1;
	j->image.digest = digest;
	j->image.size = text.len;
	if (get_config(j, e) || check_platform(j, e))
		return -1;
	j->top.digest = digest;
	j->top.size = text.len;
	j->top.platform = j->image.config.platform;
	j->top.media_type = xstrdup(j->image.manifest.media_type
					    ? j->image.manifest.media_type
					    : media_name(MEDIA_MANIFEST));
	return keep(j, &digest, &text, e);
}

/* Is the download still worth going on with? Content that can't be flattened
 * may be a download gone wrong: then the blob's digest tells the true cause, so
 * that is waited for. */
static int keep_going(void *ctx, struct err *e)
{
	struct job *j = ctx;

	if (intr_check(e))
		return -1;
	if (!j->pool || !pool_failed(j->pool))
		return 0;
	if (!j->flat_failed)
		j->flat_failed = pool_join(j->pool, &j->flat) != 0;
	if ((j->flat.kind == ERR_FORMAT || j->flat.kind == ERR_DIGEST) &&
	    !download_is_verified(j->download))
		return 0;
	*e = j->flat;
	return -1;
}

static int flatten_thread(void *arg, struct err *e)
{
	struct job *j = arg;
	AUTO(imgoci_layers) struct imgoci_layers layers = { 0 };

	imgoci_layers_new(&j->image, &layers);
	download_attach(j->download, &layers);
	return flatten(j->dest.parent, &j->dest, &j->image, j->name, &layers,
		       e);
}

/* Fetch, and flatten at the same time. When one fails the other is stopped. */
static int transfer(struct job *j, struct err *e)
{
	struct download_opts o = {
		.stores = &j->stores,
		.keep = !j->to_dest,
	};
	autofd int tmpdir = -1;
	int rc;

	if (!j->to_dest) {
		tmpdir = store_dir(&j->stores.v[0], "tmp", e);
		if (tmpdir < 0)
			return -1;
	}
	o.tmp_fd = j->to_dest ? j->dest.parent : tmpdir;
	j->download = download_new(&o, &j->image, e);
	if (!j->download)
		return -1;
	if (j->to_dest) {
		j->pool = pool_new();
		if (pool_start(j->pool, flatten_thread, j, e))
			return -1;
	}
	rc = download_run(j->download, j->client, j->o->parallel, keep_going, j,
			  e);
	if (j->pool && !j->flat_failed)
		j->flat_failed = pool_join(j->pool, &j->flat) != 0;
	if (!rc && j->flat_failed) {
		*e = j->flat;
		rc = -1;
	}
	if (rc && j->to_dest && j->stores.v[0].fd >= 0)
		imgoci_drop_bad(j->stores.v[0].fd, &j->image, e);
	return rc;
}

static int open_dest(struct job *j, const char *dest, struct err *e)
{
	struct err ignored = { 0 }; /* a store is a help here, no need */

	if (dest_open(&j->dest, dest, j->o->force, e))
		return -1;
	if (stores_open(&j->stores, j->o->store, NULL, false, &ignored))
		log_debug("%s", ignored.msg);
	return 0;
}

/* Each layer on its way takes two descriptors, and images of hundreds of layers
 * exist; the usual soft limit is 1024. Where it can't be raised we may still
 * have enough. */
static void raise_limit(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) || r.rlim_cur >= DESCRIPTORS ||
	    r.rlim_cur == r.rlim_max)
		return;
	r.rlim_cur = r.rlim_max < DESCRIPTORS ? r.rlim_max : DESCRIPTORS;
	if (setrlimit(RLIMIT_NOFILE, &r))
		log_debug("the limit of open files stays");
}

static int start(struct job *j, const char *text, const char *dest,
		 struct err *e)
{
	if (host_platform(j->o->platform, &j->want, e) ||
	    ref_parse(text, &j->ref, e))
		return -1;
	raise_limit();
	j->name = ref_name(&j->ref);
	j->shown = ref_short(&j->ref);
	j->to_dest = dest != NULL;
	if (dest ? open_dest(j, dest, e)
		 : stores_open(&j->stores, j->o->store, NULL, true, e))
		return -1;
	j->client = client_open(&j->ref, &j->o->client, e);
	return j->client ? 0 : -1;
}

static void tell(const struct job *j, const char *dest)
{
	const struct manifest *m = &j->image.manifest;
	autostr char *platform = platform_text(&j->image.config.platform);
	autostr char *size = NULL;
	uint64_t bytes = 0;

	for (size_t i = 0; i < m->n_layers; i++)
		bytes += m->layers[i].size;
	size = num_size_text(bytes);
	log_note("%s: %s, %zu layer%s, %s%s%s%s", j->shown, platform,
		 m->n_layers, m->n_layers == 1 ? "" : "s", size,
		 download_missing(j->download) ? "" : ", nothing to fetch",
		 dest ? ", unpacked to " : "", dest ? dest : "");
	log_info("%s is %s", j->name, j->image.digest.text);
}

/* What was carried here needs no registry. */
static int from_files(const char *text, const char *dest,
		      const struct pull_opts *o, struct err *e)
{
	struct carry_opts c = {
		.store = o->store,
		.platform = o->platform,
		.as_name = o->as_name,
		.force = o->force,
		.no_store = o->no_store,
	};

	return carry(text, dest, &c, e);
}

int pull(const char *ref, const char *dest, const struct pull_opts *o,
	 struct err *e)
{
	AUTO(job)
	struct job j = {
		.o = o,
		.stores.v = { STORE_INIT },
		.dest = DEST_INIT,
	};

	if (name_is_files(ref))
		return from_files(ref, dest, o, e);
	if (start(&j, ref, dest, e))
		return -1;
	if (find_image(&j, e) || transfer(&j, e))
		return err_ctx(e, "%s", j.shown);
	if (!dest && store_set(&j.stores.v[0], &j.ref, &j.top, e))
		return -1;
	tell(&j, dest);
	return 0;
}
