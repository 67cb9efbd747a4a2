/* probe.c - errors that say why this host does not let us do something.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "run/probe.h"

#include "run/cause.h"

#define INSTEAD "--unpack does without FUSE"

/* The cause C of ERRNUM if there is one, else ERRNUM alone. */
static int refused(const char *what, const struct cause *c, int errnum,
		   struct err *e)
{
	return c ? cause_error(c, what, e) : err_sysno(e, errnum, "%s", what);
}

int probe_unshare(int errnum, struct err *e)
{
	return refused("can't make a user namespace", cause_unshare(errnum),
		       errnum, e);
}

int probe_denied(struct err *e)
{
	const struct cause *c = cause_denied(e->code);

	if (c)
		return cause_error(c, "can't use a user namespace", e);
	if (e->code == EPERM)
		err_hint(e, "a security module or the container that we are "
			    "in seems to forbid it");
	return -1;
}

int probe_fuse_open(int errnum, struct err *e)
{
	refused("can't open '/dev/fuse'", cause_fuse_open(errnum), errnum, e);
	return err_hint(e, INSTEAD);
}

int probe_fuse_mount(int errnum, struct err *e)
{
	refused("can't mount through FUSE", cause_fuse_mount(errnum), errnum,
		e);
	/* If no mount at all is allowed, there is no container either. */
	return cause_denied(errnum) ? -1 : err_hint(e, INSTEAD);
}
