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

/* Files of the image, -1: there is none. Exec closes them: a close before is a
 * question, too, and would wait behind all that was asked for. */
struct prefetch {
	int command, interpreter;
};

/* Find the command of P, and the interpreter that it names, in the mounted
 * IMAGE. What is not there is no error here. */
void prefetch_find(struct prefetch *f, const struct plan *p, int image);
/* Have the kernel read them. Nothing is waited for. */
void prefetch_start(const struct prefetch *f);

#endif
