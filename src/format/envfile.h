/* envfile.h - environment files and the rules that make an environment.
 * SPDX-License-Identifier: Apache-2.0
 *
 * File form (Charliecloud's): one NAME=VALUE a line; blank lines are skipped;
 * the value is taken as it is, except that one pair of single quotes around
 * all of it is removed. No comments, no escapes. A CR before the newline is
 * removed.
 */
#ifndef FORMAT_ENVFILE_H
#define FORMAT_ENVFILE_H

#include "base/err.h"
#include "base/str.h"
#include "base/strlist.h"

#include <stdbool.h>

/* Parse N bytes into OUT as "NAME=VALUE" items. NAME (of the file) for
 * messages: "FILE:LINE: ...". ERR_FORMAT on a line without '=', an empty name
 * or a NUL. */
MUST_CHECK int envfile_parse(const char *name, const char *text, size_t n,
			     struct strlist *out, struct err *e);
/* The file form of ITEMS. A value with a newline can't be written: the item is
 * left out and counted in the result. */
size_t envfile_write(const struct strlist *items, struct str *out);

/* The same for N bytes of items with a NUL behind or between them, as in
 * /proc/PID/environ (proc(5)) and of env -0; values are taken as they are.
 * "FILE: item 3: ...". */
MUST_CHECK int envfile_parse0(const char *name, const char *text, size_t n,
			      struct strlist *out, struct err *e);

/* The value of NAME in CTX, borrowed, or NULL. */
typedef const char *env_lookup(const void *ctx, const char *name);

#define ENVFILE_DEPTH_MAX 16

/* Expand in VALUE, each with the meaning that it has in sh (XCU, 2.6.2):
 *
 *	$NAME ${NAME}    the value, nothing if it is not set
 *	${NAME:-TEXT}    TEXT, itself expanded, if it is not set or empty
 *	${NAME:+TEXT}    TEXT if it is set and not empty, else nothing
 *	$$               a dollar sign
 *
 * All else, and more than ENVFILE_DEPTH_MAX times TEXT in TEXT, stays as it is.
 * Caller frees. */
char *envfile_expand(const char *value, env_lookup *get, const void *ctx);

/* Value of NAME in ENV, borrowed, or NULL. */
const char *env_get(const struct strlist *env, const char *name);
/* Set NAME, replacing in place or appending. */
void env_set(struct strlist *env, const char *name, const char *value);

#endif
