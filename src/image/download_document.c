/* download_document.c - one small blob, from a store or from the registry.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "format/json.h"
#include "image/blobs.h"
#include "image/download.h"
#include "image/lease.h"

struct wanted {
	const struct download_opts *o;
	const struct descriptor *d;
	struct str *text;
};

/* Kept, and appended to TEXT. */
static int keep(const struct wanted *w, const struct str *got, struct err *e)
{
	if (w->o->keep && blobs_put(w->o->stores->v[0].fd, &w->d->digest,
				    str_text(got), got->len, e))
		return -1;
	str_addn(w->text, str_text(got), got->len);
	return 0;
}

/* From the first of the stores that has it good; false if none has. */
static bool is_stored(void *ctx)
{
	const struct wanted *w = ctx;
	const struct stores *s = w->o->stores;

	for (size_t i = 0; i < s->n; i++) {
		AUTO(str) struct str got = { 0 };
		struct err ignored = { 0 }; /* as if missing */

		if (s->v[i].fd >= 0 &&
		    !blobs_read(s->v[i].fd, &w->d->digest, w->d->size,
				JSON_BYTES_MAX, &got, &ignored)) {
			if (i == 0)
				str_addn(w->text, str_text(&got), got.len);
			else if (keep(w, &got, &ignored))
				continue;
			return true;
		}
	}
	return false;
}

static int fetch(const struct wanted *w, struct client *c, struct err *e)
{
	AUTO(str) struct str got = { 0 };

	if (client_blob(c, &w->d->digest, w->d->size, &got, e))
		return -1;
	return keep(w, &got, e);
}

int download_document(const struct download_opts *o, struct client *c,
		      const struct descriptor *d, struct str *text,
		      struct err *e)
{
	struct wanted w = { .o = o, .d = d, .text = text };
	AUTO(lease) struct lease *l = NULL;
	autostr char *name = str_fmt("%s.%s", digest_algo(&d->digest),
				     digest_hex(&d->digest));

	if (is_stored(&w))
		return 0;
	if (!o->keep)
		return fetch(&w, c, e);
	if (lease_wait(o->tmp_fd, name, is_stored, &w, &l, e))
		return -1;
	/* Done by another while we waited, or just before the lease was ours.
	 */
	if (!l || is_stored(&w))
		return 0;
	return fetch(&w, c, e);
}
