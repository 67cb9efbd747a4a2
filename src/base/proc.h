/* proc.h - child processes that send their error back.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The child has a close-on-exec pipe. When it can't do its part it writes its
 * struct err there and ends; end of file without one means that the exec
 * worked (or the function returned 0).
 */
#ifndef BASE_PROC_H
#define BASE_PROC_H

#include "base/err.h"
#include "base/str.h"

#define PROC_GRACE_MS 1000 /* between SIGTERM and SIGKILL */

/* Run FN(ARG) in a forked child that then ends with _exit; its error, if any,
 * becomes ours with kind, code and text. A child that dies of a signal is
 * ERR_SYS ("NAME died of signal 9 (Killed)"). Only for a process without
 * threads. */
MUST_CHECK int proc_call(const char *name, int (*fn)(void *arg, struct err *e),
			 void *arg, struct err *e);

/* Run ARGV (argv[0] is searched in PATH unless it has a slash) and wait. IN, if
 * not NULL, is fed to stdin (else /dev/null); stdout is appended to OUT if not
 * NULL (ERR_LIMIT beyond LIMIT bytes), else it is ours as stderr is. *STATUS is
 * the exit status, 128+n for signal n. Other errors: it could not be run
 * (ERR_NOTFOUND if there is no such program) or we were asked to stop
 * (ERR_INTR); no child is left behind. SIGPIPE must be ignored (intr.h) if
 * there is IN. */
MUST_CHECK int proc_run(const char *const argv[], const struct str *in,
			struct str *out, size_t limit, int *status,
			struct err *e);

/* The same for a program that may hang: after TIMEOUT_S seconds it is ended and
 * E is ERR_LIMIT ("'x' has not ended within 30 s"). It runs in a process group
 * of its own, and whenever it is ended - SIGTERM, PROC_GRACE_MS later SIGKILL -
 * so is all that it has started. Not for programs that use the terminal. */
MUST_CHECK int proc_run_within(int timeout_s, const char *const argv[],
			       const struct str *in, struct str *out,
			       size_t limit, int *status, struct err *e);

/* The directory that the program we run was started from, absolute; NULL if
 * that can't be told. Caller frees. */
char *proc_directory(void);

#endif
