/* probe.h - errors that say why this host does not let us do something.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Only asked after something failed; the reasons are in cause.h. All return
 * -1.
 */
#ifndef RUN_PROBE_H
#define RUN_PROBE_H

#include "base/err.h"

/* unshare(2) of a user and a mount namespace failed with ERRNUM. */
int probe_unshare(int errnum, struct err *e);
/* It worked, but the first thing that needs the new capabilities failed with
 * E: if a security module took them away, or /proc is not there, say so
 * instead. */
int probe_denied(struct err *e);
/* /dev/fuse could not be opened, or not be mounted. */
int probe_fuse_open(int errnum, struct err *e);
int probe_fuse_mount(int errnum, struct err *e);

#endif
