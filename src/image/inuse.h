/* inuse.h - does something that runs on this host use a directory of the store?
 * SPDX-License-Identifier: Apache-2.0
 *
 * ch-run leaves no trace in the store, but the kernel knows what is mounted:
 * /proc/PID/mountinfo (proc_pid_mountinfo(5)) shows what the root of a bind
 * mount is called by now. So the directory is first given a name that is like
 * no other, and that is found as text; another store may well have the same
 * image. Only an overlay goes on showing its layers' names of old. Beside
 * mounts, a process's working directory, root, program and open files are
 * looked at, as far as it is ours (ptrace(2), access mode).
 *
 * Processes on other hosts, and with hidepid those of other users, are not
 * seen.
 */
#ifndef IMAGE_INUSE_H
#define IMAGE_INUSE_H

#include "base/err.h"

#include <stddef.h>
#include <sys/types.h>

struct inuse {
	const char *name; /* the directory's, now; borrowed */
	const char *was;  /* its path before, for overlays; borrowed or NULL */
	pid_t pid;        /* who uses it, one of them; 0: nobody seen */
	char command[32]; /* its name, from outside: to be escaped */
};

/* Fill in who uses each of the N directories in V. Our own process does not
 * count. */
MUST_CHECK int inuse_scan(struct inuse *v, size_t n, struct err *e);

#endif
