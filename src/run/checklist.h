/* checklist.h - all that is tried on this host, in order.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Each thing is tried for real and in a process of its own, which takes
 * namespaces, mounts, filters and crashes with it when it ends. What needs
 * something that does not work is not tried. Names are stable: --json has
 * them.
 */
#ifndef RUN_CHECKLIST_H
#define RUN_CHECKLIST_H

#include "base/str.h"
#include "run/attempts.h"

#include <stdbool.h>

/* The N items there are. */
const struct check_item *checklist_items(size_t *n);
/* Try all of them; V has room for as many findings. Fails only if no child can
 * be had at all. */
MUST_CHECK int checklist_run(const struct check_options *o, struct finding *v,
			     struct err *e);
/* Does all work that every start of ch-run needs? */
bool checklist_is_good(const struct finding *v);
/* For people, one line an item and then the commands of an administrator; COLOR
 * for terminals that have it. */
void checklist_text(const struct finding *v, bool color, struct str *out);

#endif
