/* twin.h - the static ch-run and the dynamic one beside it.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The dynamic loader takes a fifth of the time of a start, so ch-run is linked
 * statically where the C library allows it. But the name service and what is
 * loaded on demand (nss.h, dynlib.h) need a loader. Starts that need them are
 * handed over, early, to a second program of the same source, with the same
 * arguments: LIBEXECDIR/chassis/ch-run-full, or of that name beside ch-run.
 */
#ifndef RUN_TWIN_H
#define RUN_TWIN_H

#include "run/options.h"

#include <stdbool.h>

/* In the static ch-run: become the dynamic one, and begin anew; returns only if
 * there is none. Nothing must have been read from a pipe, entered or printed
 * yet. Elsewhere: do nothing. */
void twin_take_over(void);
/* In the static ch-run: do that if it can't inflate what is in FILE. */
void twin_check_file(const struct run_file *file);
/* Is this the static one? Then who asks for names does it before that. */
bool twin_is_static(void);

#endif
