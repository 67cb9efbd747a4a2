/* attempts.h - the functions of the checklist, by what they try.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Each runs in a child process that ends afterwards (checklist.h), so none
 * cleans up what ends with the process: namespaces, mounts, descriptors. All
 * that concerns files outside is removed again.
 */
#ifndef RUN_ATTEMPTS_H
#define RUN_ATTEMPTS_H

#include "run/finding.h"
#include "run/mnt.h"

#include <stdbool.h>
#include <stddef.h>

struct check_options {
	const char *store;    /* as the user named it, or NULL */
	const char *readonly; /* further stores, as stores.h has it, or NULL */
	const char *tmpdir;   /* $TMPDIR, or NULL */
};

struct check_item {
	const char *name;  /* "user-namespace" */
	const char *what;  /* "make a user namespace" */
	const char *user;  /* what needs it; NULL: every start of ch-run */
	const char *after; /* name of what must work before, or NULL */
	/* In the child. F is FINDING_OK as long as nothing else is set. */
	void (*attempt)(const struct check_options *o, struct finding *f);
};

/* Enter namespaces as ch-run does, and get M ready to mount in them. False, and
 * F tells why, if that fails. */
bool attempts_enter(struct mnt *m, struct finding *f);
/* The same, and a new tmpfs at m->stack, open as *TOP. */
bool attempts_stage(struct mnt *m, int *top, struct finding *f);

#define ATTEMPT(name) \
	void name(const struct check_options *o, struct finding *f)

/* probe_ns.c: processes and namespaces */
ATTEMPT(probe_ns_proc);
ATTEMPT(probe_ns_user);
ATTEMPT(probe_ns_mount);
ATTEMPT(probe_ns_idmap);
ATTEMPT(probe_ns_join);
ATTEMPT(probe_ns_attach);
ATTEMPT(probe_ns_seccomp);

/* probe_mount.c */
ATTEMPT(probe_mount_tmpfs);
ATTEMPT(probe_mount_api);
ATTEMPT(probe_mount_bind);
ATTEMPT(probe_mount_root);

/* probe_overlay.c */
ATTEMPT(probe_overlay_read);
ATTEMPT(probe_overlay_fake);
ATTEMPT(probe_overlay_kept);

/* probe_fuse.c */
ATTEMPT(probe_fuse_device);
ATTEMPT(probe_fuse_serve);

/* probe_place.c: directories of the host */
ATTEMPT(probe_place_shm);
ATTEMPT(probe_place_tmpdir);
ATTEMPT(probe_place_store);
ATTEMPT(probe_place_readonly);
ATTEMPT(probe_place_locks);

/* probe_tools.c: what we are made of */
ATTEMPT(probe_tools_unpack);
ATTEMPT(probe_tools_codecs);
ATTEMPT(probe_tools_cpu);

#endif
