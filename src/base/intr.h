/* intr.h - asked to stop: SIGINT, SIGTERM, SIGHUP and SIGQUIT as a flag.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Tools that make files catch these signals, so that a long loop can look at
 * the flag, fail with ERR_INTR and unwind, which removes whatever was
 * unfinished. System calls are interrupted (no SA_RESTART). The flag is
 * written by the handler only; together with log.c this is all the state of a
 * process outside its structs. SIGPIPE and SIGXFSZ are ignored, so that they
 * become EPIPE and EFBIG.
 */
#ifndef BASE_INTR_H
#define BASE_INTR_H

#include "base/err.h"

/* Install the handlers; a signal that is ignored already stays ignored
 * (nohup). */
void intr_init(void);
/* 0, or ERR_INTR ("interrupted by SIGINT") when a signal has come. */
MUST_CHECK int intr_check(struct err *e);
/* "SIGINT"; "signal" for one that is not caught here. */
const char *intr_name(int signo);
/* Die of the signal in E (ERR_INTR) with its default action. */
NORETURN void intr_die(const struct err *e);

#endif
