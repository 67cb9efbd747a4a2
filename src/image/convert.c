/* convert.c - any readable kind of image to any writable kind.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "image/convert.h"

#include "base/dir.h"
#include "base/mem.h"
#include "base/path.h"
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

#include <fcntl.h>
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
static int open_tmpdir(struct job *j, const char *out, struct err *e)
{
	const struct name *n = &j->target.name;
	autostr char *dir = NULL;

	if (out && n->kind == NAME_STORE) {
		if (store_open_write(&j->store, j->o->store, e))
			return -1;
		j->tmpdir = store_dir(&j->store, "tmp", e);
	} else {
		dir = out && !str_eq(n->path, "-")
			      ? path_dir(n->path)
			      : xstrdup(j->o->tmpdir ? j->o->tmpdir : "/tmp");
		j->tmpdir = dir_open(dir, e);
	}
	j->target.tmpdir = j->tmpdir;
	return j->tmpdir < 0 ? -1 : 0;
}

static int open_target(struct job *j, const char *out, struct err *e)
{
	struct target *t = &j->target;
	enum form form;

	t->store = j->o->store;
	t->platform = &j->want;
	t->pack = j->o->pack;
	if (!out)
		return open_tmpdir(j, out, e);
	if (name_parse_out(out, &t->name, e))
		return -1;
	if (j->o->progress == PROGRESS_JSON && t->name.path &&
	    str_eq(t->name.path, "-"))
		return err_set(e, ERR_USAGE,
			       "standard output can't have both the image and "
			       "--progress=json");
	form = find_kind(t->name.kind)->form;
	if (form == FORM_TREE && dest_open(&t->dest, &t->name, j->o->force, e))
		return -1;
	if (form == FORM_FILE &&
	    dest_open_file(&t->dest, &t->name, j->o->force, e))
		return -1;
	return open_tmpdir(j, out, e);
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
	if (is_stdin && standin_open(j->tmpdir, e))
		return -1;
	if (n->may_hold) {
		fd = open(is_stdin ? STANDIN_PATH : n->path,
			  O_RDONLY | O_CLOEXEC);
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
	if (in->kind == NAME_OCI && out->kind == NAME_OCI)
		return 0; /* only a name is added to the layout */
	return dest_check_apart(out, in->path, e);
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

static int open_name(struct job *j, struct name *n, const char *out,
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
	const struct kind *k;

	if (look_at(j, n, e) || check_apart(j, n, e))
		return -1;
	if (!out && name_refuse_file(n, e))
		return -1;
	k = find_kind(n->kind);
	if (!k)
		return err_set(e, ERR_UNSUPPORTED,
			       "'%s' is in a registry; use ch-pull", n->text);
	if (!out && k->form == FORM_TREE)
		return err_set(e, ERR_UNSUPPORTED, "'%s' is unpacked already",
			       n->text);
	if (k->open(&j->source, n, &o, e))
		return -1;
	return n->kind == NAME_SIF ? check_platform(j, e) : 0;
}

static int open_source(struct job *j, const char *text, const char *out,
		       struct err *e)
{
	AUTO(name) struct name n = { 0 };

	if (name_parse_in(text, &n, e))
		return -1;
	if (!open_name(j, &n, out, e))
		return 0;
	if (e->kind != ERR_NOTFOUND || n.kind != NAME_STORE || !n.maybe_path)
		return -1;
	*e = (struct err){ 0 }; /* that the store lacks it */
	source_close(&j->source);
	if (name_as_path(&n, e))
		return -1;
	return open_name(j, &n, out, e);
}

/* The last object for programs; people see what OUT is. */
static void tell_end(const struct job *j, struct watch *w)
{
	const struct source *s = &j->source;
	const struct progress_result r = {
		.name = s->shown,
		.shown = s->shown,
		.digest = &s->image.digest,
		.dest = j->target.name.text,
		.bytes = s->size,
		.layers = s->image.manifest.n_layers,
	};

	if (j->o->progress != PROGRESS_JSON)
		return;
	progress_done(w->progress, w->row);
	progress_end(w->progress, &r);
}

/* What was wrong is the input's, so it is named in front. */
static int write_target(struct job *j, struct err *e)
{
	struct source *s = &j->source;
	AUTO(progress)
	struct progress *p = progress_new(s->shown, j->o->progress);
	struct watch w;

	watch_start(&w, s, p);
	if (find_kind(j->target.name.kind)->write(&j->target, s, e)) {
		if (s->blame)
			s->blame(s->ctx, e);
		return err_ctx(e, "%s", s->shown);
	}
	source_report(s);
	tell_end(j, &w);
	return 0;
}

int convert(const char *in, const char *out, const struct convert_opts *o,
	    char **path, struct err *e)
{
	AUTO(job)
	struct job j = {
		.o = o,
		.source = SOURCE_INIT,
		.target.dest = DEST_INIT,
		.store = STORE_INIT,
		.tmpdir = -1,
	};

	*path = NULL;
	host_raise_files();
	if (host_platform(o->platform, &j.want, e) || open_target(&j, out, e) ||
	    open_source(&j, in, out, e))
		return -1;
	if (!out) {
		*path = storetree_make(&j.source, o->store, o->readonly, e);
		return *path ? 0 : -1;
	}
	if (write_target(&j, e))
		return -1;
	*path = j.target.name.path ? xstrdup(j.target.name.path) : NULL;
	return 0;
}
