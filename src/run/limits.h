/* limits.h - resource limits and umask that the command starts with.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Usually the caller's stay; a bundle (bundle.h) may ask for others. See
 * getrlimit(2), umask(2).
 */
#ifndef RUN_LIMITS_H
#define RUN_LIMITS_H

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>

struct limits {
	struct rlimit v[RLIM_NLIMITS];
	bool is_set[RLIM_NLIMITS]; /* by RLIMIT_* */
	int umask;                 /* -1: the caller's stays */
};

/* Set the limit NAME ("RLIMIT_NOFILE") in L, UINT64_MAX is none. ERR_FORMAT:
 * there is no such limit. */
MUST_CHECK int limits_add(struct limits *l, const char *name, uint64_t soft,
			  uint64_t hard, struct err *e);
/* Of this process. A hard limit above the present one is cut to that, since
 * nobody but root can raise it. */
MUST_CHECK int limits_set(const struct limits *l, struct err *e);
/* Add a line for each, "limit RLIMIT_CORE=0:0 (WHY)\n". */
void limits_print(const struct limits *l, const char *why, struct str *out);

#endif
