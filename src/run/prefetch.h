/* prefetch.h - the command of a mounted file, read while its container is made.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Each page that a program touches first is a question to the server of the
 * file, which sleeps then and is woken for it. Asked for all at once, and
 * before anybody needs them, they come while we are mounting.
 */
#ifndef RUN_PREFETCH_H
#define RUN_PREFETCH_H

#include "run/plan.h"

/* Find the command of P in the mounted IMAGE: a descriptor, or -1, which is no
 * error here. Exec closes it: a close before is a question, too, and would wait
 * behind all that was asked for. */
int prefetch_find(const struct plan *p, int image);
/* Have the kernel read COMMAND, and the interpreter that it names, without
 * waiting for more than its beginning. */
void prefetch_start(int command, int image);

#endif
