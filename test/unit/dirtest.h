/* dirtest.h - a tree on disk that is made for a test and read as entries.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TEST_DIRTEST_H
#define TEST_DIRTEST_H

#include "entrytest.h"
#include "layer/dirread.h"
#include "layertest.h"
#include "tap.h"

/* A place and the tree in it, opened for reading. */
struct tree_place {
	struct place p;
	int root;
};

__attribute__((unused)) static struct tree_place tree_place_new(void)
{
	struct tree_place t = { .p = place_new() };

	t.root = openat(t.p.fd, "root", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return t;
}

__attribute__((unused)) static void tree_place_clear(struct tree_place *t)
{
	close(t->root);
	place_clear(&t->p);
}
AUTO_DEFINE(tree_place, struct tree_place, tree_place_clear)

__attribute__((unused)) static void must(bool good, const char *what)
{
	if (good)
		return;
	printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(1);
}

__attribute__((unused)) static void make_file(int root, const char *path,
					      const char *text)
{
	autofd int fd = openat(root, path, O_WRONLY | O_CREAT | O_EXCL, 0644);
	size_t n = strlen(text);

	must(fd >= 0 && write(fd, text, n) == (ssize_t)n, path);
}

__attribute__((unused)) static void make_dir(int root, const char *path)
{
	must(!mkdirat(root, path, 0755), path);
}

/* What is read from ROOT, as text or as the message of a failure. Caller frees.
 */
__attribute__((unused)) static char *list(int root, enum dirread_owner owner,
					  const char *const *skip,
					  struct dirread_stats *stats)
{
	AUTO(dirread)
	struct dirread *r = dirread_new(root, owner, skip, stats);
	struct entries entries = dirread_entries(r);
	AUTO(str) struct str text = { 0 };
	struct err e = { 0 };

	if (entrytest_list(&entries, &text, &e))
		return xstrdup(e.msg);
	return str_take(&text);
}

#endif
