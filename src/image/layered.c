/* layered.c - an image that has layers, as it is read.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "image/layered.h"

#include "base/dir.h"
#include "base/io.h"
#include "base/mem.h"
#include "format/json.h"
#include "format/ocilayout.h"
#include "image/host.h"
#include "image/imgsif.h"
#include "image/import.h"
#include "image/label.h"
#include "image/stores.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A layer whose bytes are counted. */
struct counted {
	struct layer_source from;
	struct source *source;
};

struct layered {
	struct source *source;
	struct stores stores;
	const struct store *in; /* the one of them that has it, or NULL */
	struct descriptor top;  /* manifest or index */
	struct tmp aside;       /* an archive's files */
	struct imgoci_layers layers;
	struct counted *counted;
	struct layer_source *sources;
	struct stack_layers stack;
	struct source sif; /* what the one layer holds, if it is a SIF file */
	struct err why;    /* it can't be read as one */
};

static void close_layered(void *ctx)
{
	struct layered *l = ctx;

	source_close(&l->sif);
	if (l->sources)
		stack_layers_clear(&l->stack);
	free(l->sources);
	free(l->counted);
	imgoci_layers_close(&l->layers);
	tmp_clear(&l->aside);
	descriptor_clear(&l->top);
	stores_close(&l->stores);
	free(l);
}

static int open_layout(struct layered *l, const struct name *n,
		       const struct platform *want, struct err *e)
{
	struct source *s = l->source;
	AUTO(str) struct str layout = { 0 };
	AUTO(str) struct str index = { 0 };

	s->root = dir_open(n->path, e);
	if (s->root < 0)
		return -1;
	if (io_read_file(s->root, "oci-layout", 4096, &layout, e) ||
	    ocilayout_check(layout.p, layout.len, e) ||
	    io_read_file(s->root, "index.json", JSON_BYTES_MAX, &index, e) ||
	    label_find(&index, n->tag, want, &l->top, e))
		return err_ctx(e, "'%s'", n->path);
	s->shown = str_fmt("oci:%s%s%s", n->path, n->tag ? ":" : "",
			   n->tag ? n->tag : "");
	s->tag = l->top.ref_name ? xstrdup(l->top.ref_name) : NULL;
	label_ref(&l->top, n->path, &s->ref);
	return 0;
}

/* None for WANT: how to get it. */
static int advise(const struct name *n, const struct source_opts *o,
		  struct err *e)
{
	autostr char *shown = ref_short(&n->ref);
	autostr char *text = platform_text(o->want);
	const char *arch = str_starts(text, "linux/") ? text + 6 : text;

	if (!o->is_asked)
		return err_hint(e, "get it with 'ch-pull %s'", shown);
	return err_hint(e, "get it with 'ch-pull --arch=%s %s'",
			strchr(arch, '/') ? text : arch, shown);
}

static int open_store(struct layered *l, const struct name *n,
		      const struct source_opts *o, struct err *e)
{
	struct source *s = l->source;

	if (stores_open(&l->stores, o->store, o->readonly, false, e))
		return -1;
	if (stores_find(&l->stores, &n->ref, o->want, &l->top, &l->in, e)) {
		l->in = NULL;
		if (n->maybe_path)
			return -1;
		if (e->kind == ERR_NOTFOUND || e->kind == ERR_UNSUPPORTED)
			return advise(n, o, e);
		return -1;
	}
	s->root = dir_open(l->in->path, e);
	if (s->root < 0)
		return -1;
	s->is_store = true;
	s->shown = ref_name(&n->ref);
	return ref_parse(s->shown, &s->ref, e);
}

/* The archive's one image. */
static int open_archive(struct layered *l, const struct name *n,
			const struct source_opts *o, struct err *e)
{
	AUTO(import_list) struct import_list list = { 0 };
	struct source *s = l->source;

	if (tmp_dir(&l->aside, o->tmpdir, e) ||
	    import_images(n, o->want, l->aside.fd, NULL, &list, e))
		return -1;
	for (size_t i = 1; i < list.n; i++)
		if (!digest_eq(&list.v[0].top.digest, &list.v[i].top.digest))
			return err_set(e, ERR_USAGE,
				       "'%s' holds several images; choose one, "
				       "as in 'docker-archive:%s:REF'",
				       n->text, n->path);
	s->root = fcntl(l->aside.fd, F_DUPFD_CLOEXEC, 3);
	if (s->root < 0)
		return err_sys(e, "can't use the files of '%s'", n->text);
	s->is_ours = s->is_store = true;
	descriptor_copy(&l->top, &list.v[0].top);
	s->ref = list.v[0].ref;
	list.v[0].ref = (struct ref){ 0 };
	s->tag = l->top.ref_name ? xstrdup(l->top.ref_name) : NULL;
	s->shown = xstrdup(n->text);
	return 0;
}

static ssize_t read_counted(void *ctx, void *p, size_t n, struct err *e)
{
	struct counted *c = ctx;
	ssize_t got = c->from.read(c->from.ctx, p, n, e);

	if (got > 0)
		atomic_fetch_add(&c->source->done, (uint64_t)got);
	return got;
}

static int rewind_counted(void *ctx, struct err *e)
{
	struct counted *c = ctx;

	return c->from.rewind(c->from.ctx, e);
}

static void make_stack(struct layered *l)
{
	struct source *s = l->source;
	size_t n = l->layers.n;

	l->counted = xcalloc(n + 1, sizeof(*l->counted));
	l->sources = xcalloc(n + 1, sizeof(*l->sources));
	for (size_t i = 0; i < n; i++) {
		l->counted[i] = (struct counted){ l->layers.v[i], s };
		l->sources[i] = l->layers.v[i];
		l->sources[i].read = read_counted;
		l->sources[i].rewind = rewind_counted;
		l->sources[i].ctx = &l->counted[i];
		s->size += s->image.manifest.layers[i].size;
	}
	stack_layers_init(&l->stack, l->sources, n);
	s->stack = l->stack.stack;
}

static int fail_to_walk(void *ctx, enum stack_order order, const bool *want,
			stack_give *give, void *arg, struct err *e)
{
	const struct layered *l = ctx;

	(void)order;
	(void)want;
	(void)give;
	(void)arg;
	*e = l->why;
	return -1;
}

static int blame(void *ctx, struct err *e)
{
	struct layered *l = ctx;
	struct source *s = l->source;
	bool is_own = l->in == &l->stores.v[0];

	if (!l->in)
		return imgoci_layers_blame(&s->image, &l->layers, e);
	return imgoci_blame_store(s->root, is_own ? NULL : l->in->path,
				  &s->image, e);
}

/* The one layer is a SIF file: from here on it is read as one, here and there
 * in it, so its sum is taken first. If it can't be read it can still be copied
 * as it is. */
static int open_sif(struct layered *l, struct err *e)
{
	struct source *s = l->source;
	AUTO(str) struct str text = { 0 };
	int fd;

	if (imgoci_layers_check(&s->image, &l->layers, e))
		return blame(l, e);
	fd = fcntl(l->layers.fds[0], F_DUPFD_CLOEXEC, 3);
	if (fd < 0)
		return err_sys(e, "can't read the SIF file");
	s->sif = &l->layers;
	l->sif.shown = xstrdup(s->shown);
	if (imgsif_open_fd(&l->sif, fd, "the SIF file", &l->why)) {
		s->stack = (struct stack){ .n = 1, .walk = fail_to_walk };
		s->stack.ctx = l;
		return 0;
	}
	s->stack = l->sif.stack;
	s->has_sing = true;
	s->warnings = l->sif.warnings;
	s->notes = l->sif.notes;
	l->sif.warnings = l->sif.notes = (struct strlist){ 0 };
	str_addn(&text, l->sif.config_text.p, l->sif.config_text.len);
	return source_set_config(s, &text, e);
}

/* An index says the platform, with the variant that configurations often leave
 * out; an image that is in none says it itself: ITS. */
static int check_platform(const struct layered *l, const struct platform *its,
			  const struct source_opts *o, struct err *e)
{
	const struct platform *said = &l->top.platform;
	const char *shown = l->source->shown;

	if (!host_suits(o->want, *said->os ? said : its, o->is_asked, shown, e))
		return 0;
	return err_ctx(e, "%s", shown);
}

static int load(struct layered *l, const struct source_opts *o, struct err *e)
{
	struct source *s = l->source;
	AUTO(str) struct str text = { 0 };

	if (imgoci_load(s->root, &l->top, o->want, &s->image, e))
		return err_ctx(e, "%s", s->shown);
	if (check_platform(l, &s->image.config.platform, o, e))
		return -1;
	if (imgoci_layers_open(s->root, &s->image, !s->is_store, &l->layers, e))
		return err_ctx(e, "%s", s->shown);
	if (s->image.manifest.is_sif)
		return open_sif(l, e) ? err_ctx(e, "%s", s->shown)
				      : check_platform(l, &s->platform, o, e);
	make_stack(l);
	str_addn(&text, s->image.config_text.p, s->image.config_text.len);
	return source_set_config(s, &text, e);
}

int layered_open(struct source *s, const struct name *n,
		 const struct source_opts *o, struct err *e)
{
	struct layered *l = xcalloc(1, sizeof(*l));
	int rc;

	l->source = s;
	l->aside = (struct tmp)TMP_INIT;
	l->sif = (struct source)SOURCE_INIT;
	s->blame = blame;
	s->close = close_layered;
	s->ctx = l;
	if (n->kind == NAME_STORE)
		rc = open_store(l, n, o, e);
	else if (n->kind == NAME_OCI)
		rc = open_layout(l, n, o->want, e);
	else
		rc = open_archive(l, n, o, e);
	return rc || load(l, o, e) ? -1 : 0;
}
