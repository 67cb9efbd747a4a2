/* attempts.c - what the functions of the checklist share.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "run/attempts.h"

#include "run/ns.h"

/* Any directory that every system has: what is mounted there is seen in our own
 * mount namespace only. */
#define STAGE "/etc"

bool attempts_enter(struct mnt *m, struct finding *f)
{
	struct err e = { 0 };

	*m = (struct mnt){ .classic = mnt_is_classic(), .stack = STAGE };
	if (!ns_enter(NULL, &e))
		return true;
	finding_fail(f, FINDING_NO, NULL, &e);
	return false;
}

bool attempts_stage(struct mnt *m, int *top, struct finding *f)
{
	struct err e = { 0 };

	if (!attempts_enter(m, f))
		return false;
	*top = mnt_stack_tmpfs(m, NULL, &e);
	if (*top >= 0)
		return true;
	finding_fail(f, FINDING_NO, cause_denied(e.code), &e);
	return false;
}
