/* sqwalk.c - how fast src/squash reads a whole image: every name, every inode,
 * every byte, with some threads.
 * SPDX-License-Identifier: Apache-2.0
 *
 *	sqwalk IMAGE [THREADS [REQUEST_BYTES [OFFSET]]]
 *
 * Prints a line for each pass: seconds and what was read. The first pass of a
 * kind is with empty caches. The sum does not depend on the order, so all
 * passes that read the content must give the same one.
 */
#include "config.h"

#include "base/mem.h"
#include "squash/sqdata.h"
#include "squash/sqdir.h"
#include "squash/sqxattr.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

/* What a pass does with each name. */
enum depth { LIST, STAT, FIND, READ };

static const char *const depths[] = { "list", "list and stat",
				      "look up and stat", "read" };

struct totals {
	uint64_t names, bytes, sum;
};

/* Directories that are still to be read, and who reads them. */
struct walk {
	struct sqfile *file;
	enum depth depth;
	size_t request;
	pthread_mutex_t lock;
	pthread_cond_t more;
	uint64_t *refs;
	size_t n, cap;
	unsigned n_busy;
	struct totals totals;
	int error;
};

/* One thread's. */
struct walker {
	struct walk *walk;
	struct sqnode dir;
	struct totals totals;
	unsigned char *buf;
};

static void push(struct walk *w, uint64_t ref)
{
	pthread_mutex_lock(&w->lock);
	w->refs = mem_grow(w->refs, &w->cap, w->n + 1, sizeof(*w->refs));
	w->refs[w->n++] = ref;
	pthread_cond_signal(&w->more);
	pthread_mutex_unlock(&w->lock);
}

static int read_all(struct walker *k, const struct sqnode *node)
{
	uint64_t at = 0;
	ssize_t got;

	do {
		got = sqdata_read(k->walk->file, node, at, k->buf,
				  k->walk->request);
		for (ssize_t i = 0; i < got; i += 64)
			k->totals.sum += k->buf[i] * (uint64_t)(at + i + 1);
		at += got > 0 ? (uint64_t)got : 0;
	} while (got > 0);
	k->totals.bytes += at;
	return (int)got;
}

static int visit(void *ctx, const struct sqdir_entry *x)
{
	struct walker *k = ctx;
	struct sqfile *f = k->walk->file;
	struct sqnode node;
	uint64_t ref = x->ref;
	int error = 0;

	k->totals.names++;
	if (k->walk->depth == FIND)
		error = sqdir_find(f, &k->dir, x->name, x->len, &ref);
	if (!error && k->walk->depth > LIST)
		error = sqnode_read(f, ref, &node);
	if (error || ref != x->ref)
		return error ? error : -EINVAL;
	if (x->type == DT_DIR)
		push(k->walk, x->ref);
	if (k->walk->depth < READ)
		return 0;
	if (x->type == DT_LNK)
		error = (int)sqdata_readlink(f, &node, (char *)k->buf,
					     k->walk->request);
	if (error < 0 || x->type != DT_REG)
		return error < 0 ? error : 0;
	return read_all(k, &node);
}

/* False at the end. */
static bool pop(struct walk *w, uint64_t *ref)
{
	bool good;

	pthread_mutex_lock(&w->lock);
	w->n_busy--;
	while (!w->n && w->n_busy)
		pthread_cond_wait(&w->more, &w->lock);
	good = w->n;
	if (good) {
		*ref = w->refs[--w->n];
		w->n_busy++;
	} else {
		pthread_cond_broadcast(&w->more);
	}
	pthread_mutex_unlock(&w->lock);
	return good;
}

static void *run(void *arg)
{
	struct walker k = { .walk = arg };
	struct walk *w = arg;
	uint64_t ref;
	int error = 0;

	k.buf = xmalloc(w->request);
	while (pop(w, &ref)) {
		int now = sqnode_read(w->file, ref, &k.dir);

		if (!now)
			now = sqdir_list(w->file, &k.dir, 0, visit, &k);
		if (now)
			error = now;
	}
	pthread_mutex_lock(&w->lock);
	w->totals.names += k.totals.names;
	w->totals.bytes += k.totals.bytes;
	w->totals.sum += k.totals.sum;
	if (error)
		w->error = error;
	pthread_mutex_unlock(&w->lock);
	free(k.buf);
	return NULL;
}

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int pass(struct sqfile *f, enum depth depth, unsigned n, size_t request)
{
	struct walk w = { .file = f, .depth = depth, .request = request };
	pthread_t *threads = xcalloc(n, sizeof(*threads));
	double start = now_s();

	pthread_mutex_init(&w.lock, NULL);
	pthread_cond_init(&w.more, NULL);
	w.n_busy = n;
	push(&w, sqfile_header(f)->root);
	for (unsigned i = 0; i < n; i++) {
		if (pthread_create(&threads[i], NULL, run, &w))
			abort();
	}
	for (unsigned i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
	printf("%-16s %7.3f s %8llu names %11llu bytes, sum %016llx%s%s\n",
	       depths[depth], now_s() - start,
	       (unsigned long long)w.totals.names,
	       (unsigned long long)w.totals.bytes,
	       (unsigned long long)w.totals.sum, w.error ? ": " : "",
	       w.error ? strerror(-w.error) : "");
	pthread_cond_destroy(&w.more);
	pthread_mutex_destroy(&w.lock);
	free(threads);
	free(w.refs);
	return w.error;
}

static int all(int fd, const char *name, unsigned n, size_t request,
	       uint64_t offset)
{
	struct err e = { 0 };
	struct stat st;
	int bad = 0;

	if (fd < 0 || fstat(fd, &st))
		return perror(name), 1;
	for (int depth = LIST; depth <= READ; depth++) {
		AUTO(sqfile) struct sqfile *f = NULL;

		if (sqfile_open(&f, fd, offset, (uint64_t)st.st_size - offset,
				name, &e))
			return fprintf(stderr, "%s\n", e.msg), 1;
		for (int i = 0; i < 2; i++)
			bad |= pass(f, depth, n, request);
	}
	return bad ? 1 : 0;
}

int main(int argc, char **argv)
{
	autofd int fd = argc > 1 ? open(argv[1], O_RDONLY | O_CLOEXEC) : -1;

	if (argc < 2)
		return fprintf(stderr, "usage: sqwalk IMAGE [THREADS [REQUEST "
				       "[OFFSET]]]\n"),
		       2;
	return all(fd, argv[1], argc > 2 ? (unsigned)atoi(argv[2]) : 1,
		   argc > 3 ? (size_t)atol(argv[3]) : 131072,
		   argc > 4 ? strtoull(argv[4], NULL, 0) : 0);
}
