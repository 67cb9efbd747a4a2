/* saveload.c - one image of an archive that `docker save` wrote.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "image/saveload.h"

#include "base/io.h"
#include "base/mem.h"
#include "base/path.h"
#include "image/blobs.h"
#include "layer/codec.h"

#include <string.h>

/* D describes the file F, of the media type TYPE, which is taken over. */
static void describe(struct descriptor *d, const struct spool_file *f,
		     char *type)
{
	*d = (struct descriptor){
		.media = media_of(type),
		.media_type = type,
		.digest = f->digest,
		.size = f->size,
	};
}

/* Docker and those who write its format name a configuration after its sum. */
static int check_config_name(const char *name, const struct spool_file *f,
			     struct err *e)
{
	const char *base = path_base(name);
	autostr char *text = NULL;
	struct err ignored = { 0 }; /* named otherwise */
	struct digest want;

	if (!str_ends(base, ".json"))
		return 0;
	text = str_fmt("sha256:%.*s", (int)(strlen(base) - strlen(".json")),
		       base);
	if (digest_parse(text, &want, &ignored) || digest_eq(&want, &f->digest))
		return 0;
	return err_set(e, ERR_DIGEST, "configuration '%s': expected %s, got %s",
		       name, want.text, f->digest.text);
}

/* The layer F's media type, by its first bytes. Caller frees. */
static char *layer_type(const struct spool *s, const struct spool_file *f,
			struct err *e)
{
	AUTO(codec) struct codec *c = NULL;
	char first[CODEC_PROBE];
	autofd int fd = blobs_open(s->dir.fd, &f->digest, f->size, e);
	ssize_t n = fd < 0 ? -1 : io_read(fd, first, sizeof first, f->name, e);
	const char *name;

	if (n < 0)
		return NULL;
	c = codec_new(first, (size_t)n, e);
	if (!c)
		return NULL;
	name = codec_name(c);
	if (str_eq(name, "none"))
		return xstrdup(media_name(MEDIA_LAYER));
	return str_fmt("%s+%s", media_name(MEDIA_LAYER), name);
}

static int collect(const struct spool *s, const struct saved_image *image,
		   struct manifest *m, struct err *e)
{
	const struct spool_file *f = spool_find(s, image->config, e);

	if (!f)
		return err_ctx(e, "configuration");
	if (check_config_name(image->config, f, e))
		return -1;
	describe(&m->config, f, xstrdup(media_name(MEDIA_CONFIG)));
	m->layers = xcalloc(image->layers.n, sizeof(*m->layers));
	for (size_t i = 0; i < image->layers.n; i++) {
		char *type = NULL;

		f = spool_find(s, image->layers.v[i], e);
		type = f ? layer_type(s, f, e) : NULL;
		if (!type)
			return err_ctx(e, "layer %zu of %zu", i + 1,
				       image->layers.n);
		describe(&m->layers[m->n_layers++], f, type);
	}
	return 0;
}

static int put_manifest(const struct spool *s, const struct manifest *m,
			struct descriptor *top, struct err *e)
{
	autostr char *text = manifest_write(m);
	char hex[HASH_HEX_MAX];

	top->size = strlen(text);
	hash_buffer(HASH_SHA256, text, top->size, hex);
	digest_set(&top->digest, HASH_SHA256, hex);
	return blobs_put(s->dir.fd, &top->digest, text, top->size, e);
}

/* A compressed layer's diff_id is checked when it is unpacked, as always. */
static int check_plain(const struct imgoci *i, struct err *e)
{
	const char *plain = media_name(MEDIA_LAYER);

	for (size_t k = 0; k < i->manifest.n_layers; k++) {
		const struct descriptor *d = &i->manifest.layers[k];
		const struct digest *want = &i->config.diff_ids[k];

		if (str_eq(d->media_type, plain) &&
		    d->digest.algo == want->algo &&
		    !digest_eq(&d->digest, want))
			return err_set(e, ERR_DIGEST,
				       "layer %zu of %zu: diff_id: expected "
				       "%s, got %s",
				       k + 1, i->manifest.n_layers, want->text,
				       d->digest.text);
	}
	return 0;
}

int saveload_image(const struct spool *s, const struct saved_image *image,
		   struct imgoci *out, struct err *e)
{
	AUTO(manifest) struct manifest m = { 0 };
	struct descriptor top = { 0 };
	struct platform any = { 0 }; /* it is no index */

	*out = (struct imgoci){ 0 };
	if (collect(s, image, &m, e) || put_manifest(s, &m, &top, e) ||
	    imgoci_load(s->dir.fd, &top, &any, out, e))
		return -1;
	if (!check_plain(out, e))
		return 0;
	imgoci_clear(out);
	return -1;
}
