/* carrier.c - the blobs of one image from one layout to another.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "image/carrier.h"

#include "base/dir.h"
#include "base/hash.h"
#include "base/intr.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/tmp.h"
#include "image/blobs.h"
#include "image/layout.h"
#include "image/room.h"
#include "image/watch.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#define COPY_BYTES (1u << 20)

/* Synced before it has its name in ROOT, and with ROOT's permissions. */
static int move_blob(const struct carrier *c, int src,
		     const struct descriptor *d, struct err *e)
{
	autostr char *path = str_fmt("blobs/%s", digest_algo(&d->digest));
	const char *name = digest_hex(&d->digest);
	autofd int fd = blobs_open(src, &d->digest, d->size, e);
	autofd int from = -1, to = -1;

	if (fd < 0)
		return -1;
	if (fchmod(fd, layout_blob_mode(c->root)))
		return err_sys(e, "can't set the mode of %s", d->digest.text);
	if (io_sync(fd, name, e))
		return -1;
	from = dir_open_beneath(src, path, O_RDONLY | O_DIRECTORY, 0, e);
	if (from < 0)
		return -1;
	to = layout_dir(c->root, path, e);
	if (to < 0)
		return -1;
	if (renameat(from, name, to, name))
		return err_sys(e, "can't make blob %s", d->digest.text);
	return io_sync(to, path, e);
}

/* FROM to TO; the sum of what was written is compared with D. */
static int copy_checked(const struct carrier *c, int from, int to,
			const struct descriptor *d, size_t row, struct err *e)
{
	AUTO(hash) struct hash *h = hash_new(d->digest.algo);
	autostr char *buffer = xmalloc(COPY_BYTES);
	uint64_t done = 0;
	ssize_t n;

	while ((n = io_read(from, buffer, COPY_BYTES, d->digest.text, e)) > 0) {
		if (intr_check(e))
			return -1;
		hash_add(h, buffer, (size_t)n);
		if (io_write(to, buffer, (size_t)n, d->digest.text, e))
			return -1;
		done += (size_t)n;
		if (c->watch)
			watch_add(c->watch, (uint64_t)n);
		if (!c->progress)
			continue;
		progress_at(c->progress, row, done, 0);
		progress_tick(c->progress);
	}
	return n < 0 ? -1 : digest_check(h, &d->digest, e);
}

static int copy_blob(const struct carrier *c, int src,
		     const struct descriptor *d, size_t row, struct err *e)
{
	AUTO(tmp) struct tmp t = TMP_INIT;
	autofd int from = blobs_open(src, &d->digest, d->size, e);
	autofd int tmpdir = -1;

	if (from < 0)
		return -1;
	tmpdir = layout_tmpdir(c->root, e);
	if (tmpdir < 0 || tmp_file(&t, tmpdir, e) ||
	    copy_checked(c, from, t.fd, d, row, e))
		return -1;
	return blobs_publish(c->root, &t, &d->digest, e);
}

static int take(const struct carrier *c, int src, const struct descriptor *d,
		const char *what, struct err *e)
{
	bool is_there = blobs_has(c->root, &d->digest, d->size);
	size_t row = 0;
	int rc;

	if (c->progress)
		row = progress_add(c->progress, what, &d->digest, d->size);
	if (c->watch && (c->is_ours || is_there))
		watch_add(c->watch, d->size); /* no bytes need be read */
	if (is_there) {
		if (c->progress)
			progress_have(c->progress, row);
		return 0;
	}
	rc = c->is_ours ? move_blob(c, src, d, e)
			: copy_blob(c, src, d, row, e);
	if (rc)
		return err_ctx(e, "%s", what);
	if (c->progress)
		progress_done(c->progress, row);
	return 0;
}

static int take_layers(const struct carrier *c, int src,
		       const struct manifest *m, uint64_t *fetched,
		       struct err *e)
{
	*fetched = 0;
	for (size_t k = 0; k < m->n_layers; k++) {
		autostr char *what =
			str_fmt("layer %zu of %zu", k + 1, m->n_layers);

		if (!blobs_has(c->root, &m->layers[k].digest,
			       m->layers[k].size))
			*fetched += m->layers[k].size;
		if (take(c, src, &m->layers[k], what, e))
			return -1;
	}
	return 0;
}

/* A small document, which may be needed again for the next image: copied. */
static int take_document(const struct carrier *c, int src,
			 const struct descriptor *d, const char *what,
			 struct err *e)
{
	struct carrier copying = { .root = c->root };

	return take(&copying, src, d, what, e);
}

/* Blobs that are moved are on the disk already. */
static int check_room(const struct carrier *c, const struct manifest *m,
		      struct err *e)
{
	uint64_t sum = 0;

	if (c->is_ours || !c->shown)
		return 0;
	for (size_t k = 0; k < m->n_layers; k++) {
		const struct descriptor *d = &m->layers[k];

		if (!manifest_is_twin(m, k) &&
		    !blobs_has(c->root, &d->digest, d->size))
			sum += d->size;
	}
	return room_check(c->root, c->shown, sum, e);
}

int carrier_take(const struct carrier *c, int src, const struct imgoci *i,
		 uint64_t *fetched, struct err *e)
{
	const struct manifest *m = &i->manifest;
	struct descriptor top = { .digest = i->digest, .size = i->size };

	if (check_room(c, m, e) || take_layers(c, src, m, fetched, e) ||
	    take_document(c, src, &m->config, "configuration", e))
		return -1;
	return take_document(c, src, &top, "manifest", e);
}
