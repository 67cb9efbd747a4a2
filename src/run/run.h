/* run.h - run a command in an image: facts, plan, apply, exec.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef RUN_RUN_H
#define RUN_RUN_H

#include "base/err.h"
#include "run/facts.h"
#include "run/join.h"
#include "run/options.h"

struct run {
	const struct run_options *o; /* borrowed */
	struct facts facts;
	struct join join;
};
#define RUN_INIT                   \
	{                          \
		.join = JOIN_INIT, \
	}

/* Look at the host. If a container is to be shared and there is one, enter it:
 * r->join.is_inside. Else the image is to be found next; NAME is what the user
 * calls it. */
MUST_CHECK int run_begin(struct run *r, const struct run_options *o,
			 const char *name, struct err *e);
/* Become the command. Returns 0 only after a dry run (the plan is on stdout),
 * else -1: *STATUS is 126 or 127 if it was the command that could not be
 * executed, and untouched if it was us who failed. */
MUST_CHECK int run_command(struct run *r, int *status, struct err *e);

/* What failed after run_begin: those who wait for a container that we were to
 * make hear of it. Nothing is printed. */
void run_fail(struct run *r, const struct err *e);
void run_clear(struct run *r);
AUTO_DEFINE(run, struct run, run_clear)

/* Print what of the host is shown by default, with O, to stdout. */
MUST_CHECK int run_list_defaults(const struct run_options *o, struct err *e);

#endif
