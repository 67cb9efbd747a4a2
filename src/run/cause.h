/* cause.h - why this host refuses something, and what would change that.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The one home of each reason: ch-run ends its messages with them (probe.h),
 * ch-check lists them (checklist.h). Only asked after something failed. The
 * kernel says EPERM for many reasons; each has a switch that can be read.
 */
#ifndef RUN_CAUSE_H
#define RUN_CAUSE_H

#include "base/err.h"

struct cause {
	const char *why; /* "they are switched off here (...)" */
	const char *fix; /* a command for the administrator, or NULL */
};

/* Each takes the errno of the call, and gives NULL if there is no more to be
 * said than that. All results are constant. */

/* unshare(2) of a user namespace, and perhaps of others with it. */
const struct cause *cause_unshare(int errnum);
/* The first things that need the capabilities of a new user namespace: writing
 * its maps, mounting. */
const struct cause *cause_denied(int errnum);
/* Opening /dev/fuse, and mounting what was opened. */
const struct cause *cause_fuse_open(int errnum);
const struct cause *cause_fuse_mount(int errnum);
/* Mounting an overlay in a user namespace. */
const struct cause *cause_overlay(int errnum);
/* process_vm_readv(2) from a process of the same user. */
const struct cause *cause_attach(int errnum);
/* /proc is not there, or not the kernel's; else NULL. */
const struct cause *cause_no_proc(void);

/* Set E to WHAT, why, and the command. Always -1. */
int cause_error(const struct cause *c, const char *what, struct err *e);

#endif
