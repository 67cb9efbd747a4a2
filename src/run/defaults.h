/* defaults.h - what of the host is shown inside without being asked for.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A table of names and paths. Options change it: --no-default leaves rows out,
 * --private-tmp and --contain put file systems in memory in the place of some,
 * --home another directory.
 */
#ifndef RUN_DEFAULTS_H
#define RUN_DEFAULTS_H

#include "base/err.h"
#include "base/str.h"
#include "run/options.h"
#include "run/wants.h"

/* Append the defaults of H with options O to W. Pure. ERR_USAGE: unknown name
 * in --no-default. Also sets h->home, for --home. */
MUST_CHECK int defaults_add(struct wants *w, struct host *h,
			    const struct run_options *o, struct err *e);
/* Add the table with options O to OUT, a line each: name, path, and what
 * becomes of it. Pure but for LOOK, which tells what the host has. */
MUST_CHECK int defaults_list(struct str *out, const struct host *h,
			     const struct run_options *o,
			     const struct look *look, struct err *e);

#endif
