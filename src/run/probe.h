/* probe.h - why this host does not let us make namespaces or mounts.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Only asked after something failed. The kernel says EPERM for many reasons;
 * each has a switch that can be read, and the message names the one.
 */
#ifndef RUN_PROBE_H
#define RUN_PROBE_H

#include "base/err.h"

/* unshare(2) of a user and a mount namespace failed with ERRNUM. Always -1. */
int probe_unshare(int errnum, struct err *e);
/* It worked, but the first thing that needs the new capabilities failed with
 * E: if a security module took them away, say so instead. Always -1. */
int probe_denied(struct err *e);

#endif
