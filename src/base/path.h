/* path.h - paths as text: pure algebra, no system calls.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BASE_PATH_H
#define BASE_PATH_H

#include "base/auto.h"

#include <stdbool.h>
#include <stddef.h>

/* A and B with exactly one slash between them; an absolute B does not replace
 * A ("/img" + "/etc" is "/img/etc"). Where one is empty, the other alone.
 * Caller frees. */
char *path_join(const char *a, const char *b);

/* Lexically shortest form: no "." and no doubled or trailing slash. ".." is
 * resolved lexically where something is before it; at the start of an absolute
 * path it is dropped, at the start of a relative one kept. "" is ".". Caller
 * frees. */
char *path_clean(const char *p);

/* The last component ("" for "/"), borrowed from P: trailing slashes stay, so
 * clean first what may have them. */
const char *path_base(const char *p);
/* All before the last component: "." or "/" where there is none. Caller
 * frees. */
char *path_dir(const char *p);

/* Is the clean path P equal to the clean path ROOT or below it? Compares whole
 * components: "/ab" is not within "/a". All relative paths that do not start
 * with ".." are within ".". */
bool path_is_within(const char *root, const char *p);

/* The name of an entry of an archive, without the "./" and "/" that some write
 * in front; borrowed from NAME. */
const char *path_inside(const char *name);

/* Iterate components: start with *P at the path; each call returns the next
 * one (pointer into P, length in *LEN) and advances, NULL at the end. Slashes
 * are skipped; "." and ".." are returned as they are. */
const char *path_next(const char **p, size_t *len);

#endif
