/* seccomp.h - root emulation: calls that only root may make are answered with
 * success and do nothing.
 * SPDX-License-Identifier: Apache-2.0
 *
 * For package managers, which set owners and take on identities without being
 * able to. Nothing is kept in mind: a changed owner shows as unchanged. Which
 * calls: seccomp_tab.c; mknod and mknodat only for devices. See seccomp(2).
 *
 * The same holds for every ABI that the kernel may run (x32 and 32-bit programs
 * on x86_64). It is no protection: what is not in the table is let through, and
 * the kernel answers as ever.
 */
#ifndef RUN_SECCOMP_H
#define RUN_SECCOMP_H

#include "base/err.h"
#include "run/seccomp_tab.h"

#include <linux/filter.h>
#include <stddef.h>

#define SECCOMP_FILTER_MAX 512 /* instructions, enough for each family */

/* From now on for this process and all that it starts, with no way back; also
 * gives up new privileges (PR_SET_NO_NEW_PRIVS), without which the kernel takes
 * no filter. ERR_UNSUPPORTED: this kernel has no filters, or nobody knows the
 * numbers of this architecture. Tried before it says that it worked. */
MUST_CHECK int seccomp_install(struct err *e);

/* The filter for all ABIs of FAMILY, in TO; the number of instructions. Pure,
 * but for the byte order, which is this machine's. */
size_t seccomp_filter(enum seccomp_family family,
		      struct sock_filter to[SECCOMP_FILTER_MAX]);

#endif
