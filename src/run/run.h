/* run.h - run a command in an image: facts, plan, apply, exec.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef RUN_RUN_H
#define RUN_RUN_H

#include "base/err.h"
#include "run/options.h"

/* Become the command of O. Returns 0 only after a dry run (the plan is on
 * stdout), else -1: *STATUS is 126 or 127 if it was the command that could not
 * be executed, and untouched if it was us who failed. */
MUST_CHECK int run_command(const struct run_options *o, int *status,
			   struct err *e);

#endif
