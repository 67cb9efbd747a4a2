/* imgsif_write.c - a SIF file that is written.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Header, definition file, two JSON documents, and the root file system, in the
 * order in which Apptainer writes them. The squashfs is written in place, and
 * the header last, when its size is known.
 */
#include "config.h"

#include "image/imgsif.h"

#include "base/io.h"
#include "base/mem.h"
#include "format/sifhdr.h"
#include "format/sing.h"
#include "image/imgsqfs.h"
#include "image/outfile.h"
#include "image/strip.h"
#include "layer/memread.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { DEFINITION, INSPECT, OCI_CONFIG, ROOT, N_OBJECTS };

/* The image with what Apptainer needs: what only yields to the image's own is a
 * layer below all, the rest one on top. */
struct dressed {
	struct stack stack; /* the result */
	struct sing_files files;
	struct strip strip;
	struct memread *bottom;
	struct memread *top;
	struct stack_topped topped;
	const char **names; /* of the layers */
};

static void dressed_clear(struct dressed *d)
{
	sing_files_clear(&d->files);
	if (!d->top)
		return;
	stack_topped_clear(&d->topped);
	free(d->names);
	memread_free(d->bottom);
	memread_free(d->top);
}
AUTO_DEFINE(dressed, struct dressed, dressed_clear)

/* Layer I of the stack above the bottom. */
struct shifted {
	stack_give *give;
	void *arg;
};

static int give_shifted(void *arg, size_t i, const struct entries *r,
			struct err *e)
{
	const struct shifted *s = arg;

	return s->give(s->arg, i + 1, r, e);
}

static int give_bottom(struct dressed *d, const bool *want, stack_give *give,
		       void *arg, struct err *e)
{
	struct entries r = memread_entries(d->bottom);

	return want && !want[0] ? 0 : give(arg, 0, &r, e);
}

static int walk(void *ctx, enum stack_order order, const bool *want,
		stack_give *give, void *arg, struct err *e)
{
	struct dressed *d = ctx;
	const struct stack *above = &d->topped.stack;
	struct shifted shifted = { give, arg };

	if (order == STACK_UP && give_bottom(d, want, give, arg, e))
		return -1;
	if (above->walk(above->ctx, order, want ? want + 1 : NULL, give_shifted,
			&shifted, e))
		return -1;
	return order == STACK_DOWN ? give_bottom(d, want, give, arg, e) : 0;
}

static void add_file(struct memread *to, const struct sing_file *f)
{
	if (f->type == SING_FOLDER)
		memread_dir(to, f->path, f->mode);
	else if (f->type == SING_LINK)
		memread_symlink(to, f->path, f->text);
	else
		memread_file(to, f->path, f->mode, f->text, strlen(f->text));
}

/* Where Apptainer could get the image; NULL if that is not known: an image in a
 * file has a name that was made of the file's. Caller frees. */
static char *origin(const struct source *s)
{
	if (!s->ref.repo || str_eq(s->ref.host, "localhost"))
		return NULL;
	return ref_name(&s->ref);
}

/* What S has of it already stays. */
static void dress(struct dressed *d, const struct source *s, int64_t time_s)
{
	autostr char *from = origin(s);

	sing_make(&s->config, from, &d->files);
	d->bottom = memread_new(time_s);
	d->top = memread_new(time_s);
	for (size_t i = 0; i < d->files.n; i++) {
		struct sing_file *f = &d->files.v[i];

		f->yields = f->yields || s->has_sing;
		add_file(f->yields ? d->bottom : d->top, f);
	}
	strip_init(&d->strip, s, false);
	stack_topped_init(&d->topped, s->root < 0 ? &d->strip.stack : &s->stack,
			  d->top);
	d->stack = d->topped.stack;
	d->names = xcalloc(d->stack.n + 1, sizeof(*d->names));
	memcpy(d->names + 1, d->stack.names,
	       (d->stack.n - 1) * sizeof(*d->names)); /* the top has none */
	d->stack.n++;
	d->stack.names = d->names;
	d->stack.walk = walk;
	d->stack.ctx = d;
}

/* Content of the objects in front of the root file system. */
struct texts {
	struct str v[ROOT];
};

static void texts_clear(struct texts *t)
{
	for (size_t i = 0; i < ROOT; i++)
		str_clear(&t->v[i]);
}
AUTO_DEFINE(texts, struct texts, texts_clear)

/* Not what we would have made is shown, but what the image has. Layers are not
 * gone through only for that. */
static void keep_texts(const struct source *s, struct sing_files *f)
{
	bool is_hidden = !s->read_files && sing_is_own(&s->config);

	for (size_t i = 0; i < SING_SHOWN; i++) {
		if (s->sing[i].len)
			sing_keep(f, sing_shown[i], s->sing[i].p);
		else if (is_hidden && !str_eq(sing_shown[i], SING_DEFINITION))
			sing_keep(f, sing_shown[i], NULL);
	}
}

/* HAD, the object of the SIF file that is read, or else a new one: MADE
 * (freed). */
static void set_text(struct str *out, const struct str *had, char *made)
{
	if (had->len)
		str_addn(out, had->p, had->len);
	else
		str_add(out, made);
	free(made);
}

static int make_texts(const struct source *s, struct dressed *d,
		      struct texts *t, struct err *e)
{
	char *config = s->config_text.len
			       ? imgconfig_inner(s->config_text.p,
						 s->config_text.len, e)
			       : xstrdup("{}");

	if (!config)
		return -1;
	keep_texts(s, &d->files);
	set_text(&t->v[DEFINITION], &s->sif_definition,
		 xstrdup(sing_text(&d->files, SING_DEFINITION)));
	set_text(&t->v[INSPECT], &s->sif_inspect, sing_inspect(&d->files));
	set_text(&t->v[OCI_CONFIG], &s->sif_config, config);
	return 0;
}

static void describe(const struct texts *t, const char *arch, int64_t time_s,
		     struct sifobj v[N_OBJECTS])
{
	v[DEFINITION] = (struct sifobj){ .type = SIFOBJ_DEFINITION };
	v[INSPECT] = (struct sifobj){
		.type = SIFOBJ_JSON,
		.name = "inspect-metadata.json",
	};
	v[OCI_CONFIG] = (struct sifobj){
		.type = SIFOBJ_JSON,
		.name = "oci-config.json",
	};
	v[ROOT] = (struct sifobj){
		.type = SIFOBJ_PARTITION,
		.fs = SIFOBJ_SQUASHFS,
		.part = SIFOBJ_PRIMARY,
	};
	snprintf(v[ROOT].arch, sizeof v[ROOT].arch, "%.15s", arch);
	for (size_t i = 0; i < ROOT; i++)
		v[i].size = t->v[i].len;
	for (size_t i = 0; i < N_OBJECTS; i++)
		v[i].created = v[i].modified = time_s;
}

static int set_uuid(struct sifhdr *h, struct err *e)
{
	if (getrandom(h->uuid, sizeof h->uuid, 0) != sizeof h->uuid)
		return err_sys(e, "can't get random bytes");
	h->uuid[6] = (h->uuid[6] & 0x0f) | 0x40; /* RFC 4122: version 4 */
	h->uuid[8] = (h->uuid[8] & 0x3f) | 0x80;
	return 0;
}

static int write_front(int fd, const struct sifhdr *h, const struct sifobj *v,
		       const struct texts *t, const char *shown, struct err *e)
{
	unsigned char *head = xmalloc(SIFHDR_DATA_AT);
	int rc;

	sifhdr_write(h, v, N_OBJECTS, head);
	rc = io_pwrite(fd, head, SIFHDR_DATA_AT, 0, shown, e);
	for (size_t i = 0; !rc && i < ROOT; i++)
		rc = io_pwrite(fd, t->v[i].p, v[i].size, (off_t)v[i].at, shown,
			       e);
	free(head);
	return rc;
}

static int write_all(struct outfile *out, const struct pack *p,
		     struct dressed *d, const struct texts *t, const char *arch,
		     struct err *e)
{
	bool is_timeless = p->is_reproducible && !p->time_s;
	int64_t time_s = is_timeless ? SIFHDR_NO_TIME : p->time_s;
	struct sifhdr h = { .created = time_s, .modified = time_s };
	struct sifobj v[N_OBJECTS];

	memcpy(h.launch, SIFHDR_LAUNCH, sizeof SIFHDR_LAUNCH);
	describe(t, arch, time_s, v);
	if ((!p->is_reproducible && set_uuid(&h, e)) ||
	    sifhdr_place(&h, v, N_OBJECTS, e) ||
	    imgsqfs_pack(&d->stack, p, out->fd, v[ROOT].at, &v[ROOT].size, e) ||
	    sifhdr_place(&h, v, N_OBJECTS, e))
		return -1;
	return write_front(out->fd, &h, v, t, out->dest->shown, e);
}

int imgsif_write(struct target *t, struct source *s, struct err *e)
{
	AUTO(outfile) struct outfile out = OUTFILE_INIT;
	AUTO(dressed) struct dressed d = { .top = NULL };
	AUTO(texts) struct texts texts = { { { 0 } } };
	const char *arch =
		*s->platform.arch ? s->platform.arch : t->platform->arch;

	if (s->sif) { /* nothing is left out */
		strlist_clear(&s->warnings);
		strlist_clear(&s->notes);
		return imgsif_copy(&t->dest, &s->image, s->sif, e);
	}
	if (source_config(s, e))
		return -1;
	dress(&d, s, t->pack.time_s);
	if (make_texts(s, &d, &texts, e) || outfile_open(&out, &t->dest, e) ||
	    write_all(&out, &t->pack, &d, &texts, arch, e))
		return -1;
	return outfile_publish(&out, 0777, e);
}
