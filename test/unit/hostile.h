/* hostile.h - a tree full of traps, for tests of what walks in it.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TEST_HOSTILE_H
#define TEST_HOSTILE_H

#include "base/str.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

// clang-format off
/* What, where, and where a link leads. */
static const struct {
	char type; /* d directory, f file, p fifo, l link, x forbidden dir */
	const char *path, *target;
} tree[] = {
	{ 'd', "a" }, { 'd', "a/b" }, { 'd', "a/b/c" }, { 'd', "proc" },
	{ 'f', "f" }, { 'f', "a/f" }, { 'f', "a/b/g" }, { 'p', "fifo" },
	{ 'f', "secret" },
	{ 'l', "to-a",       "a" },
	{ 'l', "to-f",       "a/f" },
	{ 'l', "abs",        "/a/b" },
	{ 'l', "abs-slash",  "//a/b/" },
	{ 'l', "to-root",    "/" },
	{ 'l', "dots",       "a/../a/./b/../f" },
	{ 'l', "out",        "../../../../../../../../secret" },
	{ 'l', "out-abs",    "/../../secret" },
	{ 'l', "out-dir",    "../.." },
	{ 'l', "a/b/up",     "../../f" },
	{ 'l', "a/b/abs-a",  "/a" },
	{ 'l', "a/b/up-abs", "/f" },
	{ 'l', "a/b/upupup", "../../../../f" },
	{ 'l', "loop",       "loop" },
	{ 'l', "loop1",      "a/loop2" },
	{ 'l', "a/loop2",    "../loop1" },
	{ 'l', "self-dir",   "self-dir/x" },
	{ 'l', "dangling",   "nowhere" },
	{ 'l', "dangling-d", "a/nowhere/" },
	{ 'l', "new-here",   "a/new" },
	{ 'l', "to-fifo",    "fifo" },
	{ 'l', "f-slash",    "f/" },
	{ 'l', "through-f",  "f/x" },
	{ 'l', "dot",        "." },
	{ 'l', "dotdot",     ".." },
	{ 'l', "a/back",     "../to-a" },
	{ 'l', "mem",        "/proc/self/root" },
	{ 'l', "two",        "abs/up" },
	{ 'x', "closed" },
};
// clang-format on

static void must(bool good, const char *what)
{
	if (good)
		return;
	perror(what);
	abort();
}

/* Plant the tree in DIR, and chain1 to chain41, links to "f" of that length. */
static void plant(int dir)
{
	for (size_t i = 0; i < ARRAY_SIZE(tree); i++) {
		const char *path = tree[i].path;
		int rc;

		if (tree[i].type == 'd' || tree[i].type == 'x')
			rc = mkdirat(dir, path, tree[i].type == 'd' ? 0755 : 0);
		else if (tree[i].type == 'l')
			rc = symlinkat(tree[i].target, dir, path);
		else
			rc = mknodat(dir, path,
				     tree[i].type == 'p' ? S_IFIFO | 0644
							 : S_IFREG | 0644,
				     0);
		must(!rc, path);
	}
	for (int i = 1; i <= 41; i++) {
		autostr char *name = str_fmt("chain%d", i);
		autostr char *next = str_fmt("chain%d", i - 1);

		must(!symlinkat(i == 1 ? "f" : next, dir, name), name);
	}
}

#endif
