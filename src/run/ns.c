/* ns.c - a user and a mount namespace of our own.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "run/ns.h"

#include "run/probe.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* These files take one write(2), of all of it: user_namespaces(7). */
static int put(const char *path, const char *text, struct err *e)
{
	autofd int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return err_sys(e, "can't open '%s'", path);
	if (write(fd, text, strlen(text)) < 0)
		return err_sys(e, "can't write '%s' to '%s'", text, path);
	return 0;
}

/* Inside, the caller's ID is INSIDE, and nothing else is mapped. */
static int put_map(const char *path, unsigned inside, unsigned id,
		   struct err *e)
{
	char text[48];

	snprintf(text, sizeof text, "%u %u 1", inside, id);
	return put(path, text, e);
}

struct ns_ids ns_ids(const struct run_options *o)
{
	/* The options were checked where they were read. */
	return (struct ns_ids){
		.uid = o->uid ? (uid_t)strtoul(o->uid, NULL, 10) : geteuid(),
		.gid = o->gid ? (gid_t)strtoul(o->gid, NULL, 10) : getegid(),
	};
}

static int map(const struct ns_ids *ids, uid_t uid, gid_t gid, struct err *e)
{
	/* Without a privilege outside, a gid map is accepted only after
	 * setgroups was given up (Linux 3.19). */
	if (put("/proc/self/setgroups", "deny", e) ||
	    put_map("/proc/self/uid_map", ids->uid, uid, e) ||
	    put_map("/proc/self/gid_map", ids->gid, gid, e))
		return -1;
	return 0;
}

int ns_map_self(uid_t uid, gid_t gid, struct err *e)
{
	const struct ns_ids self = { uid, gid };

	return map(&self, uid, gid, e);
}

int ns_enter(const struct ns_ids *ids, struct err *e)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();

	if (unshare(CLONE_NEWUSER | CLONE_NEWNS))
		return probe_unshare(errno, e);
	if (ids ? map(ids, uid, gid, e) : ns_map_self(uid, gid, e))
		return probe_denied(e);
	return 0;
}
