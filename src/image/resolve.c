/* resolve.c - from a reference to the one image that is meant.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "image/resolve.h"

#include "base/mem.h"
#include "format/json.h"
#include "image/blobs.h"
#include "image/host.h"

/* The manifest D, from a store that has it. */
static int get_manifest(const struct resolve *r, const struct descriptor *d,
			struct str *text, struct err *e)
{
	const struct store *s =
		stores_blob(r->download->stores, &d->digest, d->size);
	struct err ignored = { 0 }; /* gone bad there: fetched again */
	struct digest got;

	if (s && !blobs_read(s->fd, &d->digest, d->size, JSON_BYTES_MAX, text,
			     &ignored))
		return 0;
	str_clear(text);
	return client_manifest(r->client, d->digest.text, text, &got, e);
}

/* Go from what the reference names down to an image manifest. PLATFORM is what
 * an index said of it. */
static int choose(const struct resolve *r, struct str *text,
		  struct digest *digest, struct platform *platform,
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
		d = index_choose(&x, r->want, e);
		if (!d)
			return -1;
		str_clear(text);
		*digest = d->digest;
		if (*d->platform.os)
			*platform = d->platform;
		if (get_manifest(r, d, text, e))
			return -1;
	}
	return err_set(e, ERR_LIMIT, "indexes nested more than %d deep",
		       IMGOCI_INDEX_DEPTH);
}

static int get_config(const struct resolve *r, struct imgoci *i, struct err *e)
{
	AUTO(str) struct str text = { 0 };

	/* Of a SIF's we want nothing; only a layout must be whole. */
	if (i->manifest.is_sif && !r->download->keep)
		return 0;
	if (download_document(r->download, r->client, &i->manifest.config,
			      &text, e))
		return err_ctx(e, "configuration");
	if (i->manifest.is_sif)
		return 0;
	return imgoci_set_config(i, &text, e);
}

static void describe(const struct imgoci *i, const struct digest *source,
		     const struct platform *platform, struct descriptor *top)
{
	imgoci_describe(i, top);
	top->platform = *platform;
	top->source = *source;
}

int resolve_image(const struct resolve *r, struct imgoci *out,
		  struct descriptor *top, struct err *e)
{
	AUTO(imgoci) struct imgoci i = { 0 };
	AUTO(str) struct str text = { 0 };
	struct platform platform = { 0 };
	struct digest source;

	if (client_manifest(r->client, ref_want(r->ref), &text, &source, e))
		return -1;
	i.digest = source;
	if (choose(r, &text, &i.digest, &platform, e) ||
	    manifest_parse(text.p, text.len, &i.manifest, e))
		return -1;
	i.size = text.len;
	if (get_config(r, &i, e))
		return -1;
	/* The index knows the variant, which configurations often leave out. An
	 * image that is not in an index says its platform itself. */
	if (!*platform.os) {
		if (host_suits(r->want, &i.config.platform, r->is_asked,
			       r->shown, e))
			return -1;
		platform = i.config.platform;
	}
	if (r->download->keep && blobs_put(r->download->stores->v[0].fd,
					   &i.digest, text.p, text.len, e))
		return -1;
	describe(&i, &source, &platform, top);
	*out = i;
	i = (struct imgoci){ 0 };
	return 0;
}
