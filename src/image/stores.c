/* stores.c - where images are looked for.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "image/stores.h"

#include "base/log.h"
#include "base/strlist.h"
#include "image/blobs.h"

#include <sys/stat.h>

static bool is_same_dir(int a, int b)
{
	struct stat x, y;

	return a >= 0 && !fstat(a, &x) && !fstat(b, &y) &&
	       x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* The store PATH after those of S, unless it is one of them. */
static int add(struct stores *s, const char *path, struct err *e)
{
	AUTO(store) struct store one = STORE_INIT;

	if (s->n == STORES_MAX)
		return err_set(e, ERR_USAGE, "more than %d read-only stores",
			       STORES_MAX - 1);
	if (store_open_readonly(&one, path, e)) {
		if (e->kind != ERR_NOTFOUND)
			return err_ctx(e, "read-only");
		log_warn("no read-only store '%s'", path);
		*e = (struct err){ 0 };
		return 0;
	}
	for (size_t i = 0; i < s->n; i++)
		if (is_same_dir(s->v[i].fd, one.fd))
			return 0;
	s->v[s->n++] = one;
	one = (struct store)STORE_INIT;
	return 0;
}

static int open_own(struct store *s, const char *path, bool write,
		    struct err *e)
{
	if (write)
		return store_open_write(s, path, e);
	if (!store_open(s, path, e))
		return 0;
	if (e->kind != ERR_NOTFOUND)
		return -1;
	/* The caller may look elsewhere; stores_find says so if not. */
	*e = (struct err){ 0 };
	s->path = store_path(path);
	return 0;
}

int stores_open(struct stores *s, const char *path, const char *readonly,
		bool write, struct err *e)
{
	AUTO(strlist) struct strlist paths = { 0 };

	*s = (struct stores){ .v = { STORE_INIT } };
	if (open_own(&s->v[0], path, write, e))
		return -1;
	s->n = 1;
	strlist_split(&paths, readonly ? readonly : "", ':', false);
	for (size_t i = 0; i < paths.n; i++) {
		if (!add(s, paths.v[i], e))
			continue;
		stores_close(s);
		return -1;
	}
	return 0;
}

void stores_close(struct stores *s)
{
	for (size_t i = 0; i < s->n; i++)
		store_close(&s->v[i]);
	s->n = 0;
}

/* Of two reasons why there is none, the one that says more, else the first. */
static void keep_better(struct err *best, const struct err *e)
{
	if (best->kind == ERR_NONE ||
	    (best->kind == ERR_NOTFOUND && e->kind != ERR_NOTFOUND))
		*best = *e;
}

int stores_find(const struct stores *s, const struct ref *ref,
		const struct platform *want, struct descriptor *out,
		const struct store **store, struct err *e)
{
	struct err best = { 0 };

	if (s->v[0].fd < 0)
		err_set(&best, ERR_NOTFOUND, "there is no store '%s' yet",
			s->v[0].path);
	for (size_t i = 0; i < s->n; i++) {
		struct err why = { 0 };

		if (s->v[i].fd < 0)
			continue;
		*store = &s->v[i];
		if (!store_find(*store, ref, want, out, &why))
			return 0;
		keep_better(&best, &why);
		if (why.kind != ERR_NOTFOUND && why.kind != ERR_UNSUPPORTED)
			break;
	}
	*e = best;
	return -1;
}

char *stores_tree(const struct stores *s, const struct digest *digest)
{
	for (size_t i = 0; i < s->n; i++) {
		char *path =
			s->v[i].fd < 0 ? NULL : store_tree(&s->v[i], digest);

		if (path)
			return path;
	}
	return NULL;
}

const struct store *stores_blob(const struct stores *s, const struct digest *d,
				uint64_t size)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->v[i].fd >= 0 && blobs_has(s->v[i].fd, d, size))
			return &s->v[i];
	return NULL;
}
