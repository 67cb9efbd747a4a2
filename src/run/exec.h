/* exec.h - become the command, or say why not.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef RUN_EXEC_H
#define RUN_EXEC_H

#include "base/err.h"
#include "run/plan.h"

/* Inside the new root: go to the working directory of P and execute its
 * command. Returns only on failure, always -1; *STATUS becomes WHYNOT_* if it
 * was the command that could not be executed. Adds PWD to the environment. */
MUST_CHECK int exec_command(struct plan *p, int *status, struct err *e);

#endif
