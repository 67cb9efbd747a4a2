/* layertest.h - a place to unpack layers in, with something beside it that no
 * layer may touch.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TEST_LAYERTEST_H
#define TEST_LAYERTEST_H

#include "base/dir.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/strlist.h"
#include "layer/unpack.h"
#include "mktar.h"
#include "tap.h"

#include <fcntl.h>
#include <sys/stat.h>

#define LAYERS_MAX 8

/* Layer 1 to N as plain tar archives. */
struct layers {
	struct str tar[LAYERS_MAX];
	size_t n;
};

/* A directory BASE with the tree in BASE/root and the canary in BASE/canary. */
struct place {
	char *base;
	int fd;
	int root;
};

__attribute__((unused)) static void layers_clear(struct layers *l)
{
	for (size_t i = 0; i < LAYERS_MAX; i++)
		str_clear(&l->tar[i]);
	l->n = 0;
}
AUTO_DEFINE(layers, struct layers, layers_clear)

__attribute__((unused)) static void layers_build(struct layers *l,
						 const struct mktar *entries)
{
	l->n = 1;
	for (; entries->type; entries++) {
		if (entries->type == '-')
			mktar_end(&l->tar[l->n++ - 1]);
		else
			mktar_add(&l->tar[l->n - 1], entries);
	}
	mktar_end(&l->tar[l->n - 1]);
}

/* All below the directory FD, as words: "PATH/", "PATH=CONTENT", "PATH>TARGET",
 * "PATH|" and, with more than one name, "*LINKS" behind. */
__attribute__((unused)) static void place_list(int fd, const char *prefix,
					       struct strlist *out)
{
	AUTO(strlist) struct strlist names = { 0 };
	struct err e = { 0 };

	if (dir_list(fd, &names, &e))
		strlist_add(out, e.msg);
	for (size_t i = 0; i < names.n; i++) {
		AUTO(str) struct str word = { 0 };
		char text[4097] = "";
		struct stat st;

		str_addf(&word, "%s%s", prefix, names.v[i]);
		if (fstatat(fd, names.v[i], &st, AT_SYMLINK_NOFOLLOW))
			abort();
		if (S_ISLNK(st.st_mode)) {
			if (readlinkat(fd, names.v[i], text, 4096) > 0)
				str_addf(&word, ">%s", text);
		} else if (S_ISREG(st.st_mode)) {
			autofd int f = openat(fd, names.v[i], O_RDONLY);

			if (f >= 0 && read(f, text, 4096) >= 0)
				str_addf(&word, "=%s", text);
		} else {
			str_addc(&word, S_ISDIR(st.st_mode)    ? '/'
					: S_ISFIFO(st.st_mode) ? '|'
							       : '?');
		}
		if (!S_ISDIR(st.st_mode) && st.st_nlink > 1)
			str_addf(&word, "*%u", (unsigned)st.st_nlink);
		strlist_add(out, word.p);
		if (S_ISDIR(st.st_mode)) {
			autofd int below =
				openat(fd, names.v[i], O_RDONLY | O_DIRECTORY);

			place_list(below, word.p, out);
		}
	}
}

__attribute__((unused)) static char *place_text(int fd)
{
	AUTO(strlist) struct strlist words = { 0 };

	place_list(fd, "", &words);
	strlist_sort(&words);
	return strlist_join(&words, " ");
}

__attribute__((unused)) static struct place place_new(void)
{
	const char *tmp = getenv("TMPDIR");
	struct place p = { 0 };

	p.base = str_fmt("%s/chassis-test.XXXXXX", tmp ? tmp : "/tmp");
	if (!mkdtemp(p.base))
		abort();
	p.fd = open(p.base, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (mkdirat(p.fd, "root", 0700) || mkdirat(p.fd, "canary", 0751))
		abort();
	int keep = openat(p.fd, "canary/keep", O_WRONLY | O_CREAT, 0640);

	if (keep < 0 || write(keep, "alive", 5) != 5 || fchmod(keep, 0640) ||
	    close(keep))
		abort();
	p.root = openat(p.fd, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return p;
}

/* Was anything beside the root touched? */
__attribute__((unused)) static bool place_is_safe(const struct place *p)
{
	AUTO(strlist) struct strlist names = { 0 };
	struct err e = { 0 };
	struct stat st;
	autofd int canary = openat(p->fd, "canary", O_RDONLY | O_DIRECTORY);

	if (canary < 0 || dir_list(p->fd, &names, &e) || names.n != 2)
		return false;
	autostr char *text = place_text(canary);

	return !strcmp(text, "keep=alive") &&
	       !fstatat(canary, "keep", &st, AT_SYMLINK_NOFOLLOW) &&
	       (st.st_mode & 07777) == 0640 && st.st_nlink == 1;
}

__attribute__((unused)) static void place_clear(struct place *p)
{
	struct err e = { 0 };

	close(p->root);
	if (dir_remove(p->fd, "root", &e) || dir_remove(p->fd, "canary", &e))
		printf("# %s\n", e.msg);
	close(p->fd);
	rmdir(p->base);
	free(p->base);
}
AUTO_DEFINE(place, struct place, place_clear)

/* A source that gives STEP bytes at a time. */
struct place_source {
	const struct str *bytes;
	size_t at;
	size_t step;
};

__attribute__((unused)) static ssize_t place_read(void *ctx, void *p, size_t n,
						  struct err *e)
{
	struct place_source *s = ctx;
	size_t left = s->bytes->len - s->at;

	(void)e;
	n = n < s->step ? n : s->step;
	n = n < left ? n : left;
	if (n)
		memcpy(p, s->bytes->p + s->at, n);
	s->at += n;
	return (ssize_t)n;
}

__attribute__((unused)) static int place_rewind(void *ctx, struct err *e)
{
	struct place_source *s = ctx;

	(void)e;
	s->at = 0;
	return 0;
}

/* Layers as sources, with their sums. */
struct sources {
	struct place_source from[LAYERS_MAX];
	struct layer_source to[LAYERS_MAX];
	char sums[LAYERS_MAX][HASH_HEX_MAX];
};

/* L stays, and S where it is. */
__attribute__((unused)) static void sources_init(struct sources *s,
						 const struct layers *l)
{
	static const char *const names[] = { "1", "2", "3", "4",
					     "5", "6", "7", "8" };

	for (size_t i = 0; i < l->n; i++) {
		const struct str *tar = &l->tar[i];

		s->from[i] = (struct place_source){
			.bytes = tar,
			.step = i % 2 ? 100000 : 1000,
		};
		hash_buffer(HASH_SHA256, tar->p, tar->len, s->sums[i]);
		s->to[i] = (struct layer_source){
			.name = names[i],
			.size = tar->len,
			.read = place_read,
			.rewind = place_rewind,
			.ctx = &s->from[i],
			.blob_hex = s->sums[i],
			.diff_hex = s->sums[i],
		};
	}
}

__attribute__((unused)) static int
unpack_sources(int root, const struct layer_source *v, size_t n,
	       struct unpack_stats *stats, struct err *e)
{
	AUTO(stack_layers) struct stack_layers stack;

	stack_layers_init(&stack, v, n);
	return unpack_stack(root, &stack.stack, stats, e);
}

/* Unpack L there, with all sums checked. */
__attribute__((unused)) static int place_unpack(const struct place *p,
						const struct layers *l,
						struct unpack_stats *stats,
						struct err *e)
{
	struct sources s;

	sources_init(&s, l);
	return unpack_sources(p->root, s.to, l->n, stats, e);
}

/* Unpack ENTRIES to a new place and list what is there. NULL with E. */
__attribute__((unused)) static char *place_try(const struct mktar *entries,
					       struct unpack_stats *stats,
					       struct err *e)
{
	AUTO(layers) struct layers l = { 0 };
	AUTO(place) struct place p = place_new();

	layers_build(&l, entries);
	int failed = place_unpack(&p, &l, stats, e);
	autofd int root = openat(p.fd, "root", O_RDONLY | O_DIRECTORY);

	if (!place_is_safe(&p))
		ok(false, "the canary beside the root is dead");
	return failed ? NULL : place_text(root);
}

#endif
