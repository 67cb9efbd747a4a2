/* newlayer.c - a tree without layers as an OCI image of one layer.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "image/newlayer.h"

#include "base/dir.h"
#include "base/hash.h"
#include "base/intr.h"
#include "base/io.h"
#include "base/mem.h"
#include "image/blobs.h"
#include "image/layout.h"
#include "image/strip.h"
#include "layer/tarwrite.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* The layer on its way: summed, compressed, summed again, written. */
struct making {
	struct tmp tmp;
	char *place; /* where that is */
	struct hash *plain;
	struct hash *packed;
	struct encode *encode;
	uint64_t size;
};

static void making_clear(struct making *m)
{
	if (m->encode)
		encode_free(m->encode);
	hash_free(m->plain);
	hash_free(m->packed);
	tmp_clear(&m->tmp);
	free(m->place);
}
AUTO_DEFINE(making, struct making, making_clear)

static int write_packed(void *ctx, const void *p, size_t n, struct err *e)
{
	struct making *m = ctx;

	if (intr_check(e))
		return -1;
	hash_add(m->packed, p, n);
	m->size += n;
	return io_write(m->tmp.fd, p, n, m->place, e);
}

static int write_plain(void *ctx, const void *p, size_t n, struct err *e)
{
	struct making *m = ctx;

	hash_add(m->plain, p, n);
	return encode_write(m->encode, p, n, e);
}

static int pack(struct making *m, const struct stack *stack,
		const struct pack *p, enum encode_kind kind, struct err *e)
{
	AUTO(tarwrite) struct tarwrite *w = tarwrite_new(write_plain, m);
	AUTO(merge) struct merge *tree = merge_new(stack);

	m->encode = encode_new(kind, p->level, p->threads, write_packed, m, e);
	if (!m->encode || merge_read(tree, NULL, NULL, e) ||
	    tarwrite_merge(w, tree, e) || tarwrite_end(w, e))
		return -1;
	return encode_end(m->encode, e);
}

static void set_digest(struct digest *d, struct hash *h)
{
	char hex[HASH_HEX_MAX];

	hash_hex(h, hex);
	digest_set(d, HASH_SHA256, hex);
}

/* The layer to ROOT's blobs; D describes it, DIFF is its diff_id. */
static int make_layer(int root, const struct target *t, const struct source *s,
		      struct descriptor *d, struct digest *diff, struct err *e)
{
	static const char *const endings[] = {
		[ENCODE_NONE] = "",
		[ENCODE_GZIP] = "+gzip",
		[ENCODE_ZSTD] = "+zstd",
	};
	AUTO(making)
	struct making m = {
		.tmp = TMP_INIT,
		.plain = hash_new(HASH_SHA256),
		.packed = hash_new(HASH_SHA256),
	};
	autofd int tmpdir = layout_tmpdir(root, e);
	enum encode_kind kind;
	struct strip strip;

	m.place = dir_shown(tmpdir);
	strip_init(&strip, s, true);
	if (tmpdir < 0 || pack_stream(&t->pack, "", ENCODE_GZIP, &kind, e) ||
	    tmp_file(&m.tmp, tmpdir, e) ||
	    pack(&m, &strip.stack, &t->pack, kind, e))
		return -1;
	set_digest(diff, m.plain);
	d->media = MEDIA_LAYER;
	d->media_type = str_fmt("%s%s", media_name(MEDIA_LAYER), endings[kind]);
	set_digest(&d->digest, m.packed);
	d->size = m.size;
	return blobs_publish(root, &m.tmp, &d->digest, e);
}

static char *time_text(int64_t time_s)
{
	time_t t = (time_t)time_s;
	struct tm tm;
	char text[64];

	if (!gmtime_r(&t, &tm) ||
	    !strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm))
		return xstrdup("1970-01-01T00:00:00Z");
	return xstrdup(text);
}

static int put(int root, const char *text, struct descriptor *d, struct err *e)
{
	char hex[HASH_HEX_MAX];

	d->size = strlen(text);
	hash_buffer(HASH_SHA256, text, d->size, hex);
	digest_set(&d->digest, HASH_SHA256, hex);
	return blobs_put(root, &d->digest, text, d->size, e);
}

static int make_config(int root, const struct target *t, struct source *s,
		       const struct digest *diff, struct descriptor *d,
		       struct err *e)
{
	autostr char *created = time_text(t->pack.time_s);
	autostr char *text = NULL;
	const struct imgconfig_change c = {
		.platform = *s->platform.os ? &s->platform : t->platform,
		.diff_ids = diff,
		.n_diff_ids = 1,
		.created = created,
		.created_by = "ch-convert",
	};

	text = imgconfig_edit(s->config_text.p, s->config_text.len, &c, e);
	d->media = MEDIA_CONFIG;
	d->media_type = xstrdup(media_name(MEDIA_CONFIG));
	return text ? put(root, text, d, e) : -1;
}

int newlayer_make(int root, const struct target *t, struct source *s,
		  struct imgoci *out, struct err *e)
{
	AUTO(manifest) struct manifest m = { 0 };
	AUTO(descriptor) struct descriptor top = { 0 };
	autostr char *text = NULL;
	struct platform any = { 0 }; /* it is no index */
	struct digest diff;

	*out = (struct imgoci){ 0 };
	m.layers = xcalloc(1, sizeof(*m.layers));
	m.n_layers = 1;
	if (source_config(s, e) ||
	    make_layer(root, t, s, &m.layers[0], &diff, e) ||
	    make_config(root, t, s, &diff, &m.config, e))
		return -1;
	text = manifest_write(&m);
	if (put(root, text, &top, e))
		return -1;
	return imgoci_load(root, &top, &any, out, e);
}
