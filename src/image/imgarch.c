/* imgarch.c - kinds: an image with layers in an archive.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The archive is written from front to end, so that standard output will do:
 * blobs go from their layout to it, summed on the way. A layer that is
 * decompressed for `docker save` is gone through twice, because its size stands
 * in front of it; that costs less than a copy of it on the disk. All of them
 * are measured before the first is written, so that it is known what room is
 * needed.
 */
#include "config.h"

#include "image/imgarch.h"

#include "base/hash.h"
#include "base/intr.h"
#include "base/io.h"
#include "base/mem.h"
#include "format/ocilayout.h"
#include "format/saved.h"
#include "image/blobs.h"
#include "image/imglayout.h"
#include "image/newlayer.h"
#include "image/outfile.h"
#include "image/plain.h"
#include "image/watch.h"
#include "layer/memread.h"
#include "layer/tarwrite.h"

#include <string.h>
#include <unistd.h>

#define BUFFER_BYTES ((size_t)256 << 10)

/* An archive on its way. */
struct archive {
	struct target *target;
	struct outfile out;
	struct tarwrite *tar;
	struct tmp layout;  /* of an image that had no layers */
	struct imgoci made; /* that */
	bool is_packed;     /* compressed as a whole */
	int root;           /* where the blobs are; borrowed */
	const struct imgoci *image;
	struct watch *watch; /* NULL: what was read is told already */
};

static void archive_clear(struct archive *a)
{
	if (a->tar)
		tarwrite_free(a->tar);
	imgoci_clear(&a->made);
	tmp_clear(&a->layout);
	outfile_clear(&a->out);
}
AUTO_DEFINE(archive, struct archive, archive_clear)
#define ARCHIVE_INIT(t)                                                 \
	{                                                               \
		.target = (t), .out = OUTFILE_INIT, .layout = TMP_INIT, \
		.root = -1,                                             \
	}

static int begin(struct archive *a, struct source *s, struct err *e)
{
	struct target *t = a->target;
	enum encode_kind kind;

	a->root = s->root;
	a->image = &s->image;
	if (s->root < 0 || s->sif) {
		if (tmp_dir(&a->layout, t->tmpdir, e) ||
		    newlayer_make(a->layout.fd, t, s, &a->made, e))
			return -1;
		a->root = a->layout.fd;
		a->image = &a->made;
	} else {
		a->watch = t->watch;
	}
	/* --compress is for layers; the archive itself is named. */
	const struct pack outer = { .threads = t->pack.threads };

	if (pack_stream(&outer, t->name.path, ENCODE_NONE, &kind, e) ||
	    outfile_open(&a->out, &t->dest, e) ||
	    outfile_encode(&a->out, &outer, kind, e))
		return -1;
	a->is_packed = kind != ENCODE_NONE;
	a->tar = tarwrite_new(outfile_write, &a->out);
	return 0;
}

static int end(struct archive *a, struct err *e)
{
	if (tarwrite_end(a->tar, e))
		return -1;
	return outfile_publish(&a->out, 0666, e);
}

/* --- one entry */

static int put(struct archive *a, const char *name, enum entry_type type,
	       uint64_t size, struct entries *from, struct err *e)
{
	autostr char *copy = xstrdup(name);
	char none[] = "";
	const struct entry entry = {
		.type = type,
		.name = copy,
		.link = none,
		.size = size,
		.mode = type == ENTRY_DIR ? 0755 : 0644,
		.mtime = { .tv_sec = a->target->pack.time_s },
	};

	from->xattr = entry_no_xattr;
	return tarwrite_entry(a->tar, &entry, from, e);
}

struct text {
	const char *p;
	size_t n;
};

static int give_text(void *ctx, const void **p, size_t *n, uint64_t *offset,
		     struct err *e)
{
	struct text *t = ctx;

	(void)e; /* there is none */
	*p = t->p;
	*n = t->n;
	*offset = 0;
	t->n = 0;
	return *n > 0;
}

static int put_text(struct archive *a, const char *name, const char *text,
		    size_t n, struct err *e)
{
	struct text t = { text, n };
	struct entries from = { .data = give_text, .ctx = &t };

	return put(a, name, ENTRY_FILE, n, &from, e);
}

static int put_dir(struct archive *a, const char *name, struct err *e)
{
	struct text t = { NULL, 0 };
	struct entries from = { .data = give_text, .ctx = &t };

	return put(a, name, ENTRY_DIR, 0, &from, e);
}

/* A blob as it is. */
struct reading {
	int fd;
	struct watch *watch;
	const struct descriptor *d;
	struct hash *sum;
	char *buffer; /* of BUFFER_BYTES */
	uint64_t at;
};

static void reading_clear(struct reading *r)
{
	if (r->fd >= 0)
		close(r->fd);
	if (r->sum)
		hash_free(r->sum);
	free(r->buffer);
}
AUTO_DEFINE(reading, struct reading, reading_clear)

static int give_blob(void *ctx, const void **p, size_t *n, uint64_t *offset,
		     struct err *e)
{
	struct reading *r = ctx;
	ssize_t got = io_read(r->fd, r->buffer, BUFFER_BYTES, "blob", e);

	if (got < 0 || intr_check(e))
		return -1;
	*p = r->buffer;
	*n = (size_t)got;
	*offset = r->at;
	r->at += (size_t)got;
	if (r->watch)
		watch_add(r->watch, (uint64_t)got);
	hash_add(r->sum, r->buffer, (size_t)got);
	return got ? 1 : digest_check(r->sum, &r->d->digest, e);
}

static int put_blob(struct archive *a, const char *name,
		    const struct descriptor *d, struct err *e)
{
	AUTO(reading)
	struct reading r = {
		.fd = blobs_open(a->root, &d->digest, d->size, e),
		.watch = a->watch,
		.d = d,
		.sum = hash_new(d->digest.algo),
		.buffer = xmalloc(BUFFER_BYTES),
	};
	struct entries from = { .data = give_blob, .ctx = &r };

	return r.fd < 0 ? -1 : put(a, name, ENTRY_FILE, d->size, &from, e);
}

/* --- oci-archive */

static int put_layout_blob(struct archive *a, const struct descriptor *d,
			   const char *what, struct err *e)
{
	autostr char *name = str_fmt("blobs/%s/%s", digest_algo(&d->digest),
				     digest_hex(&d->digest));

	return put_blob(a, name, d, e) ? err_ctx(e, "%s", what) : 0;
}

/* What is compressed as a whole has no size before. */
static int check_room(const struct archive *a, uint64_t sum, struct err *e)
{
	return a->is_packed ? 0 : dest_check_room(&a->target->dest, sum, e);
}

static int check_blobs_room(const struct archive *a, struct err *e)
{
	const struct manifest *m = &a->image->manifest;
	uint64_t sum = m->config.size + a->image->size;

	for (size_t i = 0; i < m->n_layers; i++)
		if (!manifest_is_twin(m, i))
			sum += m->layers[i].size;
	return check_room(a, sum, e);
}

static int put_layout_blobs(struct archive *a, struct err *e)
{
	const struct manifest *m = &a->image->manifest;
	const struct descriptor top = {
		.digest = a->image->digest,
		.size = a->image->size,
	};

	for (size_t i = 0; i < m->n_layers; i++) {
		autostr char *what =
			str_fmt("layer %zu of %zu", i + 1, m->n_layers);

		if (!manifest_is_twin(m, i) &&
		    put_layout_blob(a, &m->layers[i], what, e))
			return -1;
	}
	if (put_layout_blob(a, &m->config, "configuration", e))
		return -1;
	return put_layout_blob(a, &top, "manifest", e);
}

int imgarch_write_oci(struct target *t, struct source *s, struct err *e)
{
	AUTO(archive) struct archive a = ARCHIVE_INIT(t);
	autostr char *tag = imglayout_tag(t, s);
	autostr char *index = NULL;
	const char *layout = ocilayout_text();
	AUTO(descriptor) struct descriptor top = { 0 };

	if (begin(&a, s, e))
		return -1;
	imgoci_describe(a.image, &top);
	index = ocilayout_set(NULL, 0, tag, &top, e);
	if (!index || check_blobs_room(&a, e) ||
	    put_text(&a, "oci-layout", layout, strlen(layout), e) ||
	    put_text(&a, "index.json", index, strlen(index), e) ||
	    put_dir(&a, "blobs/", e) || put_dir(&a, "blobs/sha256/", e) ||
	    put_layout_blobs(&a, e))
		return -1;
	return end(&a, e);
}

/* --- docker-archive */

struct unpacking {
	struct plain *plain;
	uint64_t at;
};

static int give_plain(void *ctx, const void **p, size_t *n, uint64_t *offset,
		      struct err *e)
{
	struct unpacking *u = ctx;
	int rc = plain_next(u->plain, p, n, e);

	*offset = u->at;
	u->at += *n;
	return rc;
}

static int measure(const struct archive *a, size_t k, uint64_t *size,
		   struct err *e)
{
	AUTO(plain) struct plain *p = plain_open(a->root, a->image, k, e);
	const void *at;
	size_t n;
	int rc;

	if (!p)
		return -1;
	while ((rc = plain_next(p, &at, &n, e)) > 0)
		*size += n;
	return rc;
}

static int put_layer(struct archive *a, size_t k, const char *name,
		     uint64_t size, struct err *e)
{
	AUTO(plain) struct plain *p = plain_open(a->root, a->image, k, e);
	struct unpacking u = { p, 0 };
	struct entries from = { .data = give_plain, .ctx = &u };

	return p ? put(a, name, ENTRY_FILE, size, &from, e) : -1;
}

/* Layers are named after what they hold. */
static bool is_there(const struct imgconfig *c, size_t k)
{
	for (size_t i = 0; i < k; i++)
		if (digest_eq(&c->diff_ids[i], &c->diff_ids[k]))
			return true;
	return false;
}

/* SIZES: of each layer that is not there twice. */
static int measure_layers(const struct archive *a, uint64_t *sizes,
			  struct err *e)
{
	const struct imgconfig *c = &a->image->config;
	uint64_t sum = 0;

	for (size_t k = 0; k < c->n_diff_ids; k++) {
		if (!is_there(c, k) && measure(a, k, &sizes[k], e))
			return err_ctx(e, "layer %zu of %zu", k + 1,
				       c->n_diff_ids);
		sum += sizes[k];
	}
	return check_room(a, sum, e);
}

static int put_layers(struct archive *a, struct saved_image *image,
		      struct err *e)
{
	const struct imgconfig *c = &a->image->config;
	autostr uint64_t *sizes = xcalloc(c->n_diff_ids + 1, sizeof(*sizes));

	if (measure_layers(a, sizes, e))
		return -1;
	for (size_t k = 0; k < c->n_diff_ids; k++) {
		autostr char *name =
			str_fmt("%s.tar", digest_hex(&c->diff_ids[k]));

		strlist_add(&image->layers, name);
		if (!is_there(c, k) && put_layer(a, k, name, sizes[k], e))
			return err_ctx(e, "layer %zu of %zu", k + 1,
				       c->n_diff_ids);
		if (a->watch)
			watch_add(a->watch, a->image->manifest.layers[k].size);
	}
	return 0;
}

/* What the image is called, in full: podman takes "alpine:3.16" in an archive
 * for localhost/alpine:3.16, and docker knows "docker.io/library/" too. */
static int add_tag(const struct target *t, const struct source *s,
		   struct strlist *tags, struct err *e)
{
	AUTO(ref) struct ref given = { 0 };
	const struct ref *r = &s->ref;
	autostr char *text = NULL;

	if (t->name.tag && ref_parse(t->name.tag, &given, e))
		return -1;
	if (t->name.tag)
		r = &given;
	if (!r->repo || !r->tag)
		return 0;
	text = ref_name(r);
	strlist_addf(tags, "%.*s", (int)strcspn(text, "@"), text);
	return 0;
}

static int put_documents(struct archive *a, const struct saved *saved,
			 struct err *e)
{
	autostr char *manifest = saved_write(saved, e);
	autostr char *names = manifest ? saved_repositories(saved, e) : NULL;

	if (!names ||
	    put_text(a, "manifest.json", manifest, strlen(manifest), e))
		return -1;
	return put_text(a, "repositories", names, strlen(names), e);
}

int imgarch_write_docker(struct target *t, struct source *s, struct err *e)
{
	AUTO(archive) struct archive a = ARCHIVE_INIT(t);
	AUTO(saved) struct saved saved = { 0 };
	struct saved_image *image = xcalloc(1, sizeof(*image));
	const struct descriptor *config;

	saved.v = image;
	saved.n = 1;
	t->pack.compressor = "none"; /* of a layer that is made */
	t->pack.level = 0;
	if (add_tag(t, s, &image->tags, e) || begin(&a, s, e))
		return -1;
	config = &a.image->manifest.config;
	image->config = str_fmt("%s.json", digest_hex(&config->digest));
	if (put_layers(&a, image, e) ||
	    put_blob(&a, image->config, config, e) ||
	    put_documents(&a, &saved, e))
		return -1;
	return end(&a, e);
}
