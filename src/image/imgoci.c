/* imgoci.c - an image in an OCI image layout.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "image/imgoci.h"

#include "base/intr.h"
#include "base/io.h"
#include "base/mem.h"
#include "format/json.h"
#include "image/blobs.h"

#include <unistd.h>

#define SUM_BYTES (256u << 10)

void imgoci_clear(struct imgoci *i)
{
	manifest_clear(&i->manifest);
	imgconfig_clear(&i->config);
	str_clear(&i->config_text);
}

void imgoci_describe(const struct imgoci *i, struct descriptor *top)
{
	const char *type = i->manifest.media_type;

	*top = (struct descriptor){
		.media = MEDIA_MANIFEST,
		.media_type = xstrdup(type ? type : media_name(MEDIA_MANIFEST)),
		.digest = i->digest,
		.size = i->size,
		.platform = i->config.platform,
	};
}

int imgoci_set_config(struct imgoci *i, struct str *text, struct err *e)
{
	str_clear(&i->config_text);
	i->config_text = *text;
	*text = (struct str){ 0 };
	if (imgconfig_parse(i->config_text.p, i->config_text.len, &i->config,
			    e))
		return -1;
	/* config.md: rootfs.diff_ids has one entry for each layer. */
	if (i->config.n_diff_ids != i->manifest.n_layers)
		return err_set(e, ERR_FORMAT,
			       "the manifest has %zu layers, its configuration "
			       "%zu",
			       i->manifest.n_layers, i->config.n_diff_ids);
	return 0;
}

static int load_manifest(int root, const struct descriptor *d,
			 const struct str *text, struct imgoci *out,
			 struct err *e)
{
	AUTO(str) struct str config = { 0 };
	const struct descriptor *c;

	out->digest = d->digest;
	out->size = d->size;
	if (manifest_parse(text->p, text->len, &out->manifest, e))
		return -1;
	if (out->manifest.is_sif)
		return 0;
	c = &out->manifest.config;
	if (blobs_read(root, &c->digest, c->size, JSON_BYTES_MAX, &config, e))
		return -1;
	return imgoci_set_config(out, &config, e);
}

static int load_at(int root, const struct descriptor *d,
		   const struct platform *want, int depth, struct imgoci *out,
		   struct err *e)
{
	AUTO(index) struct index x = { 0 };
	AUTO(str) struct str text = { 0 };
	const struct descriptor *child;

	if (depth > IMGOCI_INDEX_DEPTH)
		return err_set(e, ERR_LIMIT, "indexes nested more than %d deep",
			       IMGOCI_INDEX_DEPTH);
	if (blobs_read(root, &d->digest, d->size, JSON_BYTES_MAX, &text, e))
		return -1;
	switch (manifest_kind(text.p, text.len, e)) {
	case MEDIA_MANIFEST:
		return load_manifest(root, d, &text, out, e);
	case MEDIA_INDEX:
		break;
	case MEDIA_SCHEMA1:
		return err_set(e, ERR_UNSUPPORTED,
			       "Docker manifests of schema 1 are not read");
	default:
		return -1;
	}
	if (index_parse(text.p, text.len, &x, e))
		return -1;
	child = index_choose(&x, want, e);
	return child ? load_at(root, child, want, depth + 1, out, e) : -1;
}

int imgoci_load(int root, const struct descriptor *top,
		const struct platform *want, struct imgoci *out, struct err *e)
{
	*out = (struct imgoci){ 0 };
	if (!load_at(root, top, want, 1, out, e))
		return 0;
	imgoci_clear(out);
	return -1;
}

static ssize_t read_fd(void *ctx, void *p, size_t n, struct err *e)
{
	return io_read(*(int *)ctx, p, n, "layer", e);
}

static int rewind_fd(void *ctx, struct err *e)
{
	if (lseek(*(int *)ctx, 0, SEEK_SET) < 0)
		return err_sys(e, "can't read it again");
	return 0;
}

void imgoci_layers_new(const struct imgoci *i, struct imgoci_layers *out)
{
	size_t n = i->manifest.n_layers;

	*out = (struct imgoci_layers){
		.v = xcalloc(n + 1, sizeof *out->v),
		.n = n,
		.fds = xcalloc(n + 1, sizeof *out->fds),
		.names = xcalloc(n + 1, sizeof *out->names),
	};
	for (size_t k = 0; k < n; k++) {
		out->fds[k] = -1;
		out->names[k] = str_fmt("layer %zu of %zu", k + 1, n);
		out->v[k] = (struct layer_source){
			.name = out->names[k],
			.size = i->manifest.layers[k].size,
		};
		if (k >= i->config.n_diff_ids) /* a SIF file */
			continue;
		out->v[k].diff_algo = i->config.diff_ids[k].algo;
		out->v[k].diff_hex = digest_hex(&i->config.diff_ids[k]);
	}
}

int imgoci_layers_open(int root, const struct imgoci *i, bool verify,
		       struct imgoci_layers *out, struct err *e)
{
	imgoci_layers_new(i, out);
	for (size_t k = 0; k < out->n; k++) {
		const struct descriptor *d = &i->manifest.layers[k];

		out->fds[k] = blobs_open(root, &d->digest, d->size, e);
		if (out->fds[k] < 0) {
			err_ctx(e, "%s", out->names[k]);
			imgoci_layers_close(out);
			return -1;
		}
		out->v[k].read = read_fd;
		out->v[k].rewind = rewind_fd;
		out->v[k].ctx = &out->fds[k];
		if (verify) {
			out->v[k].blob_algo = d->digest.algo;
			out->v[k].blob_hex = digest_hex(&d->digest);
		}
	}
	return 0;
}

/* Is the file FD, from its start to where it stands afterwards, what D says? */
static int check_file(int fd, const struct digest *d, struct err *e)
{
	AUTO(hash) struct hash *h = hash_new(d->algo);
	autostr char *buffer = xmalloc(SUM_BYTES);
	ssize_t n;

	if (lseek(fd, 0, SEEK_SET))
		return err_sys(e, "can't read a layer again");
	while ((n = io_read(fd, buffer, SUM_BYTES, "layer", e)) > 0) {
		if (intr_check(e))
			return -1;
		hash_add(h, buffer, (size_t)n);
	}
	return n < 0 ? -1 : digest_check(h, d, e);
}

int imgoci_layers_check(const struct imgoci *i, const struct imgoci_layers *l,
			struct err *e)
{
	for (size_t k = 0; k < l->n; k++) {
		if (check_file(l->fds[k], &i->manifest.layers[k].digest, e))
			return err_ctx(e, "%s", l->names[k]);
		if (lseek(l->fds[k], 0, SEEK_SET))
			return err_sys(e, "can't read a layer again");
	}
	return 0;
}

int imgoci_layers_blame(const struct imgoci *i, const struct imgoci_layers *l,
			struct err *e)
{
	struct err why = { 0 }; /* else what E says is more to the point */

	if (e->kind != ERR_FORMAT && e->kind != ERR_DIGEST)
		return -1;
	if (imgoci_layers_check(i, l, &why) && why.kind == ERR_DIGEST)
		*e = why;
	return -1;
}

int imgoci_blame_store(int root, const char *readonly, const struct imgoci *i,
		       struct err *e)
{
	size_t n = i->manifest.n_layers;

	if (e->kind != ERR_FORMAT && e->kind != ERR_DIGEST)
		return -1;
	for (size_t k = 0; k < n; k++) {
		const struct descriptor *d = &i->manifest.layers[k];
		struct err why = { 0 };
		autofd int fd = blobs_open(root, &d->digest, d->size, &why);

		if (fd < 0 || !check_file(fd, &d->digest, &why) ||
		    why.kind != ERR_DIGEST)
			continue;
		err_set(e, ERR_DIGEST, "layer %zu of %zu: %s", k + 1, n,
			why.msg);
		if (readonly) {
			err_hint(e,
				 "the copy in the read-only store '%s' has "
				 "gone bad: pull it with --store-readonly=",
				 readonly);
			continue;
		}
		blobs_drop(root, &d->digest);
		err_hint(e, "the store's copy had gone bad and was removed: "
			    "pull again");
	}
	return -1;
}

void imgoci_layers_close(struct imgoci_layers *l)
{
	for (size_t k = 0; k < l->n; k++) {
		if (l->fds[k] >= 0)
			close(l->fds[k]);
		free(l->names[k]);
	}
	free(l->v);
	free(l->fds);
	free(l->names);
	*l = (struct imgoci_layers){ 0 };
}
