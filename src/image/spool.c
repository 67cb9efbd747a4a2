/* spool.c - the files of an archive, by content and by name.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "image/spool.h"

#include "base/dir.h"
#include "base/intr.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/path.h"
#include "base/str.h"
#include "format/json.h"
#include "image/blobs.h"
#include "layer/arread.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define UNFINISHED "unfinished"
#define LINKS_MAX 10

/* An archive while it is read. */
struct reading {
	struct spool *s;
	struct arread *ar;
	const char *shown;
	int algo_dir[2]; /* blobs/sha256 and blobs/sha512 */
	struct progress *p;
};

static void reading_clear(struct reading *r)
{
	if (r->ar)
		arread_free(r->ar);
	for (size_t i = 0; i < ARRAY_SIZE(r->algo_dir); i++)
		if (r->algo_dir[i] >= 0)
			close(r->algo_dir[i]);
}
AUTO_DEFINE(reading, struct reading, reading_clear)

/* As names are compared. An absolute one is none of an entry. */
static const char *plain_name(const char *name)
{
	return *name == '/' ? name : path_inside(name);
}

/* NAME so, or NULL. */
static const char *check_name(const char *name, struct err *e)
{
	const char *at, *part;
	size_t len;

	name = plain_name(name);
	if (strlen(name) > SPOOL_NAME_MAX) {
		err_set(e, ERR_LIMIT,
			"'%.40s...': a name of %zu bytes; at most %d are "
			"allowed",
			name, strlen(name), SPOOL_NAME_MAX);
		return NULL;
	}
	at = name;
	while ((part = path_next(&at, &len)))
		if (*name == '/' || (len == 2 && !memcmp(part, "..", 2))) {
			err_set(e, ERR_FORMAT,
				"'%s': the name leads out of the archive",
				name);
			return NULL;
		}
	return name;
}

/* The digest that NAME promises (blobs/ALGORITHM/HEX). */
static bool promised(const char *name, struct digest *out)
{
	struct err ignored = { 0 }; /* another name */
	const char *p = "blobs/";
	const char *slash;
	autostr char *text = NULL;

	if (!str_starts(name, p))
		return false;
	slash = strchr(name + strlen(p), '/');
	if (!slash)
		return false;
	text = str_fmt("%.*s:%s", (int)(slash - name - (int)strlen(p)),
		       name + strlen(p), slash + 1);
	return !digest_parse(text, out, &ignored);
}

static void tell(struct reading *r)
{
	autostr char *size = NULL;
	autostr char *text = NULL;

	if (!r->p)
		return;
	size = num_size_text(arread_bytes(r->ar));
	text = str_fmt("reading %s: %s", r->shown, size);
	progress_say(r->p, text);
	progress_tick(r->p);
}

/* The current entry's content to FD and H. Sparse files would let a small
 * archive fill the disk, and nobody saves images with them. */
static int copy_content(struct reading *r, const struct entry *entry, int fd,
			struct hash *h, struct err *e)
{
	uint64_t done = 0, at;
	const void *p;
	size_t n;
	int rc;

	while ((rc = arread_data(r->ar, &p, &n, &at, e)) > 0) {
		if (intr_check(e))
			return -1;
		if (at != done)
			break;
		hash_add(h, p, n);
		if (io_write(fd, p, n, entry->name, e))
			return -1;
		done += n;
		tell(r);
	}
	if (rc < 0)
		return -1;
	if (rc > 0 || done != entry->size)
		return err_set(e, ERR_UNSUPPORTED, "is a sparse file");
	return 0;
}

static int put_file(struct reading *r, const struct entry *entry,
		    struct spool_file *f, struct err *e)
{
	struct digest want;
	bool is_blob = promised(f->name, &want);
	enum hash_algo algo = is_blob ? want.algo : HASH_SHA256;
	AUTO(hash) struct hash *h = hash_new(algo);
	char hex[HASH_HEX_MAX];
	int dir = r->s->dir.fd;
	autofd int fd = openat(
		dir, UNFINISHED,
		O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return err_sys(e, "can't make a temporary file");
	if (copy_content(r, entry, fd, h, e) || io_close(&fd, entry->name, e))
		return -1;
	hash_hex(h, hex);
	digest_set(&f->digest, algo, hex);
	f->size = entry->size;
	if (is_blob && !digest_eq(&want, &f->digest))
		return err_set(e, ERR_DIGEST, "expected %s, got %s", want.text,
			       f->digest.text);
	if (renameat(dir, UNFINISHED, r->algo_dir[algo], hex))
		return err_sys(e, "can't rename a temporary file");
	return 0;
}

/* A hard link says an entry's name, a symlink a path from where it is. What
 * leads out of the archive is no entry's name, so it is never found. */
static char *link_target(const struct entry *entry, const char *name)
{
	autostr char *dir = path_dir(name);
	autostr char *path = NULL;

	if (entry->type == ENTRY_HARDLINK || *entry->link == '/')
		return path_clean(entry->link);
	path = path_join(dir, entry->link);
	return path_clean(path);
}

static int add(struct reading *r, const struct entry *entry, struct err *e)
{
	struct spool *s = r->s;
	const char *name = check_name(entry->name, e);
	struct spool_file *f;

	if (!name)
		return -1;
	if (entry->type == ENTRY_DIR)
		return 0;
	if (entry->type == ENTRY_CHAR || entry->type == ENTRY_BLOCK ||
	    entry->type == ENTRY_FIFO)
		return err_set(e, ERR_FORMAT,
			       "'%s' is a device or fifo, which no image's "
			       "archive has",
			       name);
	s->v = mem_grow(s->v, &s->cap, s->n + 1, sizeof(*s->v));
	f = &s->v[s->n++];
	*f = (struct spool_file){ .name = xstrdup(name) };
	if (entry->type != ENTRY_FILE) {
		f->link = link_target(entry, name);
		return 0;
	}
	return put_file(r, entry, f, e) ? err_ctx(e, "'%s'", name) : 0;
}

static int compare(const void *a, const void *b)
{
	const struct spool_file *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/* Programs differ in whether the first or the last of two counts. */
static int check_twins(const struct spool *s, struct err *e)
{
	for (size_t i = 1; i < s->n; i++) {
		const struct spool_file *a = &s->v[i - 1], *b = &s->v[i];

		if (!strcmp(a->name, b->name) &&
		    (!str_eq(a->link, b->link) ||
		     !digest_eq(&a->digest, &b->digest)))
			return err_set(e, ERR_FORMAT,
				       "'%s' is there twice, with different "
				       "content",
				       a->name);
	}
	return 0;
}

static int read_entries(struct reading *r, struct err *e)
{
	struct entry entry;
	size_t n = 0;
	int rc;

	while ((rc = arread_next(r->ar, &entry, e)) > 0) {
		if (++n > SPOOL_ENTRIES_MAX)
			return err_set(e, ERR_LIMIT,
				       "more than %d entries in the archive",
				       SPOOL_ENTRIES_MAX);
		if (intr_check(e) || add(r, &entry, e))
			return -1;
	}
	if (rc < 0)
		return -1;
	if (r->p)
		progress_say(r->p, NULL);
	if (!arread_bytes(r->ar))
		return err_set(e, ERR_FORMAT,
			       "expected a tar archive, found nothing");
	if (r->s->n)
		qsort(r->s->v, r->s->n, sizeof(*r->s->v), compare);
	return check_twins(r->s, e);
}

int spool_read(struct spool *s, int fd, const char *shown, int tmpdir,
	       struct progress *p, struct err *e)
{
	AUTO(reading)
	struct reading r = {
		.s = s,
		.ar = arread_new(fd, shown),
		.shown = shown,
		.algo_dir = { -1, -1 },
		.p = p,
	};

	*s = (struct spool)SPOOL_INIT;
	if (tmp_dir(&s->dir, tmpdir, e))
		return -1;
	r.algo_dir[HASH_SHA256] =
		dir_make_path(s->dir.fd, "blobs/sha256", 0700, e);
	if (r.algo_dir[HASH_SHA256] >= 0)
		r.algo_dir[HASH_SHA512] =
			dir_make_path(s->dir.fd, "blobs/sha512", 0700, e);
	if (r.algo_dir[HASH_SHA512] >= 0 && !read_entries(&r, e))
		return 0;
	spool_clear(s);
	return -1;
}

void spool_clear(struct spool *s)
{
	for (size_t i = 0; i < s->n; i++) {
		free(s->v[i].name);
		free(s->v[i].link);
	}
	free(s->v);
	tmp_clear(&s->dir);
	*s = (struct spool)SPOOL_INIT;
}

static const struct spool_file *look_up(const struct spool *s, const char *name)
{
	struct spool_file key = { .name = (char *)plain_name(name) };

	return s->n ? bsearch(&key, s->v, s->n, sizeof(*s->v), compare) : NULL;
}

bool spool_has(const struct spool *s, const char *name)
{
	return look_up(s, name) != NULL;
}

const struct spool_file *spool_find(const struct spool *s, const char *name,
				    struct err *e)
{
	const struct spool_file *f = look_up(s, name);

	for (int i = 0; f && f->link && i < LINKS_MAX; i++) {
		const struct spool_file *to = look_up(s, f->link);

		if (!to) {
			err_set(e, ERR_FORMAT,
				"'%s' is a link to '%s', which is not in the "
				"archive",
				f->name, f->link);
			return NULL;
		}
		f = to;
	}
	if (f && !f->link)
		return f;
	if (f)
		err_set(e, ERR_FORMAT, "'%s': more than %d links in a row",
			name, LINKS_MAX);
	else
		err_set(e, ERR_FORMAT, "'%s' is not in the archive", name);
	return NULL;
}

int spool_text(const struct spool *s, const char *name, struct str *out,
	       struct err *e)
{
	const struct spool_file *f = spool_find(s, name, e);

	if (!f)
		return -1;
	if (blobs_read(s->dir.fd, &f->digest, f->size, JSON_BYTES_MAX, out, e))
		return err_ctx(e, "'%s'", name);
	return 0;
}
