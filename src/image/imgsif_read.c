/* imgsif_read.c - a SIF file that is read.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "image/imgsif.h"

#include "base/mem.h"
#include "format/json.h"
#include "format/sing.h"
#include "image/imgsqfs.h"
#include "image/siffile.h"
#include "image/standin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define INSPECT "inspect-metadata.json"
#define OCI_CONFIG "oci-config.json"

static void note_lost(struct source *s, const struct sing_lost *lost)
{
	if (lost->commands)
		strlist_addf(&s->notes,
			     "%s: %zu commands of the image's environment "
			     "scripts are more than assignments and are not "
			     "carried over",
			     s->shown, lost->commands);
	if (lost->is_labels)
		strlist_addf(&s->notes,
			     "%s: the labels are not JSON and are not carried "
			     "over",
			     s->shown);
}

/* Objects that no other image has, nor one that is made of this. */
enum { SIGNATURE, SBOM, PARTITION, OTHER, N_EXTRAS };

static const char *const extras[N_EXTRAS][2] = {
	[SIGNATURE] = { "signature", "signatures" },
	[SBOM] = { "SBOM", "SBOMs" },
	[PARTITION] = { "partition", "partitions" },
	[OTHER] = { "other object", "other objects" },
};

static int kind_of(const struct siffile *f, const struct sifobj *o)
{
	if (o == f->primary || o->type == SIFOBJ_DEFINITION ||
	    o == sifhdr_find(f->v, f->n, SIFOBJ_JSON, INSPECT) ||
	    o == sifhdr_find(f->v, f->n, SIFOBJ_JSON, OCI_CONFIG))
		return N_EXTRAS; /* that is carried over */
	switch (o->type) {
	case SIFOBJ_SIGNATURE:
		return SIGNATURE;
	case SIFOBJ_SBOM:
		return SBOM;
	case SIFOBJ_PARTITION:
		return PARTITION;
	default:
		return OTHER;
	}
}

static void note_extras(struct source *s, const size_t counts[N_EXTRAS])
{
	AUTO(strlist) struct strlist l = { 0 };
	autostr char *text = NULL;

	for (size_t i = 0; i < N_EXTRAS; i++)
		if (counts[i])
			strlist_addf(&l, "%zu %s", counts[i],
				     extras[i][counts[i] > 1]);
	text = strlist_join(&l, ", ");
	if (l.n)
		strlist_addf(&s->notes, "%s: not carried over: %s", s->shown,
			     text);
}

static void note_objects(struct source *s, const struct siffile *f)
{
	size_t counts[N_EXTRAS + 1] = { 0 };

	for (size_t i = 0; i < f->n; i++) {
		const struct sifobj *o = &f->v[i];

		counts[kind_of(f, o)]++;
		if (o->type == SIFOBJ_PARTITION && o->part == SIFOBJ_OVERLAY)
			strlist_addf(&s->warnings,
				     "%s: object %u is an overlay, which holds "
				     "changes to the image; they are not read",
				     s->shown, o->id);
	}
	if (counts[SIGNATURE])
		strlist_addf(&s->notes,
			     "%s: %zu %s the file, but no key was asked "
			     "whether %s genuine",
			     s->shown, counts[SIGNATURE],
			     counts[SIGNATURE] == 1 ? "signature fits"
						    : "signatures fit",
			     counts[SIGNATURE] == 1 ? "it is" : "they are");
	note_extras(s, counts);
}

#define SCRIPTS_MAX 256 /* in /.singularity.d/env */

/* What the image's files say of how it is run. */
struct texts {
	struct str runscript, labels;
	struct strlist paths; /* of the scripts that make the environment */
	struct str *env;
};

static void texts_clear(struct texts *t)
{
	str_clear(&t->runscript);
	str_clear(&t->labels);
	for (size_t i = 0; t->env && i < t->paths.n; i++)
		str_clear(&t->env[i]);
	free(t->env);
	strlist_clear(&t->paths);
}
AUTO_DEFINE(texts, struct texts, texts_clear)

/* The names of the scripts. Directories come before what is in them, and all of
 * that before what is next to them. */
static int find_scripts(void *arg, size_t i, const struct entries *r,
			struct err *e)
{
	struct strlist *paths = arg;
	struct entry entry;
	bool is_in = false;
	int rc;

	(void)i;
	while ((rc = r->next(r->ctx, &entry, e)) > 0) {
		if (is_in && !str_starts(entry.name, SING_ENV_DIR))
			return 0;
		is_in = str_starts(entry.name, SING_ENV_DIR);
		if (!sing_is_env(entry.name) || entry.type == ENTRY_DIR)
			continue;
		if (paths->n == SCRIPTS_MAX)
			return err_set(e, ERR_LIMIT,
				       "more than %d scripts in '/%s'",
				       SCRIPTS_MAX, SING_ENV_DIR);
		strlist_add(paths, entry.name);
	}
	return rc;
}

static int read_file(const struct source *s, const char *path, struct str *out,
		     struct err *e)
{
	return imgsqfs_file(s, path, JSON_BYTES_MAX, out, e);
}

static int read_texts(const struct source *s, struct texts *t, struct err *e)
{
	if (read_file(s, SING_RUNSCRIPT, &t->runscript, e) ||
	    read_file(s, SING_LABELS, &t->labels, e) ||
	    s->stack.walk(s->stack.ctx, STACK_UP, NULL, find_scripts, &t->paths,
			  e))
		return -1;
	strlist_sort(&t->paths); /* as a shell does */
	t->env = xcalloc(t->paths.n + 1, sizeof(*t->env));
	for (size_t i = 0; i < t->paths.n; i++)
		if (read_file(s, t->paths.v[i], &t->env[i], e))
			return -1;
	return 0;
}

static struct sing_text text_of(const struct str *s)
{
	return (struct sing_text){ s->len ? s->p : NULL, s->len };
}

/* Those of T as sing_config takes them. Caller frees. */
static struct sing_script *scripts_of(const struct texts *t)
{
	struct sing_script *v = xcalloc(t->paths.n + 1, sizeof(*v));

	for (size_t i = 0; i < t->paths.n; i++)
		v[i] = (struct sing_script){ t->paths.v[i],
					     text_of(&t->env[i]) };
	return v;
}

static int make_config(struct source *s, const struct texts *t,
		       const char *arch, struct err *e)
{
	autostr struct sing_script *scripts = scripts_of(t);
	const struct sing_texts texts = {
		.runscript = text_of(&t->runscript),
		.labels = text_of(&t->labels),
		.env = scripts,
		.n_env = t->paths.n,
		.oci_config = text_of(&s->sif_config),
	};
	struct platform p = { .os = "linux" };
	const struct imgconfig_change c = { .platform = &p };
	struct sing_lost lost = { 0 };
	autostr char *outer = sing_config(&texts, &lost, e);
	autostr char *whole = NULL;
	AUTO(str) struct str text = { 0 };

	if (!outer)
		return -1;
	snprintf(p.arch, sizeof p.arch, "%s", *arch ? arch : "unknown");
	whole = imgconfig_edit(outer, strlen(outer), &c, e);
	if (!whole)
		return -1;
	str_add(&text, whole);
	note_lost(s, &lost);
	return source_set_config(s, &text, e);
}

/* The object of TYPE and NAME (NULL: any), if there is one. */
static int read_object(const struct siffile *f, uint32_t type, const char *name,
		       struct str *out, struct err *e)
{
	const struct sifobj *o = sifhdr_find(f->v, f->n, type, name);

	return o ? siffile_read(f, o, out, e) : 0;
}

static int read_config(struct source *s, const struct siffile *f, struct err *e)
{
	AUTO(texts) struct texts t = { .env = NULL };

	if (read_object(f, SIFOBJ_DEFINITION, NULL, &s->sif_definition, e) ||
	    read_object(f, SIFOBJ_JSON, INSPECT, &s->sif_inspect, e) ||
	    read_object(f, SIFOBJ_JSON, OCI_CONFIG, &s->sif_config, e) ||
	    read_texts(s, &t, e))
		return -1;
	return make_config(s, &t, f->primary->arch, e);
}

int imgsif_open_fd(struct source *s, int fd, const char *name, struct err *e)
{
	AUTO(siffile) struct siffile f = { .fd = -1 };
	autofd int owned = fd;
	struct stat st;

	if (fstat(fd, &st) || !S_ISREG(st.st_mode))
		return err_set(e, ERR_UNSUPPORTED, "'%s' is not a file", name);
	if (siffile_open(fd, &f, e) || siffile_check(&f, e))
		return err_ctx(e, "'%s'", name);
	fd = TAKE_FD(owned);
	if (imgsqfs_open_at(s, fd, f.primary->at, f.primary->size, name, e))
		return -1;
	s->is_inside = false;
	s->has_sing = true;
	note_objects(s, &f);
	return read_config(s, &f, e) ? err_ctx(e, "'%s'", name) : 0;
}

int imgsif_open(struct source *s, const struct name *n,
		const struct source_opts *o, struct err *e)
{
	uint64_t size;
	int fd = standin_file(n->path, &size, e);

	(void)o; /* nothing of it is of use here */
	s->shown = xstrdup(n->text);
	return fd < 0 ? -1 : imgsif_open_fd(s, fd, n->path, e);
}
