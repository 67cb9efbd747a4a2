/* imgsif_read.c - a SIF file that is read.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "image/imgsif.h"

#include "base/io.h"
#include "base/log.h"
#include "base/mem.h"
#include "format/json.h"
#include "format/sifhdr.h"
#include "format/sing.h"
#include "image/imgsqfs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What the header says of the file. */
struct sif {
	struct sifobj *v;
	size_t n;
	const struct sifobj *primary;
};

static void sif_clear(struct sif *s)
{
	free(s->v);
}
AUTO_DEFINE(sif, struct sif, sif_clear)

/* N bytes from AT on; fewer if the file is shorter. */
static int read_at(int fd, uint64_t at, size_t n, struct str *out,
		   struct err *e)
{
	autostr char *buffer = xmalloc(n + 1);
	size_t done = 0;

	while (done < n) {
		ssize_t got =
			pread(fd, buffer + done, n - done, (off_t)(at + done));

		if (got < 0 && errno != EINTR)
			return err_sys(e, "can't read the SIF file");
		if (!got)
			break;
		if (got > 0)
			done += (size_t)got;
	}
	str_addn(out, buffer, done);
	return 0;
}

static int read_header(int fd, uint64_t size, struct sif *out, struct err *e)
{
	AUTO(str) struct str head = { 0 };
	AUTO(str) struct str table = { 0 };
	struct sifhdr h;

	if (read_at(fd, 0, SIFHDR_BYTES, &head, e) ||
	    sifhdr_parse(head.p, head.len, size, &h, e) ||
	    read_at(fd, h.table_at, h.n_slots * SIFHDR_OBJECT_BYTES, &table,
		    e) ||
	    sifhdr_objects(table.p, table.len, &h, size, &out->v, &out->n, e))
		return -1;
	return sifhdr_primary(out->v, out->n, &out->primary, e);
}

/* The object oci-config.json, if there is one. */
static int read_object(int fd, const struct sif *sif, struct str *out,
		       struct err *e)
{
	const struct sifobj *o =
		sifhdr_find(sif->v, sif->n, SIFOBJ_JSON, "oci-config.json");

	if (!o)
		return 0;
	if (o->size > JSON_BYTES_MAX)
		return err_set(e, ERR_LIMIT,
			       "'oci-config.json' is longer than %u bytes",
			       JSON_BYTES_MAX);
	return read_at(fd, o->at, (size_t)o->size, out, e);
}

/* Files of the image that say how it is run. */
static const char *const files[] = {
	SING_RUNSCRIPT,
	SING_LABELS,
	SING_ENV_DOCKER,
	SING_ENV_OWN,
};

static void tell_lost(const struct source *s, const struct sing_lost *lost)
{
	if (lost->commands)
		log_note("%s: %zu commands of the image's environment scripts "
			 "are more than assignments and are not carried over",
			 s->shown, lost->commands);
	if (lost->is_labels)
		log_note("%s: the labels are not JSON and are not carried over",
			 s->shown);
}

static struct sing_text text_of(const struct str *s)
{
	return (struct sing_text){ s->len ? s->p : NULL, s->len };
}

static int make_config(struct source *s, const struct str *object,
		       const struct str *v, const char *arch, struct err *e)
{
	const struct sing_texts texts = {
		.runscript = text_of(&v[0]),
		.labels = text_of(&v[1]),
		.env_docker = text_of(&v[2]),
		.env_own = text_of(&v[3]),
		.oci_config = text_of(object),
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
	tell_lost(s, &lost);
	return source_set_config(s, &text, e);
}

static int read_config(struct source *s, int fd, const struct sif *sif,
		       struct err *e)
{
	AUTO(str) struct str object = { 0 };
	struct str v[ARRAY_SIZE(files)] = { { 0 } };
	int rc = read_object(fd, sif, &object, e);

	for (size_t i = 0; !rc && i < ARRAY_SIZE(files); i++)
		rc = imgsqfs_file(s, files[i], JSON_BYTES_MAX, &v[i], e);
	if (!rc)
		rc = make_config(s, &object, v, sif->primary->arch, e);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		str_clear(&v[i]);
	return rc;
}

int imgsif_open_fd(struct source *s, int fd, const char *name, struct err *e)
{
	AUTO(sif) struct sif sif = { 0 };
	autofd int owned = fd;
	struct stat st;

	if (fstat(fd, &st) || !S_ISREG(st.st_mode))
		return err_set(e, ERR_UNSUPPORTED, "'%s' is not a file", name);
	if (read_header(fd, (uint64_t)st.st_size, &sif, e))
		return err_ctx(e, "'%s'", name);
	fd = TAKE_FD(owned);
	if (imgsqfs_open_at(s, fd, sif.primary->at, sif.primary->size, name, e))
		return -1;
	s->is_inside = false;
	s->has_sing = true;
	return read_config(s, fd, &sif, e) ? err_ctx(e, "'%s'", name) : 0;
}

int imgsif_open(struct source *s, const struct name *n,
		const struct source_opts *o, struct err *e)
{
	int fd = open(n->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	(void)o; /* nothing of it is of use here */
	s->shown = xstrdup(n->text);
	if (fd < 0)
		return err_sys(e, "can't open '%s'", n->path);
	return imgsif_open_fd(s, fd, n->path, e);
}
