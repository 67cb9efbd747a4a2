/* session.h - a session of one's own, without the caller's terminal.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A program that shares a terminal with its caller can put input into it that
 * the caller's shell will read (TIOCSTI and TIOCLINUX of ioctl_tty(2), where
 * the kernel allows them); one in another session can't.
 */
#ifndef RUN_SESSION_H
#define RUN_SESSION_H

#include "base/err.h"

/* Become the leader of a new session without a controlling terminal, in the
 * same process. Open descriptors of the terminal stay good for reading and
 * writing; its signals (Ctrl-C, window size) no longer come. The first process
 * of a shell's pipeline can't lead one (setsid(2)): it stays in the session,
 * without its terminal and out of the group that gets the signals. */
MUST_CHECK int session_new(struct err *e);

#endif
