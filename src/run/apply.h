/* apply.h - carry out the steps of a plan.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef RUN_APPLY_H
#define RUN_APPLY_H

#include "base/err.h"
#include "run/imgroot.h"
#include "run/options.h"
#include "run/plan.h"

/* Enter new namespaces (unless IMAGE did), do the steps of P in order, and make
 * the result "/". IMAGE is what the plan was made for. An error names the step.
 * The process is of no use for anything else afterwards, whether it failed or
 * not; outside nothing has changed (but what --write made in the image). */
MUST_CHECK int apply_plan(const struct plan *p, const struct run_how *how,
			  const struct imgroot *image, struct err *e);

#endif
