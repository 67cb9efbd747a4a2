/* convert.c - any readable kind of image to any writable kind.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "image/convert.h"

#include "base/dir.h"
#include "base/mem.h"
#include "base/log.h"
#include "base/path.h"
#include "base/str.h"
#include "image/detect.h"
#include "image/host.h"
#include "image/imgarch.h"
#include "image/imgdir.h"
#include "image/imglayout.h"
#include "image/imgsif.h"
#include "image/imgsqfs.h"
#include "image/imgtar.h"
#include "image/layered.h"
#include "image/standin.h"
#include "image/store.h"
#include "image/storetree.h"
#include "image/target.h"
#include "image/watch.h"

#include <unistd.h>

enum form {
	FORM_TREE, /* a directory that appears by rename */
	FORM_FILE, /* a file that does, or standard output */
	FORM_OWN,  /* the kind's own business */
};

// clang-format off
static const struct kind {
	enum name_kind name;
	int (*open)(struct source *s, const struct name *n,
		    const struct source_opts *o, struct err *e);
	int (*write)(struct target *t, struct source *s, struct err *e);
	enum form form;
} kinds[] = {
	{ NAME_DIR,            imgdir_open,  imgdir_write,         FORM_TREE },
	{ NAME_TAR,            imgtar_open,  imgtar_write,         FORM_FILE },
	{ NAME_SQUASH,         imgsqfs_open, imgsqfs_write,        FORM_FILE },
	{ NAME_SIF,            imgsif_open,  imgsif_write,         FORM_FILE },
	{ NAME_OCI,            layered_open, imglayout_write,      FORM_OWN },
	{ NAME_STORE,          layered_open, imglayout_store,      FORM_OWN },
	{ NAME_OCI_ARCHIVE,    layered_open, imgarch_write_oci,    FORM_FILE },
	{ NAME_DOCKER_ARCHIVE, layered_open, imgarch_write_docker, FORM_FILE },
};
// clang-format on

static const struct kind *find_kind(enum name_kind name)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (kinds[i].name == name)
			return &kinds[i];
	return NULL;
}

/* One conversion. */
struct job {
	const struct convert_opts *o;
	struct platform want;
	struct source source;
	struct target target;
	struct store store; /* if it is written to */
	bool has_out;
	bool is_tree; /* IN is a directory */
	int tmpdir;
};

static void job_clear(struct job *j)
{
	source_close(&j->source);
	dest_clear(&j->target.dest);
	name_clear(&j->target.name);
	store_close(&j->store);
	if (j->tmpdir >= 0)
		close(j->tmpdir);
}
AUTO_DEFINE(job, struct job, job_clear)

/* A place for what must be put aside: where OUT will be, so that it can become
 * a part of it by rename. */
static int open_tmpdir(struct job *j, struct err *e)
{
	const struct name *n = &j->target.name;
	bool is_beside = n->path && !str_eq(n->path, "-");
	const char *given = j->o->tmpdir;
	autostr char *dir = NULL;

	if (j->tmpdir >= 0)
		return 0;
	if (j->has_out && n->kind == NAME_STORE) {
		if (store_open_write(&j->store, j->o->store, e))
			return -1;
		j->tmpdir = store_dir(&j->store, "tmp", e);
	} else if (j->has_out && n->kind == NAME_OCI) {
		j->tmpdir = imglayout_tmpdir(&j->target, e);
	} else {
		dir = is_beside ? path_dir(n->path)
				: xstrdup(given ? given : "/tmp");
		j->tmpdir = dir_open(dir, e);
		if (j->tmpdir < 0 && !is_beside && given)
			return err_ctx(e, "TMPDIR");
	}
	j->target.tmpdir = j->tmpdir;
	if (j->tmpdir < 0)
		return -1;
	tmp_sweep(j->tmpdir);
	return 0;
}

/* OUT's place, and all that can be wrong with OUT whatever IN is. */
static int open_out(const char *out, const struct convert_opts *o,
		    struct name *n, struct dest *d, struct err *e)
{
	enum form form;

	if (name_parse_out(out, n, e))
		return -1;
	if (o->progress == PROGRESS_JSON && n->path && str_eq(n->path, "-"))
		return err_set(e, ERR_USAGE,
			       "standard output can't have both the image and "
			       "--progress=json");
	if (pack_check(&o->pack, n, e))
		return err_ctx(e, "can't write '%s'", n->text);
	form = find_kind(n->kind)->form;
	if (form == FORM_TREE)
		return dest_open(d, n, o->force, e);
	if (form == FORM_FILE)
		return dest_open_file(d, n, o->force, e);
	return n->kind == NAME_OCI ? imglayout_check(n, o->store, e) : 0;
}

int convert_check_out(const char *out, const struct convert_opts *o,
		      struct err *e)
{
	AUTO(name) struct name n = { 0 };
	AUTO(dest) struct dest d = DEST_INIT;

	return open_out(out, o, &n, &d, e);
}

static int open_target(struct job *j, const char *out, struct err *e)
{
	struct target *t = &j->target;

	t->store = j->o->store;
	t->platform = &j->want;
	t->pack = j->o->pack;
	t->tmpdir = -1;
	j->has_out = out != NULL;
	return out ? open_out(out, j->o, &t->name, &t->dest, e) : 0;
}

/* What a file holds is told by its bytes; standard input, which is looked at,
 * too, has to be one first. */
static int look_at(struct job *j, struct name *n, struct err *e)
{
	bool is_stdin = n->path && str_eq(n->path, "-");
	autofd int fd = -1;
	enum name_kind kind = n->kind;

	if (kind != NAME_TAR)
		return 0;
	if (is_stdin && !j->has_out) /* it would be put aside for nothing */
		return name_refuse_file(n, e);
	if (is_stdin && !standin_is_file() &&
	    (open_tmpdir(j, e) || standin_open(j->tmpdir, e)))
		return -1;
	if (n->may_hold) {
		fd = standin_fd(is_stdin ? STANDIN_PATH : n->path);
		if (fd < 0)
			return err_sys(e, "can't open '%s'", n->text);
		if (detect_file(fd, n->text, &kind, e))
			return -1;
	}
	n->kind = kind;
	if (is_stdin && kind != NAME_OCI_ARCHIVE) {
		free(n->path);
		n->path = xstrdup(STANDIN_PATH);
	}
	return 0;
}

/* In another kind's place nothing may be read that is to be written. */
static int check_apart(const struct job *j, const struct name *in,
		       struct err *e)
{
	const struct name *out = &j->target.name;

	if (!in->path || !out->path || str_eq(out->path, "-"))
		return 0;
	/* To a layout that is read only a name may be added. */
	return dest_check_apart(
		out, in->path, in->kind == NAME_OCI && out->kind == NAME_OCI,
		e);
}

/* A SIF file says what its root file system is for. */
static int check_platform(const struct job *j, struct err *e)
{
	const struct source *s = &j->source;

	if (!host_suits(&j->want, &s->platform, j->o->platform != NULL,
			s->shown, e))
		return 0;
	return err_ctx(e, "%s", s->shown);
}

static bool is_archive(enum name_kind kind)
{
	return kind == NAME_OCI_ARCHIVE || kind == NAME_DOCKER_ARCHIVE;
}

static int open_kind(struct job *j, const struct name *n, const struct kind *k,
		     struct err *e)
{
	const struct source_opts o = {
		.want = &j->want,
		.is_asked = j->o->platform != NULL,
		.store = j->o->store,
		.readonly = j->o->readonly,
		.owner = j->o->owner,
		.tmpdir = j->tmpdir,
	};

	if (k->open(&j->source, n, &o, e))
		return -1;
	j->is_tree = n->kind == NAME_DIR;
	return n->kind == NAME_SIF ? check_platform(j, e) : 0;
}

static int open_name(struct job *j, struct name *n, struct err *e)
{
	const struct kind *k;

	if (look_at(j, n, e) || check_apart(j, n, e))
		return -1;
	if (!j->has_out && name_refuse_file(n, e))
		return -1;
	k = find_kind(n->kind);
	if (!k)
		return err_set(e, ERR_UNSUPPORTED,
			       "'%s' is in a registry; use ch-pull", n->text);
	if (!j->has_out && k->form == FORM_TREE)
		return err_set(e, ERR_UNSUPPORTED, "'%s' is unpacked already",
			       n->text);
	/* An archive of an image is put aside, and so is a new layer. */
	if ((is_archive(n->kind) ||
	     (j->has_out && is_archive(j->target.name.kind))) &&
	    open_tmpdir(j, e))
		return -1;
	return open_kind(j, n, k, e);
}

static int open_source(struct job *j, const char *text, struct err *e)
{
	AUTO(name) struct name n = { 0 };

	if (name_parse_in(text, &n, e))
		return -1;
	if (!open_name(j, &n, e))
		return 0;
	/* With a root the store has it, but not whole. */
	if (e->kind != ERR_NOTFOUND || n.kind != NAME_STORE || !n.maybe_path ||
	    j->source.root >= 0)
		return -1;
	*e = (struct err){ 0 }; /* that the store lacks it */
	source_close(&j->source);
	if (name_as_path(&n, e))
		return -1;
	return open_name(j, &n, e);
}

/* Bytes of its layers, or of the file that was read. */
static uint64_t size_of(const struct source *s)
{
	const struct manifest *m = &s->image.manifest;
	uint64_t sum = 0;

	for (size_t i = 0; i < m->n_layers; i++)
		sum += m->layers[i].size;
	return sum ? sum : s->size;
}

/* The last object for programs, and of a pull the line for people. Of a file
 * that has no digest they see what OUT is. */
static void tell_end(const struct job *j, struct progress *p, const char *dest)
{
	const struct source *s = &j->source;
	bool is_stored = s->is_store && !s->is_ours;
	autostr char *platform = platform_text(&s->platform);
	autostr char *name =
		s->ref.repo ? ref_name(&s->ref) : xstrdup(s->shown);
	autostr char *shown =
		s->ref.repo ? ref_short(&s->ref) : xstrdup(s->shown);
	struct progress_result r = {
		.name = name,
		.shown = shown,
		.platform = *s->platform.os ? platform : NULL,
		.digest = &s->image.digest,
		.dest = dest,
		.bytes = size_of(s),
		.layers = s->image.manifest.n_layers,
		.is_sif = s->sif != NULL,
		.is_made = true,
	};

	if (j->o->is_pull && !is_stored)
		r.fetched = r.bytes;
	if (j->o->progress == PROGRESS_JSON ||
	    (j->o->is_pull && *s->image.digest.text))
		progress_end(p, &r);
}

/* What was wrong is the input's, so it is named in front. */
static int write_target(struct job *j, struct err *e)
{
	struct source *s = &j->source;

	if (find_kind(j->target.name.kind)->write(&j->target, s, e)) {
		if (s->blame)
			s->blame(s->ctx, e);
		return err_ctx(e, "%s", s->shown);
	}
	source_report(s);
	return 0;
}

/* Options that were given and change nothing. */
static void warn_unused(const struct job *j)
{
	const struct source *s = &j->source;
	const struct pack *p = &j->o->pack;
	enum name_kind kind = j->target.name.kind;
	bool is_squash = kind == NAME_SQUASH || (kind == NAME_SIF && !s->sif);
	bool is_layout = kind == NAME_OCI || kind == NAME_STORE ||
			 kind == NAME_OCI_ARCHIVE;
	bool is_copied = is_layout && s->root >= 0 && !s->sif;
	bool is_packed =
		is_squash || kind == NAME_TAR || (is_layout && !is_copied);

	if (p->compressor && !(j->has_out && is_packed))
		log_warn("--compress has no effect: %s",
			 is_copied ? "layers are copied as they are"
				   : "nothing of OUT is compressed");
	if (p->block && !(j->has_out && is_squash))
		log_warn("--block-size has no effect: OUT is no squashfs");
	if (j->o->owner == DIRREAD_KEEP && !j->is_tree)
		log_warn("--owner has no effect: IN is no directory");
}

static int work(struct job *j, char **path, struct err *e)
{
	const struct convert_opts *o = j->o;
	const struct name *n = &j->target.name;

	if (j->has_out) {
		if (write_target(j, e))
			return -1;
		*path = n->path ? xstrdup(n->path) : NULL;
		return 0;
	}
	*path = storetree_make(&j->source, o->store, o->readonly, e);
	return *path ? 0 : -1;
}

int convert(const char *in, const char *out, const struct convert_opts *o,
	    struct progress *p, char **path, struct err *e)
{
	AUTO(job)
	struct job j = {
		.o = o,
		.source = SOURCE_INIT,
		.target.dest = DEST_INIT,
		.store = STORE_INIT,
		.tmpdir = -1,
	};
	struct watch w;

	*path = NULL;
	host_raise_files();
	if (host_platform(o->platform, &j.want, e) || open_target(&j, out, e) ||
	    open_source(&j, in, e))
		return -1;
	watch_start(&w, &j.source, p);
	j.target.watch = &w;
	warn_unused(&j);
	if (work(&j, path, e))
		return -1;
	if (o->progress == PROGRESS_JSON)
		watch_end(&w);
	tell_end(&j, p, out ? out : *path);
	return 0;
}
