/* pull.c - an image from a registry to the store and to a directory.
 * SPDX-License-Identifier: Apache-2.0
 *
 *	in the store and unchanged?  one request; done, or unpacked from there
 *	else                         one process works (lease.h), others wait
 *	                             and then look into the store again
 *
 * With DEST another thread reads the layers as they arrive (download.h), so
 * that the whole takes as long as its slowest part, in constant memory. The
 * directory gets its name only when every digest was right.
 */
#include "config.h"

#include "image/pull.h"

#include "base/log.h"
#include "base/mem.h"
#include "image/carry.h"
#include "image/dest.h"
#include "image/host.h"
#include "image/name.h"
#include "image/resolve.h"
#include "image/stores.h"
#include "image/transfer.h"
#include "image/turn.h"

#include <stdlib.h>
#include <string.h>

/* How often all is looked at again when what we have just named is incomplete:
 * somebody collects garbage at the same time. */
#define ROUNDS 3

struct job {
	const struct pull_opts *o;
	struct ref ref;
	char *name;  /* normalised */
	char *shown; /* as people type it */
	struct platform want;
	struct stores stores;
	int tmp; /* the own store's tmp/, if it is written to */
	struct client *client;
	struct progress *progress; /* the caller's */
	struct lease *lease;
	struct dest dest;
	bool dest_is_file;     /* it is for a SIF */
	const char *dest_text; /* NULL: to the store only */
	struct name to;        /* that, taken apart */
};

/* What a pull has found or made. */
struct result {
	struct imgoci image;
	struct descriptor top;
	uint64_t missing;
	uint64_t fetched;
	bool unchanged;
};

static void result_clear(struct result *r)
{
	imgoci_clear(&r->image);
	descriptor_clear(&r->top);
	*r = (struct result){ 0 };
}
AUTO_DEFINE(result, struct result, result_clear)

static void job_clear(struct job *j)
{
	if (j->lease)
		lease_free(j->lease);
	client_close(j->client);
	if (j->tmp >= 0)
		close(j->tmp);
	stores_close(&j->stores);
	dest_clear(&j->dest);
	name_clear(&j->to);
	ref_clear(&j->ref);
	free(j->name);
	free(j->shown);
}
AUTO_DEFINE(job, struct job, job_clear)
#define JOB_INIT(opts)                                    \
	{                                                 \
		.o = (opts), .tmp = -1, .dest = DEST_INIT \
	}

static int open_dest(struct job *j, bool is_file, struct err *e)
{
	dest_clear(&j->dest);
	j->dest_is_file = is_file;
	if (is_file)
		return dest_open_file(&j->dest, &j->to, j->o->force, e);
	return dest_open(&j->dest, &j->to, j->o->force, e);
}

static int open_places(struct job *j, const char *dest, struct err *e)
{
	const struct pull_opts *o = j->o;
	bool write = !o->offline && !(dest && o->no_store);

	j->dest_text = dest;
	if (dest && (name_parse_out(dest, &j->to, e) ||
		     open_dest(j, dest_is_file(&j->to), e)))
		return -1;
	if (stores_open(&j->stores, o->store, o->readonly, write, e))
		return write && dest && e->kind != ERR_USAGE
			       ? err_hint(e, "--no-store does without it")
			       : -1;
	if (!write)
		return 0;
	j->tmp = store_dir(&j->stores.v[0], "tmp", e);
	return j->tmp < 0 ? -1 : 0;
}

static int start(struct job *j, const char *text, const char *dest,
		 struct err *e)
{
	const struct pull_opts *o = j->o;

	if (host_platform(o->platform, &j->want, e) ||
	    ref_parse(text, &j->ref, e))
		return -1;
	host_raise_files();
	j->name = ref_name(&j->ref);
	j->shown = ref_short(&j->ref);
	if (!o->offline)
		j->client = client_open(&j->ref, &o->client, e);
	if (!o->offline && !j->client)
		return -1;
	return open_places(j, dest, e);
}

/* Is what the store has under the name what the registry has now? A digest
 * asks for nothing; a tag costs one request. */
static int is_fresh(struct job *j, const struct descriptor *top, bool *fresh,
		    struct err *e)
{
	struct digest now = j->ref.digest;

	*fresh = true;
	if (j->o->offline)
		return 0;
	if (!*now.text && client_digest(j->client, ref_want(&j->ref), &now, e))
		return -1;
	*fresh = digest_eq(&now, &top->digest) ||
		 (*top->source.text && digest_eq(&now, &top->source));
	return 0;
}

/* Is it in a store, whole and as the registry has it now? Then *IN is that
 * store and R has its image; else *IN is NULL. */
static int look(struct job *j, struct result *r, const struct store **in,
		struct err *e)
{
	struct err why = { 0 };
	bool fresh;

	*in = NULL;
	if (stores_find(&j->stores, &j->ref, &j->want, &r->top, in, &why)) {
		*in = NULL;
		if (!j->o->offline)
			return 0;
		*e = why;
		return e->kind == ERR_NOTFOUND
			       ? err_hint(e, "without --offline it can be "
					     "pulled")
			       : -1;
	}
	if (is_fresh(j, &r->top, &fresh, e))
		return e->kind != ERR_NET
			       ? -1
			       : err_hint(e, "--offline takes what the store "
					     "has");
	if (fresh && store_has_image(*in, &r->top) &&
	    !imgoci_load((*in)->fd, &r->top, &j->want, &r->image, &why)) {
		r->unchanged = true;
		return 0;
	}
	if (j->o->offline)
		return err_set(e, ERR_FORMAT,
			       "store '%s' has only a part of the image%s%s",
			       (*in)->path, why.kind ? ": " : "", why.msg);
	result_clear(r);
	*in = NULL;
	return 0;
}

static struct download_opts download_opts(const struct job *j, bool keep)
{
	return (struct download_opts){
		.stores = &j->stores,
		.tmp_fd = keep ? j->tmp : -1,
		.keep = keep,
		.progress = j->progress,
	};
}

/* DEST for what the image turned out to be: a SIF goes to a file, and another
 * image goes to one later, from the store. */
static int fit_dest(struct job *j, const struct imgoci *i, struct err *e)
{
	bool sif = i->manifest.is_sif;

	if (!j->dest_text || sif == j->dest_is_file)
		return 0;
	if (sif)
		return open_dest(j, true, e);
	if (!j->o->is_left)
		return err_set(e, ERR_EXISTS,
			       "'%s' exists and is not a directory",
			       j->dest_text);
	if (j->tmp < 0 && !j->o->offline)
		return dest_refuse_file(j->dest_text, e);
	*j->o->is_left = true;
	j->dest_text = NULL;
	return 0;
}

static int move_layers(struct job *j, struct result *r, bool keep,
		       struct err *e)
{
	struct transfer t = {
		.image = &r->image,
		.name = j->name,
		.from = download_opts(j, keep),
		.client = j->client,
		.parallel = j->o->parallel,
		.lease = j->lease,
	};
	int rc;

	if (fit_dest(j, &r->image, e))
		return -1;
	if (j->dest_text)
		t.dest = &j->dest;
	else if (r->unchanged)
		return 0; /* it is in a store, and that is all for now */
	rc = transfer_image(&t, e);
	r->missing = t.missing;
	r->fetched += t.fetched;
	return rc;
}

/* From the registry. */
static int fetch(struct job *j, struct result *r, struct err *e)
{
	bool keep = j->tmp >= 0;
	struct download_opts documents = download_opts(j, keep);
	struct resolve what = {
		.client = j->client,
		.ref = &j->ref,
		.shown = j->shown,
		.want = &j->want,
		.is_asked = j->o->platform != NULL,
		.download = &documents,
	};

	for (int round = 0; round < ROUNDS; round++) {
		uint64_t fetched = r->fetched;

		result_clear(r);
		r->fetched = fetched;
		if (resolve_image(&what, &r->image, &r->top, e) ||
		    move_layers(j, r, keep, e))
			return -1;
		if (!keep)
			return 0;
		if (store_set(&j->stores.v[0], &j->ref, &r->top, e))
			return -1;
		if (store_has_image(&j->stores.v[0], &r->top))
			return 0;
		/* DEST stands; only the store has lost something. */
		dest_clear(&j->dest);
		j->dest_text = NULL;
	}
	return err_set(e, ERR_NOTFOUND,
		       "somebody removes its blobs from store '%s' again and "
		       "again",
		       j->stores.v[0].path);
}

static void tell(struct job *j, const struct result *r, const char *dest)
{
	bool is_left = j->o->is_left && *j->o->is_left;
	const struct manifest *m = &r->image.manifest;
	autostr char *platform = platform_text(&r->top.platform);
	struct progress_result out = {
		.name = j->name,
		.shown = j->shown,
		.platform = *r->top.platform.os ? platform : NULL,
		.digest = &r->top.digest,
		.dest = is_left ? NULL : dest,
		.fetched = r->fetched,
		.layers = m->n_layers,
		.unchanged = r->unchanged,
		.is_sif = m->is_sif,
	};

	for (size_t i = 0; i < m->n_layers; i++)
		out.bytes += m->layers[i].size;
	out.from_store = out.bytes > r->missing ? out.bytes - r->missing : 0;
	if (is_left || j->o->is_part)
		progress_part(j->progress, &out);
	else
		progress_end(j->progress, &out);
}

/* What the own store says of the reference, without asking anybody. */
static struct digest named_now(const struct job *j)
{
	AUTO(descriptor) struct descriptor d = { 0 };
	struct err ignored = { 0 }; /* then it says nothing */

	if (store_find(&j->stores.v[0], &j->ref, &j->want, &d, &ignored))
		return (struct digest){ 0 };
	return *d.source.text ? d.source : d.digest;
}

/* When we have waited for somebody, or he was done just before we took the
 * lease, the image may be there now: then the lease is not for us. */
static int run(struct job *j, struct result *r, struct err *e)
{
	const struct store *in;
	bool again = true;

	while (again) {
		struct digest before = named_now(j), now;

		if (look(j, r, &in, e))
			return -1;
		if (in)
			return j->dest_text ? move_layers(j, r, false, e) : 0;
		if (j->tmp < 0)
			break;
		if (turn_take(j->tmp, j->name, &j->want, j->progress, &j->lease,
			      &again, e))
			return e->kind == ERR_SYS ? err_ctx(e, "store '%s'",
							    j->stores.v[0].path)
						  : -1;
		now = named_now(j);
		again = again || strcmp(before.text, now.text) != 0;
		if (again)
			lease_free(TAKE(j->lease));
	}
	return fetch(j, r, e);
}

/* oci:, oci-archive:, docker-archive: */
static int from_files(const char *text, const char *dest,
		      const struct pull_opts *o, struct progress *p,
		      struct err *e)
{
	struct carry_opts c = {
		.store = o->store,
		.platform = o->platform,
		.as_name = o->as_name,
		.force = o->force,
		.no_store = o->no_store,
		.progress = p,
	};

	return carry(text, dest, &c, e);
}

int pull(const char *text, const char *dest, const struct pull_opts *o,
	 struct progress *p, struct err *e)
{
	AUTO(job) struct job j = JOB_INIT(o);
	AUTO(result) struct result r = { 0 };

	if (name_is_files(text))
		return from_files(text, dest, o, p, e);
	if (o->no_store && !dest)
		return err_set(e, ERR_USAGE, "--no-store needs a DEST");
	if (o->as_name)
		return err_set(e, ERR_USAGE,
			       "--name is for images that come from files");
	if (start(&j, text, dest, e))
		return -1;
	j.progress = p;
	if (run(&j, &r, e))
		return err_ctx(e, "%s", j.shown);
	tell(&j, &r, dest);
	return 0;
}

/* What the stores say the reference was when it was pulled. */
static int stored_digest(const struct ref *ref, const struct pull_opts *o,
			 struct digest *out, struct err *e)
{
	AUTO(descriptor) struct descriptor d = { 0 };
	AUTO(stores) struct stores s = { .n = 0 };
	const struct store *in;
	struct platform want;

	if (host_platform(o->platform, &want, e) ||
	    stores_open(&s, o->store, o->readonly, false, e) ||
	    stores_find(&s, ref, &want, &d, &in, e))
		return -1;
	*out = *d.source.text ? d.source : d.digest;
	return 0;
}

int pull_digest(const char *text, const struct pull_opts *o, struct digest *out,
		struct err *e)
{
	AUTO(ref) struct ref ref = { 0 };
	AUTO(client) struct client *c = NULL;
	autostr char *shown = NULL;

	if (name_is_files(text))
		return err_set(
			e, ERR_USAGE,
			"--digest is for images in a registry; '%s' names "
			"files",
			text);
	if (ref_parse(text, &ref, e))
		return -1;
	shown = ref_short(&ref);
	if (o->offline)
		return stored_digest(&ref, o, out, e);
	c = client_open(&ref, &o->client, e);
	if (!c)
		return -1;
	return client_digest(c, ref_want(&ref), out, e)
		       ? err_ctx(e, "%s", shown)
		       : 0;
}
