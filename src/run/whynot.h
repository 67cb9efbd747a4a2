/* whynot.h - why a program could not be executed, in words.
 * SPDX-License-Identifier: Apache-2.0
 *
 * execve(2) says "No such file" for a script or a program whose interpreter is
 * missing, and "Permission denied" for three more reasons than the obvious.
 */
#ifndef RUN_WHYNOT_H
#define RUN_WHYNOT_H

#include "base/err.h"

/* What the shells and env(1) use: POSIX.1-2017 XCU 2.8.2. */
#define WHYNOT_CANT_RUN 126
#define WHYNOT_NOT_FOUND 127

/* PATH, given as NAME, failed with ERRNUM in an image that is at IMAGE on the
 * host. Sets E and *STATUS (WHYNOT_NOT_FOUND if there is no such program, else
 * WHYNOT_CANT_RUN). Always -1. */
int whynot(const char *name, const char *path, const char *image, int errnum,
	   int *status, struct err *e);

/* What must be there to start the program of which the first N bytes are in
 * HEAD: the interpreter of a script or the dynamic loader of an ELF file, or
 * NULL. Pure. Caller frees. */
char *whynot_interpreter(const unsigned char *head, size_t n);
/* The name of the architecture that it is for, or NULL. */
const char *whynot_machine(const unsigned char *head, size_t n);

#endif
