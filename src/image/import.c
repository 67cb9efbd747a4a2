/* import.c - an image that was carried here in files.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Each image is read from a layout first (a directory of the user's, or the one
 * in which an archive was put aside), then its blobs go to ROOT: the manifest
 * last, so that what can be found there is whole.
 */
#include "config.h"

#include "image/import.h"

#include "base/dir.h"
#include "base/intr.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/str.h"
#include "format/json.h"
#include "format/ocilayout.h"
#include "image/blobs.h"
#include "image/carrier.h"
#include "image/imgoci.h"
#include "image/label.h"
#include "image/layout.h"
#include "image/saveload.h"
#include "image/spool.h"
#include "image/standin.h"

#include <fcntl.h>
#include <sys/stat.h>

struct job {
	const struct name *from;
	const struct platform *want;
	struct carrier carrier;
	struct import_list *out;
};

/* The image I, whose blobs are in ROOT now, is called REF (may be empty; moves
 * to the list). ENTRY is what an index said of it, or NULL. */
static void add(struct job *j, const struct imgoci *i, uint64_t fetched,
		struct ref *ref, const struct descriptor *entry)
{
	struct import_list *l = j->out;
	struct descriptor top;

	imgoci_describe(i, &top);
	/* It knows the variant, which configurations often leave out. */
	if (entry && *entry->platform.os)
		top.platform = entry->platform;
	if (entry && entry->ref_name)
		top.ref_name = xstrdup(entry->ref_name);
	l->v = xrealloc(l->v, l->n + 1, sizeof(*l->v));
	l->v[l->n++] = (struct imported){
		.ref = *ref,
		.fetched = fetched,
		.top = top,
	};
	*ref = (struct ref){ 0 };
}

/* --- OCI layouts */

/* The image of the layout SRC, whose own files are LAYOUT and INDEX. */
static int take_layout(struct job *j, int src, const struct str *layout,
		       const struct str *index, struct err *e)
{
	AUTO(descriptor) struct descriptor top = { 0 };
	AUTO(imgoci) struct imgoci i = { 0 };
	AUTO(ref) struct ref ref = { 0 };
	uint64_t fetched;

	if (ocilayout_check(layout->p, layout->len, e) ||
	    label_find(index, j->from->tag, j->want, &top, e) ||
	    imgoci_load(src, &top, j->want, &i, e) ||
	    carrier_take(&j->carrier, src, &i, &fetched, e))
		return -1;
	label_ref(&top, j->from->path, &ref);
	add(j, &i, fetched, &ref, &top);
	return 0;
}

static int from_directory(struct job *j, struct err *e)
{
	AUTO(str) struct str layout = { 0 };
	AUTO(str) struct str index = { 0 };
	autofd int src = dir_open(j->from->path, e);

	if (src < 0 ||
	    io_read_file(src, "oci-layout", JSON_BYTES_MAX, &layout, e) ||
	    io_read_file(src, "index.json", JSON_BYTES_MAX, &index, e))
		return -1;
	return take_layout(j, src, &layout, &index, e);
}

static int from_oci_archive(struct job *j, const struct spool *s, struct err *e)
{
	AUTO(str) struct str layout = { 0 };
	AUTO(str) struct str index = { 0 };

	if (!spool_has(s, "index.json") && spool_has(s, "manifest.json"))
		return err_set(e, ERR_FORMAT,
			       "it has no 'index.json' but a 'manifest.json': "
			       "name it 'docker-archive:%s'",
			       j->from->path);
	if (spool_text(s, "oci-layout", &layout, e) ||
	    spool_text(s, "index.json", &index, e))
		return -1;
	return take_layout(j, s->dir.fd, &layout, &index, e);
}

/* --- archives of docker save */

static bool has_tag(const struct saved_image *image, const struct ref *ref)
{
	autostr char *want = ref_name(ref);

	for (size_t i = 0; i < image->tags.n; i++) {
		AUTO(ref) struct ref r = { 0 };
		struct err ignored = { 0 }; /* then it is not this one */
		autostr char *name = NULL;

		if (ref_parse(image->tags.v[i], &r, &ignored))
			continue;
		name = ref_name(&r);
		if (str_eq(name, want))
			return true;
	}
	return false;
}

static int no_such(const struct saved *saved, const char *tag, struct err *e)
{
	AUTO(strlist) struct strlist there = { 0 };
	autostr char *list = NULL;
	size_t unnamed = 0;

	for (size_t i = 0; i < saved->n; i++) {
		const struct saved_image *image = &saved->v[i];

		unnamed += !image->tags.n;
		for (size_t k = 0; k < image->tags.n && there.n < 10; k++)
			strlist_addf(&there, "'%.80s'", image->tags.v[k]);
	}
	if (unnamed)
		strlist_addf(&there, "%zu without a name", unnamed);
	list = strlist_join(&there, ", ");
	return err_set(e, ERR_NOTFOUND, "no image '%s' in it; there is %s", tag,
		       list);
}

/* REF, or the place in the list as containers-transports(5) has it: "@0". *AT
 * is its index; REF stays empty for a place. */
static int choose(const struct saved *saved, const char *tag, struct ref *ref,
		  size_t *at, struct err *e)
{
	uint64_t n;

	*at = 0;
	if (*tag == '@') {
		if (num_parse(tag + 1, SAVED_IMAGES_MAX, "the image's place",
			      &n, e))
			return -1;
		*at = (size_t)n;
		return n < saved->n ? 0 : no_such(saved, tag, e);
	}
	if (ref_parse(tag, ref, e))
		return -1;
	while (*at < saved->n && !has_tag(&saved->v[*at], ref))
		++*at;
	return *at < saved->n ? 0 : no_such(saved, tag, e);
}

/* All names of an image, or only REF if that was asked for. */
static int add_names(struct job *j, const struct saved_image *image,
		     const struct imgoci *i, uint64_t fetched, struct ref *ref,
		     struct err *e)
{
	if (ref->repo || !image->tags.n) {
		add(j, i, fetched, ref, NULL);
		return 0;
	}
	for (size_t k = 0; k < image->tags.n; k++) {
		AUTO(ref) struct ref r = { 0 };

		if (ref_parse(image->tags.v[k], &r, e)) {
			e->kind = ERR_FORMAT; /* it is the archive's */
			return err_ctx(e, "manifest.json: RepoTags");
		}
		add(j, i, fetched, &r, NULL);
	}
	return 0;
}

/* The N images at IMAGES to V. All are looked at before the first is taken,
 * because taking moves what they share. */
static int take_saved(struct job *j, const struct spool *s,
		      const struct saved_image *images, struct imgoci *v,
		      size_t n, struct ref *ref, struct err *e)
{
	for (size_t i = 0; i < n; i++)
		if (saveload_image(s, &images[i], &v[i], e))
			return n == 1 ? -1 : err_ctx(e, "image %zu", i);
	for (size_t i = 0; i < n; i++) {
		uint64_t fetched;

		if (carrier_take(&j->carrier, s->dir.fd, &v[i], &fetched, e) ||
		    add_names(j, &images[i], &v[i], fetched, ref, e))
			return -1;
	}
	return 0;
}

static int from_docker_archive(struct job *j, const struct spool *s,
			       struct err *e)
{
	AUTO(str) struct str text = { 0 };
	AUTO(saved) struct saved saved = { 0 };
	AUTO(ref) struct ref ref = { 0 };
	struct imgoci *v;
	size_t at = 0, n;
	int rc;

	if (!spool_has(s, "manifest.json") && spool_has(s, "index.json"))
		return err_set(e, ERR_FORMAT,
			       "it has no 'manifest.json' but an 'index.json': "
			       "name it 'oci-archive:%s'",
			       j->from->path);
	if (spool_text(s, "manifest.json", &text, e) ||
	    saved_parse(text.p, text.len, &saved, e) ||
	    (j->from->tag && choose(&saved, j->from->tag, &ref, &at, e)))
		return -1;
	n = j->from->tag ? 1 : saved.n;
	v = xcalloc(n, sizeof(*v));
	rc = take_saved(j, s, &saved.v[at], v, n, &ref, e);
	for (size_t i = 0; i < n; i++)
		imgoci_clear(&v[i]);
	free(v);
	return rc;
}

static int open_archive(const struct name *from, struct err *e)
{
	autofd int fd = -1;
	struct stat st;

	if (str_eq(from->path, "-")) {
		if (standin_check(e))
			return -1;
		fd = standin_fd(STANDIN_PATH);
	} else {
		fd = open(from->path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	}
	if (fd < 0) {
		if (errno == EINTR && intr_check(e)) /* waiting for a fifo */
			return -1;
		err_sys(e, "can't open it");
		if (errno == ENOENT)
			e->kind = ERR_NOTFOUND;
		return -1;
	}
	if (fstat(fd, &st))
		return err_sys(e, "can't stat it");
	if (S_ISDIR(st.st_mode))
		return err_set(e, ERR_USAGE,
			       "it is a directory, not an archive");
	return TAKE_FD(fd);
}

static int from_archive(struct job *j, struct err *e)
{
	bool is_stdin = str_eq(j->from->path, "-");
	AUTO(spool) struct spool s = SPOOL_INIT;
	autofd int fd = open_archive(j->from, e);
	autofd int tmpdir = -1;

	if (fd < 0)
		return -1;
	tmpdir = layout_tmpdir(j->carrier.root, e);
	if (tmpdir < 0 ||
	    spool_read(&s, fd, is_stdin ? "standard input" : j->from->path,
		       tmpdir, j->carrier.progress, e))
		return -1;
	if (j->from->may_hold && !spool_has(&s, "index.json") &&
	    !spool_has(&s, "manifest.json"))
		return err_set(e, ERR_FORMAT,
			       "no image is saved in it: it has neither "
			       "'index.json' nor 'manifest.json'");
	if (j->from->may_hold ? spool_has(&s, "index.json")
			      : j->from->kind == NAME_OCI_ARCHIVE)
		return from_oci_archive(j, &s, e);
	return from_docker_archive(j, &s, e);
}

int import_images(const struct name *from, const struct platform *want,
		  int root, struct progress *p, struct import_list *out,
		  struct err *e)
{
	struct job j = {
		.from = from,
		.want = want,
		.carrier = { .root = root,
			     .progress = p,
			     .is_ours = from->kind != NAME_OCI },
		.out = out,
	};
	int rc;

	*out = (struct import_list){ 0 };
	rc = from->kind == NAME_OCI ? from_directory(&j, e)
				    : from_archive(&j, e);
	if (!rc)
		return 0;
	import_list_clear(out);
	return err_ctx(e, "%s", from->text);
}

void import_list_clear(struct import_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		ref_clear(&l->v[i].ref);
		descriptor_clear(&l->v[i].top);
	}
	free(l->v);
	*l = (struct import_list){ 0 };
}
